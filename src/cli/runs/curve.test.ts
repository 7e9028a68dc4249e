import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { drawCurve, recentMean, smooth, summarize } from "./curve.ts";

/** A run that learns: fast at first, with jumps from document to document. */
function run(steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => 2.3 + Math.exp(-i / (steps / 5)) + 0.3 * Math.sin(i * 7));
}

const width = (drawing: string): number => Math.max(...drawing.split("\n").map((line) => line.length));

describe("smooth", () => {
  const numLosses = fc.integer({ min: 1, max: 2_000 });
  const counts = fc.integer({ min: 2, max: 100 });

  test("returns the requested number of points, or one for each step of a shorter run", () => {
    fc.assert(
      fc.property(numLosses, counts, (steps, count) => {
        expect(smooth(run(steps), count)).toHaveLength(Math.min(steps, count));
      }),
    );
  });

  test("goes from the first step to the last in ascending order", () => {
    fc.assert(
      fc.property(numLosses, counts, (numSteps, count) => {
        const steps = smooth(run(numSteps), count).map(([step]) => step);
        expect(steps[0]).toBe(1);
        expect(steps.at(-1)).toBe(numSteps);
        expect(steps).toEqual([...new Set(steps)].sort((x, y) => x - y));
      }),
    );
  });

  test("begins with the first loss itself and ends with the mean of the last ones", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 2, maxLength: 400 }), (losses) => {
        const points = smooth(losses, 10);
        expect(points[0]).toEqual([1, losses[0]]);
        expect(points.at(-1)?.[1]).toBeCloseTo(recentMean(losses), 10);
      }),
    );
  });

  test("covers every step: a single nonzero loss shows in some point", () => {
    fc.assert(
      fc.property(numLosses, counts, fc.nat(), (steps, count, at) => {
        const losses = Array.from({ length: steps }, (_, i) => (i === at % steps ? 1 : 0));
        expect(smooth(losses, count).some(([, mean]) => mean > 0)).toBe(true);
      }),
    );
  });
});

describe("drawCurve", () => {
  test("plots the mean of the losses over the steps", () => {
    expect(`\n${drawCurve(run(1000), 40)}`).toMatchInlineSnapshot(`
      "
          ▲
      3.30┤╮
      3.23┤╰╮
      3.09┤ ╰╮
      2.96┤  ╰╮
      2.83┤   ╰╮
      2.74┤    ╰╮
      2.68┤     ╰─╮
      2.56┤       ╰──╮
      2.46┤          ╰──────╮
      2.33┤                 ╰──────────
          └┬──────┬──────┬─────┬──────┬▶
           1    260    519   741   1000"
    `);
  });

  test.each<[what: string, losses: readonly number[]]>([
    ["one loss", [3.3]],
    ["two losses", [3.3, 3.1]],
    ["a few losses", [3.3, 3.1, 3.2, 2.9]],
    ["losses that never change", Array<number>(1000).fill(2.5)],
    ["losses of 0", [0, 0, 0]],
    ["100,000 losses", run(100_000)],
    ["losses of a run that goes astray", [3.3, 1e4, 1e7, 1e56, 1e200]],
  ])("draws %s in the available columns", (_, losses) => {
    for (const columns of [14, 20, 40, 80, 300]) {
      const drawing = drawCurve(losses, columns);
      expect(width(drawing)).toBeLessThanOrEqual(columns);
      expect(drawing).toMatch(/┤/);
      expect(drawing).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  test("is never wider than the columns, with a minimum of 14", () => {
    const losses = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(losses, fc.nat(200), (values, columns) => {
        expect(width(drawCurve(values, columns))).toBeLessThanOrEqual(Math.max(14, columns));
      }),
    );
  });

  test("labels the first step and the last, without overlap", () => {
    for (const steps of [2, 3, 5, 8, 12, 20, 50, 99, 1000]) {
      const numbers = drawCurve(run(steps), 80).split("\n").at(-1)?.trim().split(/ +/).map(Number) ?? [];
      expect([numbers[0], numbers.at(-1)]).toEqual([1, steps]);
      expect(numbers).toEqual([...new Set(numbers)].sort((x, y) => x - y));
    }
  });
});

describe("summarize", () => {
  test.each<[summary: string, losses: readonly number[]]>([
    ["loss: 3.46 at first, 3.46 on average over the last 1 steps", [3.456]],
    ["loss: 4.00 at first, 3.00 on average over the last 2 steps", [4, 2]],
    ["loss: 9.00 at first, 2.00 on average over the last 50 steps", [9, ...Array<number>(50).fill(2)]],
    ["loss: 3.00 at first, 3.00e+56 on average over the last 2 steps", [3, 6e56]],
  ])("%s", (summary, losses) => {
    expect(summarize(losses)).toBe(summary);
  });
});
