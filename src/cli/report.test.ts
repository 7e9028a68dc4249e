import { expect, test } from "vitest";
import { duration, speed } from "./report.ts";

test.each([
  [0.004, "250 steps/s"],
  [0.3, "3 steps/s"],
  [2.54, "2.5 s/step"],
])("a step of %f s is %s", (seconds, shown) => {
  expect(speed(seconds)).toBe(shown);
});

test.each([
  [0, "0 s"],
  [0.2, "1 s"],
  [119, "119 s"],
  [1500, "25 min"],
  [12_600, "3.5 h"],
])("%f s are %s", (seconds, shown) => {
  expect(duration(seconds)).toBe(shown);
});
