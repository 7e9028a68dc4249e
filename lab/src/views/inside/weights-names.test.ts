import fc from "fast-check";
import { presets } from "microgpt";
import { describe, expect, test } from "vitest";
import { onSides } from "./embeddings-sides.ts";
import { spread } from "./weights-course.svelte.ts";
import { exactly, isVowel, labelsOf, namesOf } from "./weights-names.ts";

const card = {
  config: { ...presets.microgpt.model, vocabSize: 4 },
  mode: "documents",
  engine: "wasm",
  numParams: 0,
  pieces: ["a", "b", "c", ""],
  bos: 3,
} as const;

describe("names", () => {
  test.each([
    ["wte", 3, 2, "BOS", "ch. 2"],
    ["lm_head", 1, 0, "b", "ch. 0"],
    ["wpe", 5, 1, "pos. 5", "ch. 1"],
    ["layer0.attn_wq", 6, 1, "head 2, 2", "ch. 1"],
    ["layer3.attn_wv", 15, 0, "head 4, 3", "ch. 0"],
    ["layer0.attn_wo", 1, 6, "ch. 1", "head 2, 2"],
    ["layer0.mlp_fc1", 40, 1, "unit 40", "ch. 1"],
    ["layer0.mlp_fc2", 1, 40, "ch. 1", "unit 40"],
  ])("for %s, row %d and column %d, are %s and %s", (name, row, column, rowName, columnName) => {
    const names = namesOf(name, card);
    expect([names.row(row), names.column(column)]).toEqual([rowName, columnName]);
  });

  test("for means give their range", () => {
    expect(labelsOf((i) => `${i}`, 3, 0, 2, 5)).toEqual(["0 – 1", "2 – 3", "4"]);
    expect(labelsOf((i) => `${i}`, 2, 64, 1, 100)).toEqual(["64", "65"]);
  });

  test("recognize vowels", () => {
    expect([..."aEéüybz ", "ae", ""].filter(isVowel)).toEqual([..."aEéü"]);
  });
});

describe("a number on the page", () => {
  test("distinguishes a float32 from all others", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(Object.is(Math.fround(Number(exactly(x))), x) || x === 0).toBe(true);
      }),
    );
  });

  test.each([
    [Math.fround(0.1), "0.1"],
    [0, "0"],
    [-2, "-2"],
    [1 / 3, "0.333333333"],
    [Number.NaN, "–"],
  ])("%d is written as %s", (x, expected) => {
    expect(exactly(x)).toBe(expected);
  });
});

test("moments are spread evenly, including the first and the last", () => {
  const steps = Array.from({ length: 40 }, (_, i) => 10 * i);
  const some = spread(steps);
  expect(some.length).toBe(12);
  expect(new Set(some).size).toBe(12);
  expect([some[0], some.at(-1)]).toEqual([0, 390]);
  expect(spread([0, 1, 7])).toEqual([0, 1, 7]);
});

test.each([
  ["turned over on both axes", [1, -2, -5, 4], [1, -2, -3, 4]],
  ["turned over on one", [1, 2, -3, -5], [1, 2, -3, -4]],
  ["as they are where nothing was before", undefined, [-1, 2, 3, -4]],
  ["as they are where others were", [1, 2], [-1, 2, 3, -4]],
])("points are %s", (_, before, expected) => {
  expect([...onSides(Float64Array.of(-1, 2, 3, -4), before)]).toEqual(expected);
});
