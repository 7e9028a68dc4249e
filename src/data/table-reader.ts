import { type MicrogptError, mistake, show } from "../util/errors.ts";
import { type Column, chooseColumn } from "./columns.ts";
import { type Dialect, dialectOf, fits, sampleRows, type Width } from "./dialect.ts";
import type { Note, OnNote } from "./note.ts";
import { isBlank, MAX_ROW, type Row, RowReader } from "./rows.ts";

/** Number of characters looked at to detect the dialect; more if they hold less than two rows. */
const SAMPLE = 2 ** 16;

export interface TableOptions {
  /** Title of the text column, or its number from 1. Default: see `chooseColumn`. */
  readonly column?: string;
  /** The usual delimiter of a file with that name. */
  readonly delimiter: "," | "\t";
  /** Called once, with a note on how the table is read. */
  readonly onNote?: OnNote;
}

/**
 * The texts in one column of a table, CSV or TSV, that comes in chunks. The beginning shows the delimiter (`dialectOf`)
 * and whether the first row is titles or data (`isHeader`). Errors, with the line: text that is not a table
 * (`RowReader`), a row with more or fewer fields than the first, no such column.
 */
export class TableReader {
  readonly #name: string;
  readonly #options: TableOptions;
  #start = "";
  #needed: number = SAMPLE;
  #table: OpenTable | undefined;

  constructor(name: string, options: TableOptions) {
    this.#name = name;
    this.#options = options;
  }

  push(text: string): string[] {
    return this.#read(text, false);
  }

  end(): string[] {
    return this.#read("", true);
  }

  #read(text: string, last: boolean): string[] {
    if (this.#table !== undefined) return this.#table.read(text, last);
    this.#start += text;
    while (this.#start.length >= this.#needed || last) {
      // The sample has the same length for any chunks, so that the result is the same.
      const whole = this.#start.length <= this.#needed && last;
      const table = this.#open(this.#start.slice(0, this.#needed), whole);
      if (table === undefined && !whole) {
        this.#needed *= 4;
        continue;
      }
      this.#table = table;
      return table?.read(this.#start.slice(table.dialect.start), last) ?? [];
    }
    return [];
  }

  /** Undefined if the beginning is too short. */
  #open(start: string, whole: boolean): OpenTable | undefined {
    const { delimiter, column, onNote } = this.#options;
    const dialect = dialectOf(start, delimiter, whole, column);
    const rows = sampleRows(start.slice(dialect.start), dialect, whole);
    const [first, second] = rows;
    const enough = whole || start.length >= MAX_ROW;
    if (second === undefined && !enough) return undefined;
    // An empty table, or one whose first row the reader will refuse.
    if (first === undefined) return new OpenTable(this.#name, dialect, undefined, undefined);
    const chosen = chooseColumn(this.#name, rows, column);
    const value = (chosen.title === undefined ? first : second)?.fields[chosen.index];
    const split = dialect.delimiter === delimiter ? undefined : dialect.delimiter;
    onNote?.(noteOf(this.#name, split, chosen, value), `column ${chosen.title ?? chosen.index} ${split ?? ""}`);
    return new OpenTable(this.#name, dialect, first, chosen);
  }
}

/** A table whose dialect is known. */
class OpenTable {
  readonly dialect: Dialect;
  readonly #name: string;
  readonly #rows: RowReader;
  readonly #width: Width;
  readonly #index: number;
  #skip: number;

  constructor(name: string, dialect: Dialect, first: Row | undefined, column: Column | undefined) {
    const { delimiter, line } = dialect;
    const fields = first?.fields ?? [];
    const most = fields.length;
    this.#width = { least: fields.findLastIndex((field) => !isBlank(field)) + 1, most };
    this.#rows = new RowReader(name, { delimiter, line });
    this.#index = column?.index ?? 0;
    this.#skip = column?.title === undefined ? 0 : 1;
    this.#name = name;
    this.dialect = dialect;
  }

  read(text: string, last: boolean): string[] {
    const texts: string[] = [];
    for (const { fields, line } of this.#rows.push(text, last)) {
      if (this.#skip > 0) {
        this.#skip--;
        continue;
      }
      if (!fits(fields, this.#width)) {
        // A line of spaces.
        if (!fields.every(isBlank)) throw this.#unfit(fields.length, line);
        continue;
      }
      const text = fields[this.#index];
      if (text !== undefined) texts.push(text);
    }
    return texts;
  }

  #unfit(count: number, line: number): MicrogptError {
    const { most } = this.#width;
    const { delimiter } = this.dialect;
    const expected = `${most} ${most === 1 ? "field" : "fields"} as in the first line`;
    const what = nameOf(delimiter);
    const fix =
      most === 1
        ? `quote the fields that hold ${what}, or call the file .txt if each line is a text`
        : delimiter === "\t"
          ? "remove tabs and line ends from the fields, or save it as CSV"
          : `quote the fields that hold ${what} or line ends`;
    return mistake("data-format", `data ${this.#name}:${line}`, expected, `${count}`, fix);
  }
}

function nameOf(delimiter: string): string {
  return { "\t": "tabs", ",": "commas", ";": "semicolons" }[delimiter] ?? show(delimiter);
}

/** @param split the delimiter, if it is not the usual one */
function noteOf(file: string, split: string | undefined, { index, title }: Column, value: string | undefined): Note {
  const values = {
    file,
    column: index + 1,
    ...(title !== undefined && { title }),
    ...(value !== undefined && { value }),
    ...(split !== undefined && { delimiter: split }),
  };
  const table = split === undefined ? file : `${file}, split at ${nameOf(split)}`;
  const from = value === undefined ? "" : `, from ${show(value)} on`;
  if (title !== undefined)
    return { kind: "column", values, message: `reads the column ${show(title)} of ${table}${from}` };
  const doubt = "its first row looks like data; choose the column by its title if it has one";
  return { kind: "column", values, message: `reads column ${index + 1} of ${table}${from}: ${doubt}` };
}
