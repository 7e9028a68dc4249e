import { checkFields, checkObject, checkOneOf, checkText, checkTexts } from "../util/checks.ts";
import { nearest } from "../util/nearest.ts";

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

const FIELDS = ["name", "mode", "docs"] as const;

/**
 * Texts as a corpus: a list of texts is one of documents, called `texts`. Errors: anything but a list of texts or a
 * corpus, under the name of the operation that was given it.
 */
export function corpusOf(operation: string, source: Corpus | readonly string[]): Corpus {
  if (Array.isArray(source)) return { name: "texts", docs: checkTexts(operation, "the documents", source) };
  checkObject(operation, "the data", source, 'give a list of texts, or { name: "mine", docs: [...] }');
  const { name, mode, docs } = source as Corpus;
  // Readers say more than that of what they read; but a name that is nearly one of these is one of these.
  const missing = FIELDS.filter((field) => !Object.hasOwn(source, field));
  const others = Object.keys(source).filter((field) => nearest(field, missing) === undefined);
  checkFields(operation, "a corpus", source, [...FIELDS, ...others]);
  checkTexts(operation, "docs", docs);
  checkText(operation, "name", name);
  if (mode !== undefined) checkOneOf(operation, "mode", mode, DATA_MODES);
  return source as Corpus;
}
