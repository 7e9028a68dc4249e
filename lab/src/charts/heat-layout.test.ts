import { expect, test } from "vitest";
import { cut, heatLayout } from "./heat-layout.ts";

const letters = (n: number): string[] => Array.from({ length: n }, (_, i) => String.fromCharCode(97 + i));

test.each<[what: string, width: number, columns: number, rows: string[], names: string[], cell: number | undefined]>([
  ["few cells", 800, 4, letters(4), letters(4), undefined],
  ["on a phone", 300, 27, letters(16), letters(27), undefined],
  ["many", 300, 256, [], [], undefined],
  ["of a given size", 300, 8, letters(8), letters(8), 20],
])("%s: all columns and the row names fit the width", (_, width, columns, rows, names, cell) => {
  const layout = heatLayout(width, columns, rows, names, cell);
  expect(layout.left + columns * layout.cell).toBeLessThanOrEqual(width);
  expect(layout.cell).toBeLessThanOrEqual(28);
  if (cell !== undefined) expect(layout.cell).toBe(cell);
});

test("names are left out where there is no room for their letters, and are vertical if they are long", () => {
  expect(heatLayout(800, 4, letters(4), letters(4), 20)).toMatchObject({ everyRow: 1, everyColumn: 1, upright: false });
  expect(heatLayout(800, 4, letters(4), letters(4), 4)).toMatchObject({ everyRow: 3, everyColumn: 3, upright: true });
  expect(heatLayout(800, 2, [], ["query", "key"], 20)).toMatchObject({ left: 0, upright: true });
});

test("a cell has a size before the page has one", () => {
  expect(heatLayout(0, 16, [], [], undefined).cell).toBe(1);
  expect(heatLayout(0, 0, [], [], undefined).cell).toBe(1);
});

test.each([
  ["query", "query"],
  ["exactly 10", "exactly 10"],
  ["longer than ten", "longer th…"],
])("cut(%j) is %s", (label, text) => {
  expect(cut(label)).toBe(text);
});
