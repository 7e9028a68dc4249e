import { checkText } from "../util/checks.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import type { Corpus } from "./corpus.ts";
import { LineReader, strip } from "./lines.ts";

/**
 * One document for each line, stripped, without blank lines, as microgpt.py reads its input. Lines end as in Python's
 * text mode: LF, CRLF or CR. Errors: no line with a character in it.
 */
export function parseDocuments(name: string, text: string): Corpus {
  checkText("data", "the name", name);
  checkText("data", "text", text);
  const lines = new LineReader(name);
  const docs = [...documentsOf(lines.push(text)), ...documentsOf(lines.end())];
  if (docs.length === 0) throw noText(name, text === "" ? "an empty file" : "only blank lines");
  return { name, docs };
}

/** Lines or records as documents: stripped, without blank ones. */
export function documentsOf(texts: readonly string[]): string[] {
  const docs: string[] = [];
  for (const text of texts) {
    const doc = strip(text);
    if (doc !== "") docs.push(doc);
  }
  return docs;
}

/** The error for data without any character to learn. */
export function noText(name: string, got: string): MicrogptError {
  const fix = "name a text file with at least one line of text";
  return mistake("no-data", `data ${name}`, "text to learn from", got, fix);
}
