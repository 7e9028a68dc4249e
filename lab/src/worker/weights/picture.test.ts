import { expect, test } from "vitest";
import { partAround, pictureOf } from "./picture.ts";

const matrix = (rows: number, columns: number): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => i);

test("up to 256 rows and columns, every entry is shown itself", () => {
  const data = matrix(256, 3);
  expect(pictureOf(data, 256, 3)).toEqual({ rows: 256, columns: 3, rowsEach: 1, columnsEach: 1, cells: data });
});

test.each([
  [257, 2, 129, 2, 2, 1],
  [2, 600, 2, 200, 1, 3],
  [8000, 384, 250, 192, 32, 2],
])("%d by %d entries become %d by %d means", (rows, columns, high, wide, rowsEach, columnsEach) => {
  const picture = pictureOf(matrix(rows, columns), rows, columns);
  expect(picture).toMatchObject({ rows: high, columns: wide, rowsEach, columnsEach });
  // Entry (r, c) is r * columns + c, so the mean of a block is the value at its middle.
  const mean = (row: number, column: number): number => {
    const lastRow = Math.min(rows, (row + 1) * rowsEach) - 1;
    const lastColumn = Math.min(columns, (column + 1) * columnsEach) - 1;
    return ((row * rowsEach + lastRow) / 2) * columns + (column * columnsEach + lastColumn) / 2;
  };
  expect(picture.cells[0]).toBe(mean(0, 0));
  expect(picture.cells.at(-1)).toBe(mean(high - 1, wide - 1));
});

test.each([
  ["the middle", 4000, 200, { row: 3872, column: 72, rows: 256, columns: 256 }],
  ["a corner", 0, 0, { row: 0, column: 0, rows: 256, columns: 256 }],
  ["the last corner", 7999, 383, { row: 7744, column: 128, rows: 256, columns: 256 }],
])("the part around %s is inside and as large as can be shown", (_, row, column, part) => {
  expect(partAround([8000, 384], row, column)).toEqual(part);
});

test("a matrix that can be shown is its only part", () => {
  expect(partAround([27, 16], 20, 3)).toEqual({ row: 0, column: 0, rows: 27, columns: 16 });
});
