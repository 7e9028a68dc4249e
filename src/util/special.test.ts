import { describe, expect, test } from "vitest";
import { erf, sigmoid } from "./special.ts";

describe("erf", () => {
  // Digits of Abramowitz and Stegun 1964, table 7.1, and of 50-digit arithmetic.
  test.each([
    [0, 0],
    [1e-8, 1.1283791670955126e-8],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [5.5, 0.9999999999999927],
    [7, 1],
    [Infinity, 1],
  ])("of %s is %s, and of its negative the negative", (x, expected) => {
    expect(Math.abs(erf(x) - expected)).toBeLessThan(4e-16);
    expect(erf(-x)).toBe(-erf(x));
  });

  test("keeps NaN", () => {
    expect(erf(Number.NaN)).toBeNaN();
  });

  test("has no step where the series gives way to the continued fraction", () => {
    expect(Math.abs(erf(2.5) - erf(2.5 - 1e-12))).toBeLessThan(4e-15);
  });
});

describe("sigmoid", () => {
  test.each([
    [0, 0.5],
    [1, 0.7310585786300049],
    [-1, 0.2689414213699951],
    [40, 1],
    [-700, 9.85967654375977e-305],
    [1000, 1],
    [-1000, 0],
  ])("of %s is %s", (x, expected) => {
    expect(Math.abs(sigmoid(x) - expected)).toBeLessThanOrEqual(2e-16 * expected);
  });
});
