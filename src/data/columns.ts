/** Chooses the column of a table that holds the text. */

import { type MicrogptError, mistake, show } from "../util/errors.ts";
import { nearest } from "../util/nearest.ts";
import { say, set, type Words } from "../util/words.ts";
import { isBlank, type Row } from "./rows.ts";
import { isFigure, isHeader } from "./titles.ts";

export interface Column {
  /** Counts from 0. */
  readonly index: number;
  /** Undefined if the first row is data. */
  readonly title: string | undefined;
}

/** The usual title of the text column among several. */
const USUAL = "text";

/**
 * The column that the user names, by title or by number from 1. By default it is the only column, the one titled text,
 * or, in a table without titles, the one that holds most of the text. Errors, listing the columns: no column of that
 * name, two of that name, no obvious choice.
 *
 * @param rows the first rows of the table, at least one
 */
export function chooseColumn(name: string, [first, ...rows]: readonly Row[], wanted: string | undefined): Column {
  const titles = (first?.fields ?? []).map((title) => title.trim());
  const choose = (index: number, header: boolean): Column => ({
    index,
    title: header ? (titles[index] ?? "") : undefined,
  });
  const refuse = (expected: string, got: string, fix: Words): MicrogptError =>
    mistake("column", `data ${name}`, expected, got, fix, { field: "column" });

  const same = indexesOf(titles, (title) => title === (wanted?.trim() ?? USUAL));
  if (same.length > 1) {
    const numbers = same
      .map((index) => index + 1)
      .slice(0, 5)
      .join(", ");
    const title = show(titles[same[0] ?? 0]);
    throw refuse(`one column called ${title}`, `columns ${numbers} with that name`, "choose one by its number");
  }
  const [exact] = same;
  if (exact !== undefined) return choose(exact, true);

  if (wanted === undefined) {
    const header = isHeader(titles, rows);
    const index = header ? onlyTitle(titles) : fullestColumn(titles.length, [first, ...rows]);
    if (index !== undefined) return choose(index, header);
    const [fix, expected] = header
      ? [say`choose one with ${set("column")}`, `one column, or one called ${USUAL}`]
      : [
          "choose one by its number, or call the file .txt if each line is a text",
          "titles in the first row, or one column of text",
        ];
    throw refuse(expected, `the columns ${list(titles)}`, fix);
  }

  const number = /^\d+$/.test(wanted) ? Number(wanted) : 0;
  if (number >= 1 && number <= titles.length) return choose(number - 1, isHeader(titles, rows));
  const near = nearest(wanted.trim(), titles);
  const fix =
    near === undefined ? "choose one by title or number" : `choose ${show(near)}, or another by title or number`;
  throw refuse(`the column ${show(wanted)}`, `the columns ${list(titles)}`, fix);
}

/** The only column with a title, or the one titled text in any case. */
function onlyTitle(titles: readonly string[]): number | undefined {
  const filled = indexesOf(titles, (title) => !isBlank(title));
  const usual = indexesOf(titles, (title) => title.toLowerCase() === USUAL);
  return filled.length === 1 ? filled[0] : usual.length === 1 ? usual[0] : undefined;
}

/**
 * The column with the most text, if it has several times as much as any other column or is the only one whose values
 * vary.
 */
function fullestColumn(width: number, rows: readonly (Row | undefined)[]): number | undefined {
  const columns = Array.from({ length: width }, (_, index) => {
    const values = rows.map((row) => row?.fields[index] ?? "").filter((value) => !isBlank(value));
    const figures = values.filter(isFigure).length;
    const text = figures > values.length / 2 ? 0 : values.reduce((sum, value) => sum + value.length, 0);
    // Labels repeat, texts rarely do.
    return { index, text, various: new Set(values).size > values.length / 2 };
  });
  const [most, next] = [...columns].sort((x, y) => y.text - x.text);
  if (width === 1) return 0;
  if (most === undefined || most.text === 0) return undefined;
  if (next === undefined || most.text > 3 * next.text) return most.index;
  const various = columns.filter((column) => column.text > 0 && column.various);
  return various.length === 1 ? various[0]?.index : undefined;
}

function indexesOf(titles: readonly string[], test: (title: string) => boolean): number[] {
  return titles.flatMap((title, index) => (test(title) ? [index] : []));
}

/** The first few titles and their total number. */
function list(titles: readonly string[]): string {
  const shown = titles.slice(0, 6).map(show).join(", ");
  return titles.length <= 6 ? shown : `${shown} and ${(titles.length - 6).toLocaleString("en")} more`;
}
