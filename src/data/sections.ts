/** Splits collections of texts with a separator line between any two: fortunes, stories distributed for training. */

import { mistake } from "../util/errors.ts";
import { LineReader } from "./lines.ts";

/** Lines that separate texts: those of fortune files and of GPT-2's data. */
const MARKS: readonly string[] = ["%", "<|endoftext|>"];

/** Limit in characters, the same as for a line. */
const MAX_SECTION = 2 ** 24;

/** The separator line of a collection, found in its beginning. Text with comments after % is not a collection. */
export function sectionMark(beginning: string): string | undefined {
  const lines = beginning.split(/\r\n|\r|\n/).map((line) => line.trimEnd());
  return MARKS.find((mark) => {
    const first = lines.indexOf(mark);
    const after = lines.slice(first + 1).some((line) => line !== "" && line !== mark);
    if (first < 1 || !after) return false;
    return mark !== "%" || !lines.some((line) => /^\s*(?:%.|\\)/.test(line));
  });
}

/** The texts of a collection that comes in chunks. Errors: a text of more than 16 Mi characters. */
export class SectionReader {
  readonly #name: string;
  readonly #mark: string;
  readonly #lines: LineReader;
  #section: string[] = [];
  #length = 0;

  constructor(name: string, mark: string) {
    this.#name = name;
    this.#mark = mark;
    this.#lines = new LineReader(name);
  }

  push(text: string): string[] {
    return this.#take(this.#lines.push(text));
  }

  /** The text after the last separator. */
  end(): string[] {
    return [...this.#take(this.#lines.end()), ...this.#finish()];
  }

  #take(lines: readonly string[]): string[] {
    const texts: string[] = [];
    for (const line of lines) {
      if (line.trimEnd() === this.#mark) texts.push(...this.#finish());
      else this.#add(line);
    }
    return texts;
  }

  #add(line: string): void {
    this.#section.push(line);
    this.#length += line.length + 1;
    if (this.#length <= MAX_SECTION) return;
    const expected = `texts of at most ${MAX_SECTION.toLocaleString("en")} characters between lines of ${this.#mark}`;
    const fix = "split it into more texts";
    throw mistake("too-large", `data ${this.#name}`, expected, "a longer one", fix);
  }

  #finish(): string[] {
    const text = this.#section.join("\n");
    this.#section = [];
    this.#length = 0;
    return text === "" ? [] : [text];
  }
}
