/** Splits delimited text (CSV, TSV) that comes in chunks into rows. Rows end with LF, CRLF or CR, in any mixture. */

import { type MicrogptError, mistake } from "../util/errors.ts";

export interface Row {
  readonly fields: readonly string[];
  /** The line where it begins, counting from 1. */
  readonly line: number;
}

export interface RowOptions {
  /** One character. Tab-separated fields follow the rule for TSV, all others that of RFC 4180. */
  readonly delimiter: string;
  /** Number of the first line. Default 1. */
  readonly line?: number;
}

/** Longest row. A quote that is never closed would swallow the rest of the file. */
export const MAX_ROW: number = 2 ** 24;

const QUOTE = 34;
const LF = 10;
const CR = 13;
const SPACE = 32;

/**
 * Splits text into rows, independent of chunk boundaries. Blank lines, and lines of delimiters alone, are not rows. In
 * CSV a quoted field may hold delimiters, line ends and doubled quotes; spaces around the quotes are ignored. For TSV
 * see `tabFields`. Errors, with the line: a quote that is never closed, text next to quotes, a row of more than 16 Mi
 * characters.
 */
export class RowReader {
  readonly #name: string;
  readonly #delimiter: string;
  /** Number of fields in the first row. */
  #width: number | undefined;
  #text = "";
  /** The position of the next row in `#text`. */
  #at = 0;
  #line: number;

  constructor(name: string, { delimiter, line = 1 }: RowOptions) {
    this.#name = name;
    this.#delimiter = delimiter;
    this.#line = line;
  }

  /** The rows that are complete with this text. `last` is true if no more text comes. */
  *push(text: string, last: boolean): Generator<Row> {
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
    for (;;) {
      const [line, start] = [this.#line, this.#at];
      const fields = this.#delimiter === "\t" ? this.#tsvRow(last) : this.#csvRow(last);
      const length = (fields === undefined ? this.#text.length : this.#at) - start;
      if (length > MAX_ROW) {
        const expected = `rows of at most ${MAX_ROW.toLocaleString("en")} characters`;
        const fix = "look for a quote that is not closed, or save long texts in .txt files of their own";
        throw this.#refuse(expected, "a longer one", fix, line);
      }
      if (fields === undefined) return;
      if (fields.length > 1 ? fields.every(isBlank) : fields[0] === "") continue;
      this.#width ??= fields.length;
      yield { fields, line };
    }
  }

  /** Undefined if the row is incomplete. */
  #tsvRow(last: boolean): string[] | undefined {
    const end = lineEnd(this.#text, this.#at);
    const next = this.#rowEnd(end, last);
    if (next === undefined) return undefined;
    const fields = tabFields(this.#text.slice(this.#at, end), this.#width);
    this.#at = next;
    this.#line++;
    return fields;
  }

  #csvRow(last: boolean): string[] | undefined {
    const text = this.#text;
    const fields: string[] = [];
    let lines = 1;
    for (let at = this.#at; ; at++) {
      const open = skipSpaces(text, at);
      let end: number;
      if (text.charCodeAt(open) === QUOTE) {
        const close = closingQuote(text, open + 1);
        if (close === -1 || (close + 1 === text.length && !last)) {
          if (close === -1 && last) throw this.#refuse("each quote to be closed", "one that never is", "close it");
          return undefined;
        }
        const value = text.slice(open + 1, close);
        lines += countLineEnds(value);
        fields.push(value.includes('"') ? value.replaceAll('""', '"') : value);
        end = skipSpaces(text, close + 1);
        if (end < text.length && !this.#endsField(end)) throw this.#strayQuote(lines);
      } else {
        end = this.#fieldEnd(at);
        const value = text.slice(at, end);
        if (value.includes('"')) throw this.#strayQuote(lines);
        fields.push(value);
      }
      if (text[end] === this.#delimiter) {
        at = end;
        continue;
      }
      const next = this.#rowEnd(end, last);
      if (next === undefined) return undefined;
      this.#at = next;
      this.#line += lines;
      return fields;
    }
  }

  /** The position of the row after the one that ends at `end`; undefined if it is not known yet, or there is no row. */
  #rowEnd(end: number, last: boolean): number | undefined {
    const { length } = this.#text;
    if (end >= length) return last && this.#at < length ? length : undefined;
    if (this.#text.charCodeAt(end) !== CR) return end + 1;
    // The last character may be half of a CRLF.
    if (end + 1 === length) return last ? length : undefined;
    return this.#text.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
  }

  #endsField(at: number): boolean {
    const unit = this.#text.charCodeAt(at);
    return unit === LF || unit === CR || this.#text[at] === this.#delimiter;
  }

  #fieldEnd(from: number): number {
    const text = this.#text;
    const delimiter = this.#delimiter.charCodeAt(0);
    for (let at = from; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === delimiter || unit === LF || unit === CR) return at;
    }
    return text.length;
  }

  #strayQuote(lines: number): MicrogptError {
    const fix = "quote the whole field and double the quotes in it";
    return this.#refuse("CSV", "a misplaced quote", fix, this.#line + lines - 1);
  }

  #refuse(expected: string, got: string, fix: string, line: number = this.#line): MicrogptError {
    return mistake("data-format", `data ${this.#name}:${line}`, expected, got, fix);
  }
}

/** True for a field that is empty or only spaces. */
export function isBlank(field: string): boolean {
  return field.trim() === "";
}

/**
 * The fields of a TSV line. A quote is an ordinary character unless it begins a field and is closed where the field
 * ends, with every quote between doubled. If the row has more than `width` fields, and fits once quoted tabs are
 * joined, those quotes count too.
 */
export function tabFields(line: string, width?: number): string[] {
  const fields = line.split("\t");
  if (!line.includes('"')) return fields;
  if (width !== undefined && fields.length > width) {
    const joined = joinQuoted(fields);
    if (joined.length === width) return joined.map(unquote);
  }
  return fields.map(unquote);
}

/** Rejoins fields that were split at a quoted tab. */
function joinQuoted(fields: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let open: string | undefined;
  for (const field of fields) {
    const all: string = open === undefined ? field : `${open}\t${field}`;
    const waits = all.startsWith('"') && !isQuoted(all);
    if (!waits) joined.push(all);
    open = waits ? all : undefined;
  }
  return open === undefined ? joined : fields;
}

function isQuoted(field: string): boolean {
  return field.startsWith('"') && field.length > 1 && closingQuote(field, 1) === field.length - 1;
}

function unquote(field: string): string {
  return isQuoted(field) ? field.slice(1, -1).replaceAll('""', '"') : field;
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

/** The first quote from there on that is not doubled; -1 if there is none. */
function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  return at;
}

/** The position of the next LF or CR, or the end. */
function lineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === LF || unit === CR) return at;
  }
  return text.length;
}

function countLineEnds(text: string): number {
  return /[\r\n]/.test(text) ? text.split(/\r\n|\r|\n/).length - 1 : 0;
}
