import { expect, test } from "vitest";
import { cost, logs, oneIn, percent } from "./format.ts";

test.each([
  [0.5, "2"],
  [1 / 3400, "3,400"],
  [1 / 3449, "3,400"],
  [1, "1"],
  [1e-12, "1.0 × 10¹²"],
  [2e-13, "5.0 × 10¹²"],
  [1 / 9.97e12, "1.0 × 10¹³"],
])("%s is 1 in %s", (probability, text) => {
  expect(oneIn(Math.log(probability))).toBe(text);
});

test("even the least likely gets a number", () => {
  expect(oneIn(-2000)).toBe("3.9 × 10⁸⁶⁸");
});

test.each([
  [0.12345, "12.3 %"],
  [1, "100.0 %"],
  [0, "0 %"],
  [0.0004, "0.040 %"],
  [1e-9, "< 0.001 %"],
])("%s is %s", (probability, text) => {
  expect(percent(probability)).toBe(text);
});

test("costs and logarithms", () => {
  expect([cost(1.005), cost(Number.NaN), cost(Number.POSITIVE_INFINITY), logs(-12.345)]).toEqual([
    "1.00",
    "–",
    "∞",
    "−12.35",
  ]);
});
