import { expect, test } from "vitest";
import { chancesOf, entropy, largest, rankOf } from "./chances.ts";

const logits = [Math.log(0.1), Math.log(0.4), Math.log(0.3), Math.log(0.2)];

test("the temperature is applied first, then the filters", () => {
  const { open, left } = chancesOf(logits, { temperature: 0.5, topK: 2 });
  const squares = [0.01, 0.16, 0.09, 0.04];
  squares.forEach((square, i) => {
    expect(open[i]).toBeCloseTo(square / 0.3, 12);
  });
  expect([left[0], left[3]]).toEqual([0, 0]);
  expect(left[1]).toBeCloseTo(0.16 / 0.25, 12);
});

test.each([
  ["even", [0.25, 0.25, 0.25, 0.25], 2],
  ["certain", [0, 1, 0], 0],
  ["of two kinds", [0.5, 0.25, 0.25], 1.5],
])("the entropy of %s probabilities", (_, chances, bits) => {
  expect(entropy(chances)).toBeCloseTo(bits, 12);
});

test("ranks and the largest: ties go to the lower id", () => {
  expect([0, 1, 2, 3].map((id) => rankOf([0.2, 0.4, 0.2, 0.2], id))).toEqual([2, 1, 3, 4]);
  expect(largest([[0.2, 0.4, 0.2, 0.2]], 3)).toEqual([1, 0, 2]);
  expect(
    largest(
      [
        [0.1, 0.8, 0.1],
        [0.6, 0.2, 0.2],
      ],
      2,
    ),
  ).toEqual([1, 0]);
});
