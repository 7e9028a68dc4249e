/** How a text is learned: each line for itself, or windows of running text. */
export const DATA_MODES = ["documents", "stream"] as const;
export type DataMode = (typeof DATA_MODES)[number];

/** Text to learn from, in memory. */
export interface Corpus {
  /** What to call its source: a path, for instance. */
  readonly name: string;
  /** Default documents. */
  readonly mode?: DataMode;
  /** In the order of their source: the documents, or, of running text, what stood in each file. */
  readonly docs: readonly string[];
}
