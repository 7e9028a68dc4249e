import { type MicrogptError, mistake } from "../util/errors.ts";
import { say, set, type Words } from "../util/words.ts";

// The characters that Python's str.strip() removes. JavaScript's trim() differs: it leaves U+001C to U+001F and
// U+0085, and takes U+FEFF.
const SPACES =
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" +
  "\u2028\u2029\u202f\u205f\u3000";

/** As in Python's text mode. */
const LINE_END = /\r\n|\r|\n/;

/** Longer lines are running text mistaken for lines. */
const MAX_LINE = 2 ** 24;

/** Splits text that comes in chunks into lines. They end as in Python's text mode: by LF, CRLF or CR. */
export class LineReader {
  readonly #name: string;
  readonly #fix: Words;
  #rest = "";
  #count = 0;

  /** @param fix for a line that is too long */
  constructor(
    name: string,
    fix: Words = say`break it into lines, or read it as running text (${set("mode", "stream")})`,
  ) {
    this.#name = name;
    this.#fix = fix;
  }

  /** The lines that are complete with this text. Errors: a line of more than 16 Mi characters. */
  push(text: string): string[] {
    let all = this.#rest === "" ? text : this.#rest + text;
    // A CR at the end may be half of a CRLF.
    const held = all.endsWith("\r") ? "\r" : "";
    if (held !== "") all = all.slice(0, -1);
    const lines = splitLines(all);
    const long = lines.findIndex((line) => line.length > MAX_LINE);
    if (long !== -1) throw this.#tooLong(this.#count + long + 1);
    const last = lines.pop() ?? "";
    this.#count += lines.length;
    this.#rest = last + held;
    return lines;
  }

  /** The text after the last line end, if there is any. */
  end(): string[] {
    const last = splitLines(this.#rest);
    this.#rest = "";
    if (last.at(-1) === "") last.pop();
    return last;
  }

  #tooLong(line: number): MicrogptError {
    const expected = `lines of at most ${MAX_LINE.toLocaleString("en")} characters`;
    const got = `a longer one (line ${line})`;
    return mistake("too-large", `data ${this.#name}`, expected, got, this.#fix);
  }
}

/** Running text that comes in chunks, with LF for each CRLF and lone CR, otherwise unchanged. */
export class StreamReader {
  #held = "";

  push(text: string): string {
    let all = this.#held + text;
    // A CR at the end may be half of a CRLF.
    this.#held = all.endsWith("\r") ? "\r" : "";
    if (this.#held !== "") all = all.slice(0, -1);
    return unixLines(all);
  }

  end(): string {
    const held = this.#held;
    this.#held = "";
    return unixLines(held);
  }
}

/**
 * Turns every CRLF and lone CR into LF, as Python's text mode does. Unicode's other separators (U+0085, U+2028, U+2029)
 * stay.
 */
export function unixLines(text: string): string {
  if (!text.includes("\r")) return text;
  return text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
}

/** Removes spaces from both ends, like Python's str.strip(). */
export function strip(text: string): string {
  // Most texts begin and end with a visible ASCII character, or one beyond all spaces.
  if (isVisible(text.charCodeAt(0)) && isVisible(text.charCodeAt(text.length - 1))) return text;
  // Two loops: a regular expression for the end would restart at every blank within the line.
  let [start, end] = [0, text.length];
  while (start < end && SPACES.includes(text.charAt(start))) start++;
  while (start < end && SPACES.includes(text.charAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isVisible(unit: number): boolean {
  return (unit > 0x20 && unit < 0x7f) || unit > 0x3000;
}

function splitLines(text: string): string[] {
  // Splitting by a string is twice as fast.
  return text.includes("\r") ? text.split(LINE_END) : text.split("\n");
}
