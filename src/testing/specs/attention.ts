/** For tests: attention and its gradient. */

import fc from "fast-check";
import type { OpInputs } from "../../tensor/ops.ts";
import { exp } from "../../util/math.ts";
import { filled, short, size } from "./inputs.ts";
import { entryAt, type Numbers, range, read, sum } from "./numbers.ts";
import type { Specs } from "./spec.ts";

/** Queries, keys and values, and the range of keys of each row; H and D are small, so that softmax is not one-sided. */
const attending = fc
  .tuple(size, size, short, fc.constantFrom(1, 1, 2), short)
  .chain(([R, S, G, shared, D]) =>
    fc.tuple(
      fc.tuple(filled([R, G * shared, D]), filled([S, G, D]), filled([S, G, D])),
      fc.array(fc.uniqueArray(fc.nat({ max: S }), { minLength: 2, maxLength: 2 }), { minLength: R, maxLength: R }),
    ),
  )
  .map(([[q, k, v], ranges]) => {
    const starts = { shape: [ranges.length], data: ranges.map((range) => Math.min(...range)) };
    const ends = { shape: [ranges.length], data: ranges.map((range) => Math.max(...range)) };
    return [q, k, v, starts, ends] as const;
  });

/** The head of keys and values for head h of the queries. */
function sharedHead(q: Numbers, k: Numbers, h: number): number {
  return Math.floor((h * entryAt(k.shape, 1)) / entryAt(q.shape, 1));
}

/** The rows that row r sees, and its head h's attention to each. */
function sharesOf([q, k, , starts, ends]: OpInputs<Numbers, "attention">, r: number, h: number): Map<number, number> {
  const channels = range(entryAt(q.shape, 2));
  const seen = range(read(ends, [r]) - read(starts, [r])).map((j) => j + read(starts, [r]));
  const score = (j: number): number =>
    sum(channels.map((d) => read(q, [r, h, d]) * read(k, [j, sharedHead(q, k, h), d])));
  const exps = seen.map((j) => exp(score(j) / Math.sqrt(channels.length)));
  const total = sum([0, ...exps]);
  return new Map(seen.map((j, i) => [j, entryAt(exps, i) / total]));
}

/** The derivative of Σ g · attention with respect to the score of row r and head h for row j: p (dp - Σ p dp). */
function slopeOfScore(inputs: OpInputs<Numbers, "attentionGrad">, r: number, h: number, j: number): number {
  const [q, k, v, starts, ends, g] = inputs;
  const shares = sharesOf([q, k, v, starts, ends], r, h);
  const slope = (at: number): number =>
    sum(range(entryAt(q.shape, 2)).map((d) => read(g, [r, h, d]) * read(v, [at, sharedHead(q, v, h), d])));
  const mean = sum([...shares].map(([at, share]) => share * slope(at)));
  return (shares.get(j) ?? 0) * (slope(j) - mean);
}

export const attention: Specs<"attention" | "attentionGrad"> = {
  attention: {
    cases: attending.map((inputs) => ({ inputs, attrs: {} })),
    entry: (inputs, _, [r = 0, h = 0, d = 0]) =>
      sum(
        [...sharesOf(inputs, r, h)].map(
          ([j, share]) => share * read(inputs[2], [j, sharedHead(inputs[0], inputs[2], h), d]),
        ),
      ),
    constants: [3, 4],
    rounded: true,
  },
  attentionGrad: {
    cases: attending
      .chain((inputs) => fc.tuple(fc.constant(inputs), filled(inputs[0].shape), fc.constantFrom("q", "k", "v")))
      .map(([inputs, g, of]) => ({ inputs: [...inputs, g] as const, attrs: { of } })),
    entry: (inputs, { of }, [row = 0, h = 0, d = 0]) => {
      const [q, k, v, starts, ends, g] = inputs;
      const root = Math.sqrt(entryAt(q.shape, 2));
      const [queries, keys] = [range(entryAt(q.shape, 0)), range(entryAt(k.shape, 0))];
      const key = (j: number): number => read(k, [j, sharedHead(q, k, h), d]);
      if (of === "q") return sum(keys.map((j) => slopeOfScore(inputs, row, h, j) * key(j))) / root;
      const sharing = range(entryAt(q.shape, 1)).filter((head) => sharedHead(q, k, head) === h);
      const all = queries.flatMap((r) => sharing.map((head) => [r, head] as const));
      if (of === "k") return sum(all.map(([r, i]) => slopeOfScore(inputs, r, i, row) * read(q, [r, i, d]))) / root;
      const share = (r: number, head: number): number => sharesOf([q, k, v, starts, ends], r, head).get(row) ?? 0;
      return sum(all.map(([r, head]) => share(r, head) * read(g, [r, head, d])));
    },
    rounded: true,
    noGradient: "second derivatives of attention are not available",
  },
};
