import { mistake } from "../util/errors.ts";
import { RecordLines, type Records, RecordValues } from "./json-records.ts";
import { jsonShape } from "./json-shape.ts";
import { skipSpace, skipValue } from "./json-values.ts";
import type { OnNote } from "./note.ts";
import { RecordNotes } from "./record-notes.ts";
import { parseRecord, recordText } from "./record-text.ts";

/** Number of characters that are searched for the records. */
const SAMPLE = 2 ** 16;

export interface JsonOptions {
  /** The field that holds the text. Default: see `recordText`. */
  readonly field?: string;
  /** True if the file's name promises one record a line. */
  readonly lines: boolean;
  /** Called at the end. */
  readonly onNote?: OnNote;
}

/**
 * The texts in JSON that comes in chunks: one record a line, records over several lines, or an array of records, either
 * at the top or inside an object (`jsonShape`). Half a surrogate pair becomes U+FFFD; NUL is dropped. Errors, with the
 * line: broken JSON, a record without text, a record of more than 16 Mi characters.
 */
export class JsonReader {
  readonly #name: string;
  readonly #options: JsonOptions;
  readonly #notes: RecordNotes;
  #start = "";
  #records: Records | undefined;

  constructor(name: string, options: JsonOptions) {
    this.#name = name;
    this.#options = options;
    this.#notes = new RecordNotes(name);
  }

  push(text: string): string[] {
    return this.#read(text, false);
  }

  end(): string[] {
    const texts = this.#read("", true);
    for (const note of this.#notes.all()) this.#options.onNote?.(note);
    return texts;
  }

  #read(text: string, last: boolean): string[] {
    let ready = text;
    if (this.#records === undefined) {
      this.#start += text;
      if (this.#start.length < SAMPLE && !last) return [];
      ready = this.#start;
      this.#records = this.#open(ready.slice(0, SAMPLE));
      this.#start = "";
    }
    const { field } = this.#options;
    const texts: string[] = [];
    for (const { json, line } of this.#records.push(ready, last)) {
      if (json.trim() === "") continue;
      const place = { name: this.#name, line };
      const found = recordText(parseRecord(json, place), field, place);
      const clean = this.#notes.take(found.text, line, found.chat);
      if (clean !== undefined) texts.push(clean);
    }
    return texts;
  }

  #open(start: string): Records {
    const { lines, field } = this.#options;
    const shape = jsonShape(start, field);
    // The name promises lines, but values on several lines or with commas between, and arrays, are unambiguous too.
    const plain = shape?.kind === "array" ? shape.member === undefined : shape?.kind === "values" && !isLine(start);
    if (shape?.kind === "lines" || (lines && !plain) || start.trim() === "") return new RecordLines(this.#name);
    if (shape === undefined) {
      const expected = "records: an array of strings or objects, or consecutive objects";
      const fix = "name it .txt to read it unchanged";
      throw mistake("data-format", `data ${this.#name}`, expected, "other JSON, or none", fix);
    }
    if (shape.member !== undefined) this.#notes.member = shape.member;
    return new RecordValues(this.#name, shape);
  }
}

/** True if the first value fills the first line, or is cut off. */
function isLine(text: string): boolean {
  const at = skipSpace(text, 0);
  const end = skipValue(text, at);
  return end === -1 || (!/[\r\n]/.test(text.slice(at, end)) && /^[^\S\r\n]*([\r\n]|$)/.test(text.slice(end, end + 99)));
}
