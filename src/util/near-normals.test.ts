import { expect, test } from "vitest";
import { cosSin } from "./cos-sin.ts";
import { log } from "./math.ts";
import { NEAR, nearNormals } from "./near-normals.ts";
import { Random } from "./random.ts";

/** The largest difference between the near draws of pairs of uniform numbers and the exact ones. */
function worst(uniform: Float64Array): number {
  const near = new Float64Array(uniform.length);
  nearNormals(uniform, near);
  return near.reduce((most, z, i) => {
    const [turn, u] = uniform.subarray(i & -2);
    if (turn === undefined || u === undefined) throw new Error("half a pair");
    const direction = cosSin(turn * 2 * Math.PI)[i % 2] ?? Number.NaN;
    return Math.max(most, Math.abs(z - direction * Math.sqrt(-2 * log(1 - u))));
  }, 0);
}

test("draws are within half of the bound", () => {
  const random = new Random(11);
  expect(worst(Float64Array.from({ length: 200_000 }, () => random.random()))).toBeLessThan(NEAR / 2);
});

test("so are those of the largest and the smallest radius, and of the angles where a series is longest", () => {
  const eighths = [...Array(8).keys()].map((i) => i / 8);
  const turns = eighths.flatMap((t) => [t, t + 2 ** -53, Math.max(0, t - 2 ** -53)]);
  // 1 - u is the smallest there can be, then 1 and beside it, then √½ and √½/2, where a logarithm's series is longest.
  const radii = [1 - 2 ** -53, 0, 2 ** -53, 2 ** -52, 1 - Math.SQRT1_2, 1 - Math.SQRT1_2 / 2];
  const pairs = turns.flatMap((turn) => radii.flatMap((u) => [turn, u]));
  expect(worst(Float64Array.from(pairs))).toBeLessThan(NEAR / 2);
});

test("the bound is 2^-37", () => {
  expect(NEAR).toBe(2 ** -37);
});
