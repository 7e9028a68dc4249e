import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ENGINES } from "../engine/engine-options.ts";
import { findLearningRate, type LearningRatePoint, type LearningRateSweep, suggestLearningRate } from "./lr-find.ts";
import type { Run } from "./run.ts";
import { startRun } from "./start.ts";

const docs = readFileSync(new URL("../../data/ssa-names-2018.txt", import.meta.url), "utf8")
  .split("\n")
  .slice(0, 2000);
const names = { name: "names", docs: docs.filter((doc) => doc !== "") };

const start = (batchSize = 8, engine: (typeof ENGINES)[number] = "wasm"): Run =>
  startRun(names, { training: { batchSize }, engine, threads: 1 });

async function pointsOf(run: Run, sweep: LearningRateSweep = {}): Promise<LearningRatePoint[]> {
  const points: LearningRatePoint[] = [];
  for await (const point of findLearningRate(run, { threads: 1, ...sweep })) points.push(point);
  return points;
}

describe("a sweep", () => {
  test("raises the rate exponentially until the loss explodes, and suggests one at which the model learns", async () => {
    const points = await pointsOf(start());
    expect(points[0]?.learningRate).toBe(1e-5);
    points.slice(1).forEach(({ learningRate }, i) => {
      expect(learningRate / (points[i]?.learningRate ?? 0)).toBeCloseTo(1e5 ** (1 / 99), 10);
    });
    const [lowest, last] = [Math.min(...points.map(({ smoothed }) => smoothed)), points.at(-1)];
    expect(lowest).toBeLessThan(2.8);
    expect(last?.learningRate).toBeLessThan(1);
    expect(last?.smoothed).toBeGreaterThan(1.5 * lowest);
    // 0.01 is microgpt.py's; 0.1 is too high (verdicts.slow.test.ts), 0.001 slow.
    expect(suggestLearningRate(points)).toBeGreaterThan(0.005);
    expect(suggestLearningRate(points)).toBeLessThan(0.04);
  });

  test("does not change the run, so that it is repeatable", async () => {
    const run = start();
    const weights = run.model.state().weights.wte.slice();
    const points = await pointsOf(run, { numSteps: 30 });
    expect(run.model.state().weights.wte).toEqual(weights);
    expect(run.progress.losses).toEqual([]);
    expect(await pointsOf(run, { numSteps: 30 })).toEqual(points);
  });

  test("ends at its last step, if the loss has not exploded before", async () => {
    const points = await pointsOf(start(), { numSteps: 5, from: 0.001, to: 0.016 });
    expect(points.map(({ learningRate }) => Number(learningRate.toPrecision(6)))).toEqual([
      0.001, 0.002, 0.004, 0.008, 0.016,
    ]);
    expect(suggestLearningRate(points)).toBe(0.0008);
  });

  test("ends when the numbers overflow", async () => {
    const points = await pointsOf(start(), { from: 1e30, to: 1e38, numSteps: 10 });
    expect(points.length).toBeLessThan(10);
    expect(points.every(({ smoothed }) => Number.isFinite(smoothed))).toBe(true);
  });

  test("smooths: the first point is the first loss, later ones are means", async () => {
    const [first, second] = await pointsOf(start(), { numSteps: 2 });
    expect(first?.smoothed).toBeCloseTo(first?.loss ?? 0, 12);
    expect(second?.smoothed).toBeCloseTo((0.9 * (first?.loss ?? 0) + (second?.loss ?? 0)) / 1.9, 12);
  });

  test.each(ENGINES)("can be left at any step: %s", async (engine) => {
    const run = start(1, engine);
    for await (const point of findLearningRate(run)) {
      expect(point.loss).toBeGreaterThan(2);
      break;
    }
  });
});

test.each<[what: string, sweep: LearningRateSweep, message: string]>([
  ["one step", { numSteps: 1 }, "lr-find: expected numSteps to be a whole number, 2 or more, got 1"],
  ["no rate", { from: 0 }, "lr-find: expected from to be a finite number above 0, got 0"],
  ["a range that falls", { from: 0.1, to: 0.01 }, "lr-find: expected to to be a finite number above 0.1, got 0.01"],
])("%s is refused", async (_, sweep, message) => {
  await expect(pointsOf(start(), sweep)).rejects.toThrow(message);
});

test("without points there is no suggestion", () => {
  expect(() => suggestLearningRate([])).toThrow("lr-find: expected steps with a finite loss, got none");
});
