import { describe, expect, test } from "vitest";
import { learningRateAt, SCHEDULES, type Schedule } from "./schedule.ts";

// CPython's results: lr * 0.5 * (1 + cos(pi * step / num_steps)) in the early revision, lr * (1 - step / num_steps) in
// the published one.
test.each<[schedule: Schedule, step: number, numSteps: number, expected: number]>([
  ["cosine", 0, 500, 0.01],
  ["cosine", 1, 500, 0.009999901304280686],
  ["cosine", 250, 500, 0.005],
  ["cosine", 499, 500, 9.869571931442334e-8],
  ["linear", 0, 1000, 0.01],
  ["linear", 1, 1000, 0.00999],
  ["linear", 500, 1000, 0.005],
  ["linear", 999, 1000, 1.000000000000001e-5],
  ["constant", 0, 1000, 0.01],
  ["constant", 999, 1000, 0.01],
])("%s at step %i of %i is %d for a learning rate of 0.01", (schedule, step, numSteps, expected) => {
  // The factor is at most 1, so its rounding is relative to 1: two ulps of 0.01, and one more for the product.
  expect(Math.abs(learningRateAt(step, { numSteps, learningRate: 0.01, schedule }) - expected)).toBeLessThan(5e-18);
});

describe.each(SCHEDULES)("%s", (schedule) => {
  const steps = [...Array(40).keys()];
  const rates = steps.map((step) => learningRateAt(step, { numSteps: 40, learningRate: 0.3, schedule }));

  test("begins at the learning rate, never rises and never reaches 0", () => {
    expect(rates[0]).toBe(0.3);
    expect(rates).toEqual(rates.toSorted((x, y) => y - x));
    expect(rates.at(-1)).toBeGreaterThan(0);
  });

  test("depends only on its arguments, not on earlier calls", () => {
    const backwards = steps
      .toReversed()
      .map((step) => learningRateAt(step, { numSteps: 40, learningRate: 0.3, schedule }));
    expect(backwards.toReversed()).toEqual(rates);
  });

  test("is proportional to the learning rate", () => {
    expect(steps.map((step) => learningRateAt(step, { numSteps: 40, learningRate: 0.6, schedule }))).toEqual(
      rates.map((rate) => 2 * rate),
    );
  });

  test("a run of one step takes it at the full learning rate", () => {
    expect(learningRateAt(0, { numSteps: 1, learningRate: 0.3, schedule })).toBe(0.3);
  });
});

describe("warm-up and min_lr, against nanoGPT's get_lr", () => {
  // nanoGPT's train.py, with lr_decay_iters = max_iters.
  function getLr(it: number, warmupIters: number, maxIters: number, learningRate: number, minLr: number): number {
    if (it < warmupIters) return (learningRate * (it + 1)) / (warmupIters + 1);
    const decayRatio = (it - warmupIters) / (maxIters - warmupIters);
    const coeff = 0.5 * (1.0 + Math.cos(Math.PI * decayRatio));
    return minLr + coeff * (learningRate - minLr);
  }

  test.each([
    [0, 0],
    [10, 0],
    [10, 0.001],
    [99, 0.01],
  ])("%i steps up, down to %d: step by step", (warmupIters, minLr) => {
    for (let step = 0; step < 100; step++) {
      const settings = { numSteps: 100, learningRate: 0.01, schedule: "cosine", warmupIters, minLr } as const;
      expect(learningRateAt(step, settings)).toBeCloseTo(getLr(step, warmupIters, 100, 0.01, minLr), 15);
    }
  });

  test.each(SCHEDULES)("%s begins to fall at the top of the warm-up and stays above min_lr", (schedule) => {
    const settings = { numSteps: 50, learningRate: 0.4, schedule, warmupIters: 5, minLr: 0.1 };
    const rates = [...Array(50).keys()].map((step) => learningRateAt(step, settings));
    expect(rates.slice(0, 6)).toEqual(rates.slice(0, 6).toSorted((x, y) => x - y));
    expect(rates[5]).toBe(0.4);
    expect(Math.min(...rates.slice(5))).toBeGreaterThanOrEqual(0.1);
  });
});
