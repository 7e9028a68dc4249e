import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { everyOther, momentsUnwanted, momentsWanted } from "./moments.ts";

const steps = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 1_000_000 }));
const ascending = (numbers: readonly number[]): boolean =>
  numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? n));

describe("momentsWanted", () => {
  test.each<[numSteps: number, wanted: number[]]>([
    [0, [0]],
    [1, [0, 1]],
    [7, [0, 1, 2, 3, 4, 5, 6, 7]],
    [30, [0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]],
    [500, [0, 1, 2, 5, 10, 20, ...Array.from({ length: 10 }, (_, i) => 50 * (i + 1))]],
    [1000, [0, 1, 2, 5, 10, 20, ...Array.from({ length: 20 }, (_, i) => 50 * (i + 1))]],
    [1010, [0, 1, 2, 5, 10, 20, ...Array.from({ length: 20 }, (_, i) => 50 * (i + 1)), 1010]],
  ])("of %i steps", (numSteps, wanted) => {
    expect(momentsWanted(numSteps)).toEqual(wanted);
  });

  test("for any number of steps: ascending, from 0 to the last, at most 40, and no gap above an eighth", () => {
    fc.assert(
      fc.property(steps, (numSteps) => {
        const wanted = momentsWanted(numSteps);
        expect(ascending(wanted)).toBe(true);
        expect([wanted[0], wanted.at(-1)]).toEqual([0, numSteps]);
        expect(wanted.length).toBeLessThanOrEqual(40);
        const gaps = wanted.slice(1).map((step, i) => step - (wanted[i] ?? 0));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.max(1, numSteps / 8));
      }),
    );
  });
});

test("a run beyond its plan drops moments that are no longer wanted, never the newest", () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 6 }), (plans) => {
      let kept: number[] = [];
      for (const numSteps of plans.sort((x, y) => x - y)) {
        const newest = kept.at(-1) ?? 0;
        kept = kept.filter((step) => !momentsUnwanted(kept, numSteps).includes(step));
        expect(kept.at(-1) ?? 0).toBe(newest);
        kept.push(...momentsWanted(numSteps).filter((step) => step > newest || kept.length === 0));
        expect(ascending(kept)).toBe(true);
        expect([kept[0], kept.at(-1)]).toEqual([0, numSteps]);
        expect(kept.length).toBeLessThanOrEqual(41);
      }
    }),
  );
});

test.each<[kept: number[], dropped: number[]]>([
  [[], []],
  [[0], []],
  [[0, 5], []],
  [[0, 1, 2], [1]],
  [[0, 1, 2, 5], [1]],
  [
    [0, 1, 2, 5, 10, 20],
    [1, 5],
  ],
  [[3, 4, 7], [4]],
])("to make room, of %j drop %j", (kept, dropped) => {
  expect(everyOther(kept)).toEqual(dropped);
});
