import { MicrogptError } from "../util/errors.ts";
import type { Corpus } from "./corpus.ts";

// The characters that Python's str.strip() removes. JavaScript's trim() differs: it leaves U+001C to U+001F and
// U+0085, and takes U+FEFF.
const SPACES =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
  "\u2028\u2029\u202f\u205f\u3000";

/** As Python's text mode has it. */
const LINE_END = /\r\n|\r|\n/;

/**
 * One document a line, stripped, blank lines dropped: how microgpt.py reads its input. Lines end as Python's text
 * mode has it: LF, CRLF or CR. Errors: no line with a character in it.
 */
export function parseDocuments(name: string, text: string): Corpus {
  const docs: string[] = [];
  for (const line of text.split(LINE_END)) {
    const doc = strip(line);
    if (doc !== "") docs.push(doc);
  }
  if (docs.length === 0) {
    throw new MicrogptError({
      operation: `data ${name}`,
      expected: "one document a line",
      got: text === "" ? "an empty file" : "only blank lines",
      fix: "name a text file with at least one line of text",
    });
  }
  return { name, docs };
}

/** Bytes as UTF-8 text, without a byte order mark. Errors: a NUL byte (a binary file), anything that is not UTF-8. */
export function decodeText(name: string, bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    throw new MicrogptError({
      operation: `data ${name}`,
      expected: "UTF-8 text",
      got: `a binary file (byte ${nul} is NUL)`,
      fix: "name a text file, one document a line",
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const at = firstInvalidByte(bytes);
    const got = `byte 0x${bytes[at]?.toString(16)} in line ${countLines(bytes.subarray(0, at))} (byte ${at})`;
    const fix = "save the file as UTF-8, for instance: iconv -f latin1 -t utf8";
    throw new MicrogptError({ operation: `data ${name}`, expected: "UTF-8 text", got, fix }, { cause });
  }
}

// Two loops: a pattern for the end of the line would start anew at every blank within it.
function strip(line: string): string {
  let [start, end] = [0, line.length];
  while (start < end && SPACES.includes(line.charAt(start))) start++;
  while (start < end && SPACES.includes(line.charAt(end - 1))) end--;
  return line.slice(start, end);
}

// The decoder says that something is wrong, not where. The longest prefix that it takes in stream mode, where a
// character cut at the end is no error, ends at most three bytes after the character at fault has begun.
function firstInvalidByte(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (decodes(bytes.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  while (!decodes(bytes.subarray(0, good), false)) good--;
  return good;
}

function decodes(bytes: Uint8Array, stream: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
}

/** The number of the line that begins or goes on after these bytes. */
function countLines(bytes: Uint8Array): number {
  return new TextDecoder("latin1").decode(bytes).split(LINE_END).length;
}
