import { MicrogptError } from "../util/errors.ts";

/** Documents in the order of their source, and what to call that source. */
export interface Documents {
  readonly name: string;
  readonly docs: readonly string[];
}

// The characters that Python's str.strip() removes. JavaScript's trim() differs: it leaves U+001C to U+001F and
// U+0085, and takes U+FEFF.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const EDGES = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");

/**
 * One document a line, stripped, blank lines dropped: how microgpt.py reads its input. Lines end as Python's text
 * mode has it: LF, CRLF or CR. Errors: no line with a character in it.
 */
export function parseDocuments(name: string, text: string): Documents {
  const docs: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const doc = line.replace(EDGES, "");
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

// The decoder says that something is wrong, not where: the longest prefix that decodes ends there. In stream mode
// a character cut at the end is no error.
function firstInvalidByte(bytes: Uint8Array): number {
  const decodes = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  return Math.min(good, bytes.length - 1);
}

function countLines(bytes: Uint8Array): number {
  let lines = 1;
  for (const byte of bytes) if (byte === 10) lines++;
  return lines;
}
