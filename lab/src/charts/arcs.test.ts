import { describe, expect, test } from "vitest";
import { arcPath, arcsOf, tokenPlaces } from "./arcs.ts";

test("tokenPlaces: adjacent, as wide as the text, and wide enough for a finger", () => {
  expect(tokenPlaces(["a", "hello", "😀"], 10, 4, 20)).toEqual([
    { left: 0, width: 20 },
    { left: 20, width: 54 },
    { left: 74, width: 20 },
  ]);
});

describe("arcsOf", () => {
  const places = tokenPlaces(["a", "b", "c"], 10, 0, 20);
  const weights = [1, 0, 0, 0.5, 0.5, 0, 0.001, 0.2, 0.799];

  test.each<[chosen: number | undefined, arcs: string[]]>([
    [undefined, ["0>0", "1>0", "1>1", "2>1", "2>2"]],
    [1, ["1>0", "1>1"]],
    [2, ["2>1", "2>2"]],
    [3, []],
  ])("of row %s: the visible ones", (chosen, arcs) => {
    expect(arcsOf(weights, places, 100, chosen).map(({ row, column }) => `${row}>${column}`)).toEqual(arcs);
  });

  test("a NaN or a missing weight gives no arc", () => {
    expect(arcsOf([Number.NaN, 1], places.slice(0, 2), 100, undefined)).toHaveLength(1);
  });
});

test.each<[from: number, to: number, path: string]>([
  [30, 10, "M30 100A10 46 0 0 0 10 100"],
  [10, 30, "M10 100A10 46 0 0 1 30 100"],
  [90, 10, "M90 100A40 92 0 0 0 10 100"],
  [10, 10, "M6 100C-4 78 24 78 14 100"],
])("arcPath from %d to %d stays above the line: %s", (from, to, path) => {
  expect(arcPath(from, to, 80, 100)).toBe(path);
});
