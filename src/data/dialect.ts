/** Finds the delimiter between the fields of a table. */

import { MicrogptError } from "../util/errors.ts";
import { isBlank, type Row, RowReader } from "./rows.ts";
import { isTitle } from "./titles.ts";

/** Ordered from rare to frequent in prose; the rarer one wins if two split the rows equally well. */
const DELIMITERS = ["\t", "|", ";", ","] as const;

export interface Dialect {
  /** One character. */
  readonly delimiter: string;
  /** Position of the first row: after Excel's line `sep=;`, if there is one. */
  readonly start: number;
  /** The line where the rows begin. */
  readonly line: number;
}

/**
 * The dialect of a table, judged by its beginning: the delimiter of a line `sep=;`, or else the one that cuts the rows
 * into as many fields as the first row has, two or more. Among several the one wins whose first row names the column.
 *
 * @param usual the delimiter expected from the file's name, taken if none is better
 * @param last true if `text` is the whole table
 * @param column as the user calls it
 */
export function dialectOf(text: string, usual: string, last: boolean, column: string | undefined): Dialect {
  const mark = /^\uFEFF*/.exec(text)?.[0].length ?? 0;
  const stated = /^"?sep=([^\r\n" ])"?[,;|\t]*(\r\n|\r|\n)/i.exec(text.slice(mark, mark + 20));
  if (stated?.[1] !== undefined) return { delimiter: stated[1], start: mark + stated[0].length, line: 2 };
  let best = { delimiter: usual, score: 0.5 };
  for (const delimiter of DELIMITERS) {
    const score = scoreOf(sampleRows(text.slice(mark), { delimiter, line: 1 }, last), column);
    // Texts in a .tsv file contain commas and semicolons.
    if (usual === "\t" && delimiter !== usual && score <= 1) continue;
    if (score > best.score) best = { delimiter, score };
  }
  return { delimiter: best.delimiter, start: mark, line: 1 };
}

/** The complete rows at the beginning of a table, up to the first broken one. */
export function sampleRows(text: string, { delimiter, line }: Omit<Dialect, "start">, last: boolean): Row[] {
  const rows: Row[] = [];
  try {
    for (const row of new RowReader("", { delimiter, line }).push(text, last)) rows.push(row);
  } catch (error) {
    // The table's reader meets the error again and reports its place.
    if (!(error instanceof MicrogptError)) throw error;
  }
  return rows;
}

/** The allowed numbers of fields in a row. */
export interface Width {
  readonly least: number;
  readonly most: number;
}

/**
 * True if the row fits, extra blank fields at the end included. In a table of one column, whose text may end in a
 * delimiter, extra blank fields do not fit.
 */
export function fits(fields: readonly string[], { least, most }: Width): boolean {
  return fields.length >= least && (fields.length <= most || (most > 1 && fields.slice(most).every(isBlank)));
}

/** The share of rows with as many fields as the first, plus 1 if the first row names the column. */
function scoreOf([first, ...rows]: readonly Row[], column: string | undefined): number {
  if (first === undefined || first.fields.length < 2) return 0;
  const width = first.fields.length;
  const fitting = rows.filter(({ fields }) => fits(fields, { least: width, most: width })).length;
  const share = rows.length === 0 ? 1 : fitting / rows.length;
  const named = first.fields.some((field) => (column === undefined ? isTitle(field) : field.trim() === column));
  return share + (named ? 1 : 0);
}
