/** Makes a corpus from text that the user pastes, drops or opens, or refuses it with one line that says what to do. */

import { type Corpus, type DataMode, decodeText, detectMode, MicrogptError, parseDocuments, unixLines } from "microgpt";

/** Size limit: a larger text and the data made from it would fill a tab's memory. 20 MB. */
export const MOST_BYTES = 20_000_000;
/** For running text: a shorter one leaves nothing to hold out. */
const FEWEST_CHARACTERS = 20;
/** Characters that are looked at to tell documents from running text, as in the command line. */
const SAMPLE = 2 ** 16;

/** Files of records, which only the command line can parse. */
const RECORDS: ReadonlyMap<string, string> = new Map([
  ["jsonl", "JSON lines"],
  ["ndjson", "JSON lines"],
  ["csv", "CSV"],
  ["tsv", "TSV"],
]);

/** Refuses a file by its size and name before it is read. Errors: more than 20 MB, a file of records. */
export function checkSize(size: number, name: string): void {
  if (size > MOST_BYTES) {
    const got = `${Math.ceil(size / 1e6)} MB`;
    throw refuse(name, `at most ${MOST_BYTES / 1e6} MB`, got, "use the command line: npx microgpt prepare");
  }
  const records = RECORDS.get(/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? "");
  if (records !== undefined) {
    throw refuse(name, "a text file", records, "use the command line, npx microgpt train, or paste the texts alone");
  }
}

/**
 * The corpus of a text: each line a document, or running text, by its appearance or as `mode` says. Errors: those of
 * checkSize; binary data, or anything else that is not UTF-8; no text; documents that are all the same; running text of
 * fewer than 20 characters.
 */
export function ownText(name: string, source: Uint8Array | string, mode?: DataMode): Corpus {
  // A character has at least one byte.
  checkSize(source.length, name);
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : source;
  checkSize(bytes.length, name);
  const text = unixLines(decodeText(name, bytes));
  if (text.trim() === "") {
    throw refuse(name, "text to learn from", text === "" ? "none" : "only blank lines", "use text with words in it");
  }
  const read = mode ?? detectMode([{ texts: [beginningOf(text)], records: false }]).mode;
  return { ...(read === "stream" ? runningText(name, text) : documents(name, text)), mode: read };
}

function documents(name: string, text: string): Corpus {
  const corpus = parseDocuments(name, text);
  if (new Set(corpus.docs).size >= 2) return corpus;
  const got = corpus.docs.length === 1 ? "one line" : "the same line again and again";
  throw refuse(name, "two different lines or more", got, "add lines, or read it as running text");
}

function runningText(name: string, text: string): Corpus {
  if (text.trim().length < FEWEST_CHARACTERS) {
    const got = `${text.trim().length}`;
    throw refuse(name, `at least ${FEWEST_CHARACTERS} characters of running text`, got, "use more text");
  }
  return { name, docs: [text] };
}

/** Some whole lines. */
function beginningOf(text: string): string {
  if (text.length <= SAMPLE) return text;
  const end = text.lastIndexOf("\n", SAMPLE);
  return text.slice(0, end < 0 ? SAMPLE : end);
}

function refuse(name: string, expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ code: "no-data", operation: `data ${name}`, expected, got, fix });
}
