import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BINS, tallyOf, together } from "./tally.ts";

const sum = (counts: ArrayLike<number>): number => Array.from(counts).reduce((a, b) => a + b, 0);
/** Numbers with few digits, so that dividing their range is exact. */
const numbers = fc.array(
  fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 0, max: 12 })).map(([n, k]) => n / 2 ** k),
  { minLength: 1, maxLength: 50 },
);

describe("a tally", () => {
  test("of a few numbers", () => {
    const { counts, exponent, total, mean, std, largest } = tallyOf([
      -1,
      1,
      3,
      1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    expect([exponent, total, mean, std, largest]).toEqual([2, 4, 1, Math.SQRT2, 3]);
    expect([...counts.entries()].filter(([, count]) => count > 0)).toEqual([
      [(BINS * 3) / 8, 1],
      [(BINS * 5) / 8, 2],
      [(BINS * 7) / 8, 1],
    ]);
  });

  test.each([[[0, 0, 0]], [[1, -1]], [[1024]], [[-1e-30]]])("counts every number of %j", (data) => {
    expect(sum(tallyOf(data).counts)).toBe(data.length);
  });
});

describe("tallies together", () => {
  test("equal counts over the shared range, and nothing is lost", () => {
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 4 }), (lists) => {
        const { from, to, rows } = together(lists.map(tallyOf), 48);
        const width = (to - from) / (rows[0]?.length ?? 0);
        lists.forEach((list, i) => {
          const expected = new Uint32Array(rows[i]?.length ?? 0);
          for (const x of list) {
            const bin = Math.floor((x - from) / width);
            expected[bin] = (expected[bin] ?? 0) + 1;
          }
          expect(rows[i]).toEqual(expected);
          expect(sum(rows[i] ?? [])).toBe(list.length);
        });
      }),
    );
  });

  test("are as narrow as the numbers, and neither too coarse nor too fine", () => {
    const data = Float32Array.from({ length: 5000 }, (_, i) => 0.9 + 0.3 * Math.sin(i));
    const { from, to, rows } = together([tallyOf(data)], 40);
    expect(from).toBeCloseTo(0.6, 1);
    expect(to).toBeCloseTo(1.2, 1);
    expect(rows[0]?.length).toBeGreaterThanOrEqual(40);
    expect(rows[0]?.length).toBeLessThanOrEqual(81);
  });
});
