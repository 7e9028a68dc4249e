import { checkFields, checkObject, checkOneOf, checkText, checkTexts } from "../util/checks.ts";
import { nearest } from "../util/nearest.ts";

/** The ways to learn a text: each line by itself, or windows of running text. */
export const DATA_MODES = ["documents", "stream"] as const;
export type DataMode = (typeof DATA_MODES)[number];

/** Text to learn from, in memory. */
export interface Corpus {
  /** A name for the source, such as a path. */
  readonly name: string;
  /** Default documents. */
  readonly mode?: DataMode;
  /** The documents in their order in the source or, for running text, the content of each file. */
  readonly docs: readonly string[];
}

const FIELDS = ["name", "mode", "docs"] as const;

/**
 * Makes a corpus from texts: a list of texts becomes documents, named `texts`. Errors: anything but a list of texts or
 * a corpus, under the name of the calling operation.
 */
export function corpusOf(operation: string, source: Corpus | readonly string[]): Corpus {
  if (Array.isArray(source)) return { name: "texts", docs: checkTexts(operation, "the documents", source) };
  checkObject(operation, "the data", source, 'give a list of texts, or { name: "mine", docs: [...] }');
  const { name, mode, docs } = source as Corpus;
  // Readers add further fields, but a name close to a known field is a typo.
  const missing = FIELDS.filter((field) => !Object.hasOwn(source, field));
  const others = Object.keys(source).filter((field) => nearest(field, missing) === undefined);
  checkFields(operation, "a corpus", source, [...FIELDS, ...others]);
  checkTexts(operation, "docs", docs);
  checkText(operation, "name", name);
  if (mode !== undefined) checkOneOf(operation, "mode", mode, DATA_MODES);
  return source as Corpus;
}
