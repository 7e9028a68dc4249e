import { describe, expect, test } from "vitest";
import { columnsPath, histogram, ridgePath } from "./bins.ts";

describe("histogram", () => {
  test("counts each number once, the largest in the last bin", () => {
    const { counts, from, to, mean, std, total } = histogram([0, 1, 2, 3, 4], 2);
    expect([...counts]).toEqual([2, 3]);
    expect([from, to, mean, total]).toEqual([0, 4, 2, 5]);
    expect(std).toBeCloseTo(Math.SQRT2, 12);
  });

  test("skips NaN and infinity", () => {
    const { counts, total, mean } = histogram([1, Number.NaN, 3, Number.POSITIVE_INFINITY], 2);
    expect([...counts]).toEqual([1, 1]);
    expect([total, mean]).toEqual([2, 2]);
  });

  test.each<[what: string, data: number[], from: number, to: number, total: number]>([
    ["no numbers", [], 0, 1, 0],
    ["equal numbers", [4, 4], 2, 6, 2],
    ["zeros", [0], -0.5, 0.5, 1],
  ])("%s still have a range that is wide enough", (_, data, from, to, total) => {
    const bins = histogram(data, 3);
    expect([bins.from, bins.to, bins.total]).toEqual([from, to, total]);
    expect(bins.counts.reduce((a, b) => a + b, 0)).toBe(total);
  });
});

test("columnsPath outlines every column and returns to the floor", () => {
  expect(columnsPath([1, 2], 2, 100, 10, 12)).toBe("M0 12V7H50V2H100V12Z");
});

test("ridgePath goes through the middle of each column", () => {
  expect(ridgePath([1, 2], 2, 100, 10, 12)).toBe("M0 12L25 7L75 2L100 12");
});

test.each([
  ["columnsPath", columnsPath],
  ["ridgePath", ridgePath],
] as const)("%s of nothing is a flat line, not a NaN", (_, path) => {
  expect(path([], 0, 100, 10, 12)).not.toContain("NaN");
  expect(path([0, 0], 0, 100, 10, 12)).not.toContain("NaN");
});
