import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const FIELDS = ["numSteps", "batchSize", "learningRate", "minLr", "beta1", "beta2", "seed"] as const;

test.each([
  ["learning_rate", "learningRate"],
  ["--learning-rate", "learningRate"],
  ["LEARNINGRATE", "learningRate"],
  ["learnignRate", "learningRate"],
  ["lerningrat", "learningRate"],
  ["numStep", "numSteps"],
  ["batch", undefined],
  ["beta", "beta1"],
  ["sed", "seed"],
  ["sd", undefined],
  ["toString", undefined],
  ["", undefined],
  ["x", undefined],
])("the nearest word to %j is %j", (typed, word) => {
  expect(nearest(typed, FIELDS)).toBe(word);
});

test("the first of equally near words wins, and an exact match wins over all", () => {
  expect(nearest("beta3", FIELDS)).toBe("beta1");
  expect(nearest("beta2", FIELDS)).toBe("beta2");
});

test("a word of a million letters costs no more than a short one", () => {
  expect(nearest("a".repeat(1e6), FIELDS)).toBeUndefined();
});
