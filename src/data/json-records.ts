/** Splits JSON that comes in chunks into the source text of its records. */

import { type MicrogptError, mistake, show } from "../util/errors.ts";
import type { JsonShape } from "./json-shape.ts";
import { skipValue } from "./json-values.ts";
import { LineReader } from "./lines.ts";

export interface RecordJson {
  readonly json: string;
  /** The line where it begins, counting from 1. */
  readonly line: number;
}

export interface Records {
  /** The records that are complete with this text. `last` is true if no more text comes. */
  push(text: string, last: boolean): Iterable<RecordJson>;
}

const MAX_RECORD = 2 ** 24;
const TOO_LONG = "split it into several records, or save its text in a .txt file of its own";

/** Lines, blank ones included. Errors: a line of more than 16 Mi characters. */
export class RecordLines implements Records {
  readonly #lines: LineReader;
  #line = 0;

  constructor(name: string) {
    this.#lines = new LineReader(name, TOO_LONG);
  }

  *push(text: string, last: boolean): Generator<RecordJson> {
    for (const json of this.#lines.push(text)) yield { json, line: ++this.#line };
    if (last) for (const json of this.#lines.end()) yield { json, line: ++this.#line };
  }
}

/**
 * Consecutive values, or the elements of an array. Errors: a record of more than 16 Mi characters, one cut off at the
 * end of the text, text after the array.
 */
export class RecordValues implements Records {
  readonly #name: string;
  readonly #shape: JsonShape;
  #text = "";
  /** The position in `#text` up to which it has been read: the end of a record, or the beginning of the next. */
  #at = 0;
  /** The line of `#at`. */
  #line = 1;
  #inArray: boolean;
  #done = false;

  constructor(name: string, shape: JsonShape) {
    this.#name = name;
    this.#shape = shape;
    this.#inArray = shape.kind === "array";
  }

  *push(added: string, last: boolean): Generator<RecordJson> {
    if (this.#done) return;
    const first = this.#text === "" && this.#at === 0 && this.#line === 1;
    this.#text += added;
    if (first) this.#moveTo(this.#shape.at);
    let next = this.#next();
    for (; next < this.#text.length; next = this.#next()) {
      if (this.#shape.kind === "array" && this.#atBracket(next)) {
        if (this.#done) return;
        continue;
      }
      const end = this.#endOf(next, last);
      if ((end === -1 ? this.#text.length : end) - next > MAX_RECORD) {
        this.#moveTo(next);
        throw this.#refuse(
          `records of at most ${MAX_RECORD.toLocaleString("en")} characters`,
          "a longer one",
          TOO_LONG,
        );
      }
      if (end === -1) break;
      this.#moveTo(next);
      yield { json: this.#text.slice(next, end), line: this.#line };
      this.#moveTo(end);
    }
    if (last && (this.#inArray || next < this.#text.length)) {
      this.#moveTo(next);
      const expected = next < this.#text.length ? "the record to be closed" : "the array to be closed";
      throw this.#refuse(expected, "the end of the file", "copy the file again: it may have been cut off");
    }
    this.#text = this.#text.slice(this.#at);
    this.#at = 0;
  }

  /** The position of the next character that is neither space nor comma. */
  #next(): number {
    let at = this.#at;
    while (at < this.#text.length && /[\s,]/.test(this.#text.charAt(at))) at++;
    return at;
  }

  /** Consumes the bracket that begins or ends an array, if there is one. */
  #atBracket(at: number): boolean {
    const char = this.#text.charAt(at);
    if (char !== (this.#inArray ? "]" : "[")) {
      if (this.#inArray) return false;
      this.#moveTo(at);
      throw this.#refuse("nothing after the array", show(this.#text.slice(at, at + 20)), "remove it");
    }
    this.#inArray = !this.#inArray;
    this.#done = !this.#inArray && this.#shape.member !== undefined;
    this.#moveTo(at + 1);
    return true;
  }

  /** The position after the record; -1 if it is not known yet. */
  #endOf(at: number, last: boolean): number {
    const end = skipValue(this.#text, at);
    const bare = !'{["'.includes(this.#text.charAt(at));
    return end === -1 && last && bare ? this.#text.length : end;
  }

  #moveTo(at: number): void {
    this.#line += this.#text.slice(this.#at, at).match(/\r\n|\r|\n/g)?.length ?? 0;
    this.#at = at;
  }

  #refuse(expected: string, got: string, fix: string): MicrogptError {
    return mistake("data-format", `data ${this.#name}:${this.#line}`, expected, got, fix);
  }
}
