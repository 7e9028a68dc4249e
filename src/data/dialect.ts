/** Finds out what separates the fields of a table. */

import { MicrogptError } from "../util/errors.ts";
import { isBlank, type Row, RowReader } from "./rows.ts";
import { isTitle } from "./titles.ts";

/** The rarer one is in prose, the sooner it is believed where two divide the rows equally well. */
const DELIMITERS = ["\t", "|", ";", ","] as const;

export interface Dialect {
  /** One character. */
  readonly delimiter: string;
  /** Where the rows begin: after Excel's line `sep=;`, if there is one. */
  readonly start: number;
  /** The line in which they begin. */
  readonly line: number;
}

/**
 * What a table's beginning looks like: what a line `sep=;` says, otherwise the delimiter that cuts the rows into the
 * same number of fields as the first, two or more; of several the one that makes the first row name the column.
 *
 * @param usual the delimiter that the file's name promises: taken if none is better
 * @param last true if `text` is all of the table
 * @param column as the user calls it
 */
export function dialectOf(text: string, usual: string, last: boolean, column: string | undefined): Dialect {
  const mark = /^\uFEFF*/.exec(text)?.[0].length ?? 0;
  const stated = /^"?sep=([^\r\n" ])"?[,;|\t]*(\r\n|\r|\n)/i.exec(text.slice(mark, mark + 20));
  if (stated?.[1] !== undefined) return { delimiter: stated[1], start: mark + stated[0].length, line: 2 };
  let best = { delimiter: usual, score: 0.5 };
  for (const delimiter of DELIMITERS) {
    const score = scoreOf(sampleRows(text.slice(mark), { delimiter, line: 1 }, last), column);
    // Texts in a .tsv have commas and semicolons of their own.
    if (usual === "\t" && delimiter !== usual && score <= 1) continue;
    if (score > best.score) best = { delimiter, score };
  }
  return { delimiter: best.delimiter, start: mark, line: 1 };
}

/** The rows that are complete in the beginning of a table, up to one that is broken. */
export function sampleRows(text: string, { delimiter, line }: Omit<Dialect, "start">, last: boolean): Row[] {
  const rows: Row[] = [];
  try {
    for (const row of new RowReader("", { delimiter, line }).push(text, last)) rows.push(row);
  } catch (error) {
    // The reader of the table meets it again and says where it is.
    if (!(error instanceof MicrogptError)) throw error;
  }
  return rows;
}

/** The numbers of fields that a row may have. */
export interface Width {
  readonly least: number;
  readonly most: number;
}

/** True also with blank fields at the end; of a single column, whose text may end in a delimiter, only without. */
export function fits(fields: readonly string[], { least, most }: Width): boolean {
  return fields.length >= least && (fields.length <= most || (most > 1 && fields.slice(most).every(isBlank)));
}

/** The share of rows that have as many fields as the first, and 1 more if that names the column. */
function scoreOf([first, ...rows]: readonly Row[], column: string | undefined): number {
  if (first === undefined || first.fields.length < 2) return 0;
  const width = first.fields.length;
  const fitting = rows.filter(({ fields }) => fits(fields, { least: width, most: width })).length;
  const share = rows.length === 0 ? 1 : fitting / rows.length;
  const named = first.fields.some((field) => (column === undefined ? isTitle(field) : field.trim() === column));
  return share + (named ? 1 : 0);
}
