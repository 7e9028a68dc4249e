import { expect, test } from "vitest";
import { type Pace, PaceKeeper } from "./pace.ts";

/** Number of steps taken in a number of seconds by a model whose step takes `stepMs`. */
function stepsIn(seconds: number, pace: Pace, stepMs: number): number {
  const keeper = new PaceKeeper();
  keeper.pace = pace;
  let steps = 0;
  for (let now = 0; now < seconds * 1000; ) {
    const wait = keeper.wait(now, steps);
    // Timers are late.
    if (wait > 0) now += Math.max(wait, 4) + 1;
    else {
      now += stepMs;
      steps++;
    }
  }
  return steps;
}

test.each<[pace: Pace, stepMs: number, seconds: number, low: number, high: number]>([
  [5, 0.01, 10, 48, 52],
  [100, 0.01, 10, 980, 1020],
  [1000, 0.01, 10, 9000, 10_200],
  [100, 50, 10, 199, 201], // slower than the pace anyway
  ["gentle", 0.01, 1, 8, 20],
  ["gentle", 0.01, 8, 1500, 5000],
  ["full", 0.1, 1, 9999, 10_001],
])("%s steps a second, for a model that takes %d ms, for %d s", (pace, stepMs, seconds, low, high) => {
  const steps = stepsIn(seconds, pace, stepMs);
  expect(steps).toBeGreaterThanOrEqual(low);
  expect(steps).toBeLessThanOrEqual(high);
});
