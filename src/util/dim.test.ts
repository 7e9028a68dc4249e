import { expect, test } from "vitest";
import { compareDims, type Dim, isSize, known, product, quotient, ROWS, Rows, sizeAt } from "./dim.ts";

test.each<[x: Dim, y: Dim, product: Dim, text: string]>([
  [2, 3, 6, "6"],
  [4, ROWS, Rows.of(4), "4R"],
  [Rows.of(2), Rows.of(3), Rows.of(6, 2), "6R^2"],
  [0, ROWS, 0, "0"],
])("%s times %s is %s, and the quotient goes back", (x, y, xy, text) => {
  expect(product(x, y)).toBe(xy);
  expect(`${xy}`).toBe(text);
  expect(quotient(xy, y)).toBe(x);
});

test("equal multiples of the rows are one object, and different ones are not", () => {
  expect(Rows.of(4)).toBe(Rows.of(4));
  expect(Rows.of(4)).not.toBe(Rows.of(5));
  expect(Rows.of(4)).not.toBe(Rows.of(4, 2));
});

test.each<[smaller: Dim, larger: Dim]>([
  [2, 3],
  [1e9, ROWS],
  [ROWS, Rows.of(2)],
  [Rows.of(9), Rows.of(1, 2)],
])("%s is smaller than %s", (smaller, larger) => {
  expect(compareDims(smaller, larger)).toBeLessThan(0);
  expect(compareDims(larger, smaller)).toBeGreaterThan(0);
  expect(compareDims(larger, larger)).toBe(0);
});

test.each<[dim: Dim, valid: boolean]>([
  [1, true],
  [ROWS, true],
  [0, false],
  [1.5, false],
  [-1, false],
  [quotient(ROWS, 2), false],
  [quotient(2, ROWS), false],
])("%s can be a size: %s", (dim, valid) => {
  expect(isSize(dim)).toBe(valid);
});

test.each<[dim: Dim, size: number]>([
  [5, 5],
  [ROWS, 7],
  [Rows.of(3), 21],
  [Rows.of(3, 2), 147],
])("for 7 rows, %s is %d", (dim, size) => {
  expect(sizeAt(dim, 7)).toBe(size);
});

test("arithmetic on a number of rows throws, and so does a known size", () => {
  expect(() => 2 * (ROWS as unknown as number)).toThrow("internal: arithmetic on R");
  expect(() => (ROWS as unknown as number) + 1).toThrow("internal: arithmetic on R");
  expect(() => (ROWS as unknown as number) < 1).toThrow("internal: arithmetic on R");
  expect(() => known(ROWS)).toThrow("internal: ");
  expect(JSON.stringify({ size: Rows.of(4) })).toBe('{"size":"4R"}');
});
