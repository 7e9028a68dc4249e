import { inOneLine } from "./ink.ts";
import { cutTo, widthOf } from "./width.ts";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row, index: number) => string;
  /** Words are aligned left, numbers right. */
  readonly align: "left" | "right";
  /** If a table is too wide, columns are dropped, the highest number first; columns without one stay. */
  readonly spare?: number;
}

/** Colors a cell once it is padded. */
export type Paint<Row> = (text: string, column: Column<Row>, row: Row | undefined) => string;

const GAP = "  ";
const LEAST_WIDTH = 6;

/**
 * Rows under titles, each column as wide as its widest cell, without empty columns. A line has at most `columns`
 * characters: if it does not fit, it loses spare columns first, then the end of its widest cells.
 * @param paint colors; the titles' row is undefined
 */
export function drawTable<Row>(
  rows: readonly Row[],
  all: readonly Column<Row>[],
  columns: number,
  paint: Paint<Row> = (text) => text,
): string[] {
  const shown = all.filter(({ cell }) => rows.length === 0 || rows.some((row, i) => cell(row, i) !== ""));
  while (total(widths(rows, shown)) > columns) {
    const spare = shown.reduce((most, { spare = 0 }) => Math.max(most, spare), 0);
    if (spare === 0) break;
    shown.splice(
      shown.findLastIndex((column) => column.spare === spare),
      1,
    );
  }
  const sizes = widths(rows, shown);
  while (total(sizes) > columns && Math.max(...sizes) > LEAST_WIDTH) {
    const widest = sizes.indexOf(Math.max(...sizes));
    sizes[widest] = (sizes[widest] ?? 0) - 1;
  }
  const line = (row: Row | undefined, index: number): string =>
    shown
      .map((column, i) => {
        const size = sizes[i] ?? 0;
        const text = cut(row === undefined ? column.title : inOneLine(column.cell(row, index)), size);
        const blanks = " ".repeat(size - widthOf(text));
        const last = i === shown.length - 1 && column.align === "left";
        const padded = column.align === "right" ? blanks + text : last ? text : text + blanks;
        return paint(padded, column, row);
      })
      .join(GAP);
  return [line(undefined, -1), ...rows.map(line)];
}

function widths<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): number[] {
  return columns.map(({ title, cell }) =>
    Math.max(title.length, ...rows.map((row, i) => widthOf(inOneLine(cell(row, i))))),
  );
}

function total(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0) + GAP.length * (sizes.length - 1);
}

function cut(text: string, width: number): string {
  return widthOf(text) <= width ? text : `${cutTo(text, width - 1)}…`;
}
