import { describe, expect, test } from "vitest";
import { align, axisRange, type Column, valueAt, type XY } from "./align.ts";

test.each<[what: string, series: XY[], x: number[], columns: Column[]]>([
  ["nothing", [], [], []],
  ["a series without points", [{ x: [], y: [] }], [], [[]]],
  ["a gap", [{ x: [1, 2, 3], y: [5, Number.NaN, 7] }], [1, 2, 3], [[5, null, 7]]],
  [
    "the same places",
    [
      { x: [1, 2], y: [5, 6] },
      { x: [1, 2], y: [7, 8] },
    ],
    [1, 2],
    [
      [5, 6],
      [7, 8],
    ],
  ],
  [
    "other places, and fewer",
    [
      { x: [1, 2, 4], y: [5, Number.NaN, 6] },
      { x: [2, 3], y: [7, 8] },
    ],
    [1, 2, 3, 4],
    [
      [5, null, undefined, 6],
      [undefined, 7, 8, undefined],
    ],
  ],
  [
    "an empty one beside a full one",
    [
      { x: [], y: [] },
      { x: [1], y: [2] },
    ],
    [1],
    [[undefined], [2]],
  ],
])("align: %s", (_, series, x, columns) => {
  expect(align(series)).toEqual({ x, columns });
});

test.each<[place: number, value: number | undefined]>([
  [0, undefined],
  [1, 4],
  [2, 4],
  [3, undefined],
  [9, 6],
])("valueAt: the newest value at or before position %d is %s", (place, value) => {
  expect(valueAt([undefined, 4, undefined, null, 6], place)).toBe(value);
});

describe("axisRange", () => {
  const x = Array.from({ length: 200 }, (_, i) => i);
  const falling = x.map((i) => (i < 2 ? 50 : 2 + (i % 2)));

  test("leaves out the first hundredth, and reports how many values that hides", () => {
    const { min, max, outside } = axisRange(x, [falling]);
    expect([min, max, outside]).toEqual([1.95, 3.05, 2]);
  });

  test("reports nothing if the first hundredth is within the range of the rest", () => {
    expect(axisRange(x, [x.map((i) => i % 7)]).outside).toBe(0);
  });

  test.each<[what: string, columns: Column[], min: number, max: number]>([
    ["all of a few points", [[50, 2, 3]], -0.4, 52.4],
    ["no values", [[undefined, null, null]], 0, 1],
    ["a single value", [[null, 4, null]], 3.8, 4.2],
    ["zero alone", [[0]], -1, 1],
  ])("%s", (_, columns, min, max) => {
    const range = axisRange([1, 2, 3], columns);
    expect(range.min).toBeCloseTo(min, 10);
    expect(range.max).toBeCloseTo(max, 10);
    expect(range.outside).toBe(0);
  });
});
