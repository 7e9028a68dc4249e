import type { CsvError, Parser } from "csv-parse";
import { MicrogptError, show } from "../util/errors.ts";

/** A quote that is never closed would take in the rest of the file. */
const MAX_RECORD = 2 ** 24;

/**
 * The texts in one column of CSV or TSV that comes in pieces. The first record names the columns; fields may be quoted
 * as RFC 4180 has it; CSV whose first line has semicolons and no comma is taken as spreadsheets of many countries write
 * it. Errors, with the line: a broken quote, a record with more or fewer fields than there are columns, no such column.
 */
export class CsvReader {
  readonly #name: string;
  readonly #wanted: string | undefined;
  readonly #tabs: boolean;
  #parser: Parser | undefined;
  #column: number | undefined;
  #texts: string[] = [];
  #failed: unknown;
  /** In which the record begins that is being read. */
  #line = 1;
  /** What came before the end of the first line. */
  #start = "";

  /** @param column its name. Default: the only one, or text */
  constructor(name: string, { column, tabs }: { readonly column: string | undefined; readonly tabs: boolean }) {
    this.#name = name;
    this.#wanted = column;
    this.#tabs = tabs;
  }

  async push(text: string): Promise<string[]> {
    if (this.#parser === undefined) {
      this.#start += text;
      if (!/[\r\n]/.test(this.#start) && this.#start.length < MAX_RECORD) return [];
    }
    const parser = await this.#open();
    const ready = this.#parser === undefined ? this.#start : text;
    this.#parser = parser;
    await new Promise<void>((resolve) => parser.write(ready, () => resolve()));
    return this.#take();
  }

  async end(): Promise<string[]> {
    const parser = await this.#open();
    const ready = this.#parser === undefined ? this.#start : "";
    this.#parser = parser;
    await new Promise<void>((resolve) => parser.end(ready, () => resolve()));
    return this.#take();
  }

  #take(): string[] {
    const texts = this.#texts;
    this.#texts = [];
    if (this.#failed !== undefined) throw this.#failed;
    return texts;
  }

  async #open(): Promise<Parser> {
    if (this.#parser !== undefined) return this.#parser;
    // Only now: few texts are CSV, and every command would start later for it.
    const { CsvError, parse } = await import("csv-parse");
    const [header = ""] = this.#start.split(/[\r\n]/, 1);
    const delimiter = this.#tabs ? "\t" : header.includes(";") && !header.includes(",") ? ";" : ",";
    const parser = parse({
      delimiter,
      // In TSV a quote within a field is an ordinary character.
      relax_quotes: this.#tabs,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD,
      // Taken here and not read from the stream: one record at a time would be slow to wait for.
      on_record: (record: string[], { lines }) => {
        this.#line = lines + 1;
        if (this.#column === undefined) this.#column = this.#choose(record.map((title) => title.trim()));
        else this.#texts.push(record[this.#column] ?? "");
        return null;
      },
    });
    parser.on("error", (error) => {
      this.#failed = error instanceof CsvError ? this.#explain(error) : error;
    });
    // Nothing comes out; a stream that nobody reads would not end.
    return parser.resume();
  }

  #choose(titles: readonly string[]): number {
    const wanted = this.#wanted ?? (titles.length === 1 ? titles[0] : "text");
    const found = titles.indexOf(wanted ?? "text");
    if (found !== -1) return found;
    const expected = this.#wanted === undefined ? "one column, or one called text" : `the column ${show(this.#wanted)}`;
    throw this.#refuse("", expected, `the columns ${titles.map(show).join(", ")}`, "choose one with --column");
  }

  #explain(error: CsvError): MicrogptError {
    const record = `:${this.#line}`;
    const place = typeof error.lines === "number" ? `:${error.lines}` : record;
    switch (error.code) {
      case "CSV_QUOTE_NOT_CLOSED":
        return this.#refuse(record, "quotes to be closed", "a record with one that never is", "close it");
      case "CSV_MAX_RECORD_SIZE": {
        const expected = `records of at most ${MAX_RECORD.toLocaleString("en")} bytes`;
        return this.#refuse(record, expected, "a longer one", "look for a quote that is not closed");
      }
      case "CSV_RECORD_INCONSISTENT_FIELDS_LENGTH": {
        const [, expected, got] = /expect (\d+), got (\d+)/.exec(error.message) ?? [];
        const fix = "quote the fields that hold a delimiter or a line end";
        return this.#refuse(record, `${expected} fields as in the first line`, `${got}`, fix);
      }
      default:
        return this.#refuse(
          place,
          "CSV",
          "a quote where none can be",
          "quote the whole field and double the quotes in it",
        );
    }
  }

  #refuse(line: string, expected: string, got: string, fix: string): MicrogptError {
    return new MicrogptError({ operation: `data ${this.#name}${line}`, expected, got, fix });
  }
}
