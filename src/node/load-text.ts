import { decodeText } from "../data/decode-text.ts";
import { unixLines } from "../data/lines.ts";
import { readBytes, readStream } from "./read.ts";

/**
 * The text of a file, unchanged except for LF instead of CRLF and CR; `-` is standard input. Errors: an unreadable
 * file, bytes that are not UTF-8, more than 511 MiB.
 */
export async function loadText(path: string): Promise<string> {
  const name = path === "-" ? "standard input" : path;
  const operation = `text ${name}`;
  const bytes = path === "-" ? await readStream(operation, process.stdin) : await readBytes(operation, path);
  return unixLines(decodeText(name, bytes));
}
