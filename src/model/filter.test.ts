import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Filters, filterProbabilities, keepMinP, keepTopK, keepTopP, penalizeRepetition } from "./filter.ts";

const close = (numbers: readonly number[]): number[] => numbers.map((x) => expect.closeTo(x, 14));

describe("of the probabilities", () => {
  const p = [0.1, 0.4, 0.2, 0.3];

  test.each<[what: string, left: Float64Array, expected: readonly number[]]>([
    ["top-k 1 leaves the likeliest", keepTopK(p, 1), [0, 1, 0, 0]],
    ["top-k 2 leaves two", keepTopK(p, 2), [0, 4 / 7, 0, 3 / 7]],
    ["top-k of all leaves all", keepTopK(p, 4), p],
    ["top-k of more than there are leaves all", keepTopK(p, 99), p],
    ["top-k takes the lower ids of equal ones", keepTopK([0.25, 0.25, 0.25, 0.25], 2), [0.5, 0.5, 0, 0]],
    ["top-k takes the lower ids after the larger ones", keepTopK([0.2, 0.2, 0.4, 0.2], 2), [1 / 3, 0, 2 / 3, 0]],
    ["top-p below the likeliest leaves it alone", keepTopP(p, 0.01), [0, 1, 0, 0]],
    ["top-p stops where it is reached", keepTopP(p, 0.4), [0, 1, 0, 0]],
    ["top-p takes the one that reaches it", keepTopP(p, 0.5), [0, 4 / 7, 0, 3 / 7]],
    ["top-p 0.9 leaves out the tail", keepTopP(p, 0.85), [0, 4 / 9, 2 / 9, 3 / 9]],
    ["top-p 1 leaves all", keepTopP(p, 1), p],
    ["top-p is a share, whatever the sum", keepTopP([1, 4, 2, 3], 0.5), [0, 4 / 7, 0, 3 / 7]],
    ["top-p takes the lower ids of equal ones", keepTopP([0.25, 0.25, 0.25, 0.25], 0.5), [0.5, 0.5, 0, 0]],
    ["min-p 0 leaves all", keepMinP(p, 0), p],
    ["min-p is a share of the likeliest", keepMinP(p, 0.5), [0, 4 / 9, 2 / 9, 3 / 9]],
    ["min-p leaves what is just as much", keepMinP([0.5, 0.25, 0.125, 0.125], 0.25), [0.5, 0.25, 0.125, 0.125]],
    ["min-p 1 leaves the likeliest, however many", keepMinP([0.4, 0.4, 0.2], 1), [0.5, 0.5, 0]],
  ])("%s", (_, left, expected) => {
    expect([...left]).toEqual(close(expected));
  });

  test("each filter works on the result of the one before: top-k, top-p, min-p", () => {
    const all = [0.05, 0.4, 0.15, 0.3, 0.1];
    const { topK, topP, minP } = { topK: 4, topP: 0.9, minP: 0.5 };
    expect([...filterProbabilities(all, { topK, topP, minP })]).toEqual([
      ...keepMinP(keepTopP(keepTopK(all, topK), topP), minP),
    ]);
    // After top-k the nucleus of 4/7 and 3/7 is one token; that of all would have been two.
    expect([...filterProbabilities(all, { topK: 2, topP: 0.55 })]).toEqual([0, 1, 0, 0, 0]);
    expect([...keepTopP(all, 0.55)].filter((x) => x > 0)).toHaveLength(2);
  });
});

describe("for any probabilities and filters", () => {
  const weights = fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 })
    .filter((all) => all.some((x) => x > 1e-9));
  const probabilities = weights.map((all) => {
    const total = all.reduce((sum, x) => sum + x);
    return all.map((x) => x / total);
  });
  const share = fc.double({ min: 0.001, max: 1, noNaN: true });
  const filters: fc.Arbitrary<Filters> = fc.record(
    { topK: fc.integer({ min: 1, max: 50 }), topP: share, minP: share },
    { requiredKeys: [] },
  );

  test("the sum is 1, the likeliest stays, and the rest keeps its proportions and ranks", () => {
    fc.assert(
      fc.property(probabilities, filters, (all, which) => {
        const left = filterProbabilities(all, which);
        const most = all.indexOf(Math.max(...all));
        const scale = (left[most] as number) / (all[most] as number);
        expect(left.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
        const least = Math.min(...all.filter((_, i) => (left[i] as number) > 0));
        for (const [i, p] of all.entries()) {
          if ((left[i] as number) > 0) expect(left[i]).toBeCloseTo(p * scale, 12);
          else expect(p).toBeLessThanOrEqual(least);
        }
      }),
    );
  });

  test("no more are left than each filter allows, and as many as it requires", () => {
    fc.assert(
      fc.property(probabilities, filters, (all, which) => {
        const { topK = Infinity, topP = 1, minP = 0 } = which;
        const count = (left: Float64Array): number => left.filter((p) => p > 0).length;
        expect(count(filterProbabilities(all, which))).toBeLessThanOrEqual(topK);
        const nucleus = keepTopP(all, topP);
        const mass = all.reduce((sum, p, i) => sum + ((nucleus[i] as number) > 0 ? p : 0), 0);
        expect(mass).toBeGreaterThanOrEqual(topP - 1e-12);
        // Without the least of them the sum would be too small.
        const least = Math.min(...all.filter((_, i) => (nucleus[i] as number) > 0));
        if (count(nucleus) > 1) expect(mass - least).toBeLessThan(topP + 1e-12);
        const left = keepMinP(all, minP);
        for (const [i, p] of all.entries())
          if (p >= minP * Math.max(...all))
            expect(left[i]).toBeCloseTo(p / all.reduce((s, q, j) => s + ((left[j] as number) > 0 ? q : 0), 0), 12);
      }),
    );
  });

  test("top-k 1 takes the first of the largest", () => {
    fc.assert(
      fc.property(probabilities, (all) => {
        const left = [...keepTopK(all, 1)];
        expect(left).toEqual(all.map((_, i) => (i === all.indexOf(Math.max(...all)) ? 1 : 0)));
      }),
    );
  });
});

describe("the repetition penalty", () => {
  test.each<[what: string, logits: readonly number[], tokens: readonly number[], penalty: number, expected: number[]]>([
    ["divides what is above 0 and multiplies what is below", [2, -2, 3, -3], [0, 1], 2, [1, -4, 3, -3]],
    ["leaves 0 as it is", [0, 1], [0], 5, [0, 1]],
    ["does not count", [2, 1], [0, 0, 0], 2, [1, 1]],
    ["of 1 changes nothing", [2, -1, 0.3], [0, 1, 2], 1, [2, -1, 0.3]],
    ["below 1 is a reward", [2, -2], [0, 1], 0.5, [4, -1]],
    ["without tokens changes nothing", [2, -1], [], 3, [2, -1]],
    ["leaves what is impossible so", [-Infinity, 1], [0], 2, [-Infinity, 1]],
  ])("%s", (_, logits, tokens, penalty, expected) => {
    expect([...penalizeRepetition(logits, tokens, penalty)]).toEqual(expected);
  });

  test("above 1 never makes a token likelier, and does not change other tokens", () => {
    const logits = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(logits, fc.array(fc.nat(19)), fc.double({ min: 1, max: 10, noNaN: true }), (all, ids, penalty) => {
        const tokens = ids.filter((id) => id < all.length);
        const before = [...all];
        penalizeRepetition(all, tokens, penalty).forEach((x, i) => {
          if (tokens.includes(i)) expect(x).toBeLessThanOrEqual(all[i] as number);
          else expect(x).toBe(all[i]);
        });
        expect(all).toEqual(before);
      }),
    );
  });
});
