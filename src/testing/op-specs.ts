/**
 * For tests: each operation with random valid inputs and a definition, entry by entry, as plain and slow as possible.
 * `describeOps` compares an implementation with it.
 */

import fc from "fast-check";
import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { hash24 } from "../util/hash.ts";
import { exp, log, pow } from "../util/math.ts";
import { broadcastShapes, knownShape, type Shape, sizeOf } from "../util/shape.ts";
import { erf } from "../util/special.ts";

/** A tensor's entries, row-major. */
export interface Numbers {
  readonly shape: Shape;
  readonly data: readonly number[];
}

export interface Case<K extends Op> {
  readonly inputs: OpInputs<Numbers, K>;
  readonly attrs: OpAttrs<K>;
}

/** One operation: random valid inputs, and its meaning, entry by entry, as plain and slow as possible. */
export interface Spec<K extends Op> {
  readonly cases: fc.Arbitrary<Case<K>>;
  /** The entry of the result at coordinates `i`. */
  readonly entry: (inputs: OpInputs<Numbers, K>, attrs: OpAttrs<K>, i: readonly number[]) => number;
  /** Indices of inputs without a gradient. */
  readonly constants?: readonly number[];
  /** Piecewise linear: at a kink the slopes of the two sides differ, and elsewhere the step size does not matter. */
  readonly kinked?: true;
  /** A formula whose sums may have another order: the result may be off by its rounding. */
  readonly rounded?: true;
  /** Whole numbers, the same to the bit in float32. */
  readonly exact?: true;
  /** The reason why no gradient flows through, although the result is not flat. */
  readonly noGradient?: string;
}

// Random inputs. Multiples of 1/4, so that zeros and ties are common and everything else is many finite-difference
// steps apart.

export const quarters: fc.Arbitrary<number> = fc.integer({ min: -8, max: 8 }).map((n) => n / 4);
/** Inputs of the hash: mostly small numbers, as counters are, and all others. */
const counter = fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 2 ** 24 - 1 }), fc.constant(2 ** 24 - 1));
const positive = fc.integer({ min: 1, max: 8 }).map((n) => n / 4);
const size = fc.constantFrom(1, 3, 5);
/** Longer than the vectors that a fast backend unrolls, with a remainder. */
const long = fc.constantFrom(17, 27);
const short = fc.constantFrom(1, 3);
const shapes = (minLength: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.array(size, { minLength, maxLength: 3 }).filter((shape) => sizeOf(shape) < 100) },
    { weight: 1, arbitrary: fc.oneof(fc.tuple(long), fc.tuple(short, long), fc.tuple(long, short)) },
  );

function filled(shape: Shape, entries: fc.Arbitrary<number> = quarters): fc.Arbitrary<Numbers> {
  const length = sizeOf(shape);
  return fc.array(entries, { minLength: length, maxLength: length }).map((data) => ({ shape, data }));
}

const tensors = (minRank = 0, entries = quarters): fc.Arbitrary<Numbers> =>
  shapes(minRank).chain((shape) => filled(shape, entries));

const unary = (entries = quarters) => tensors(0, entries).map((x) => ({ inputs: [x] as const, attrs: {} }));

/** A shape that broadcasts to `shape`: some of the leading sizes dropped, some of the others set to 1. */
const shrunk = (shape: Shape): fc.Arbitrary<number[]> =>
  fc
    .tuple(fc.nat({ max: shape.length }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([from, ones]) => shape.slice(from).map((n, d) => (ones[d] ? 1 : n)));

const pairs = (minRank = 0): fc.Arbitrary<[Shape, Shape]> =>
  shapes(minRank).chain((shape) => fc.tuple(shrunk(shape), shrunk(shape)));

const broadcasting = pairs()
  .chain(([x, y]) => fc.tuple(filled(x), filled(y)))
  .map((inputs) => ({ inputs, attrs: {} }));

const withAxis = tensors(1).chain((x) =>
  fc
    .integer({ min: -x.shape.length, max: x.shape.length - 1 })
    .map((axis) => ({ inputs: [x] as const, attrs: { axis } })),
);

const idsBelow = (count: number): fc.Arbitrary<number> => fc.nat({ max: count - 1 });

// Reading by coordinates.

/** The entry of x at the last of the coordinates, each taken modulo the size: a size of 1 repeats. */
function read({ shape, data }: Numbers, i: readonly number[]): number {
  const missing = i.length - shape.length;
  let position = 0;
  shape.forEach((n, d) => {
    position = position * n + (entryAt(i, missing + d) % n);
  });
  return entryAt(data, position);
}

function entryAt(numbers: readonly number[], index: number): number {
  const n = numbers.at(index);
  if (n === undefined) throw new RangeError(`entry ${index} of ${numbers.length}`);
  return n;
}

export function coordinatesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>((all, n) => all.flatMap((i) => range(n).map((k) => [...i, k])), [[]]);
}

const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
export const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term);

/** The entries of x along an axis through `i`. */
const line = (x: Numbers, axis: number, i: readonly number[]): number[] =>
  range(entryAt(x.shape, axis)).map((k) => read(x, i.with(axis, k)));

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
  return new Map(seen.map((j, i) => [j, entryAt(exps, i) / sum(exps)]));
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

const classifying = fc
  .tuple(size, size, size, fc.constantFrom(0, 2))
  .chain(([R, C, V, cap]) =>
    fc.tuple(fc.tuple(filled([R, C]), filled([V, C]), filled([R], idsBelow(V))), fc.constant(cap)),
  );

/** The logits of row r, held within ± cap unless that is 0. */
function logitsOf(x: Numbers, weight: Numbers, cap: number, r: number): number[] {
  const channels = range(entryAt(x.shape, 1));
  const logits = range(entryAt(weight.shape, 0)).map((v) =>
    sum(channels.map((c) => read(x, [r, c]) * read(weight, [v, c]))),
  );
  return cap === 0 ? logits : logits.map((logit) => cap * Math.tanh(logit / cap));
}

export const specs: { readonly [K in Op]: Spec<K> } = {
  add: { cases: broadcasting, entry: ([x, y], _, i) => read(x, i) + read(y, i) },
  mul: { cases: broadcasting, entry: ([x, y], _, i) => read(x, i) * read(y, i) },
  pow: {
    cases: fc.tuple(tensors(0, positive), fc.constantFrom(-1, -0.5, 0, 0.5, 1, 2, 3)).map(([x, exponent]) => ({
      inputs: [x],
      attrs: { exponent },
    })),
    entry: ([x], { exponent }, i) => pow(read(x, i), exponent),
  },
  sigmoid: { cases: unary(), entry: ([x], _, i) => 1 / (1 + exp(-read(x, i))), rounded: true },
  erf: { cases: unary(), entry: ([x], _, i) => erf(read(x, i)) },
  exp: { cases: unary(), entry: ([x], _, i) => exp(read(x, i)) },
  log: { cases: unary(positive), entry: ([x], _, i) => log(read(x, i)) },
  relu: { cases: unary(), entry: ([x], _, i) => Math.max(0, read(x, i)), kinked: true },
  step: { cases: unary(), entry: ([x], _, i) => (read(x, i) > 0 ? 1 : 0), constants: [0] },
  hash: {
    cases: pairs()
      .chain(([x, y]) => fc.tuple(filled(x, counter), filled(y, counter)))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([x, y], _, i) => hash24(read(x, i), read(y, i)),
    constants: [0, 1],
    exact: true,
  },
  detach: { cases: unary(), entry: ([x], _, i) => read(x, i), constants: [0] },
  sum: { cases: withAxis, entry: ([x], { axis }, i) => sum(line(x, axis, i)) },
  max: { cases: withAxis, entry: ([x], { axis }, i) => Math.max(...line(x, axis, i)), kinked: true },
  matmul: {
    cases: fc
      .oneof(
        fc.tuple(pairs(), short, size, short),
        fc.tuple(fc.constant([[], []]), long, short, short),
        fc.tuple(fc.constant([[], []]), short, size, long),
        fc.tuple(fc.constant([[], []]), size, long, short),
      )
      .chain(([[x, y], m, k, n]) => fc.tuple(filled([...x.slice(-2), m, k]), filled([...y.slice(-2), k, n])))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([x, y], _, i) => {
      const [batch, m, n] = [i.slice(0, -2), entryAt(i, -2), entryAt(i, -1)];
      return sum(range(entryAt(x.shape, -1)).map((k) => read(x, [...batch, m, k]) * read(y, [...batch, k, n])));
    },
  },
  reshape: {
    cases: tensors().chain((x) =>
      fc
        .tuple(fc.shuffledSubarray([...x.shape, 1], { minLength: x.shape.length + 1 }), fc.nat({ max: 2 }))
        .map(([sizes, cut]) => ({ inputs: [x], attrs: { shape: [sizeOf(sizes.slice(0, cut)), ...sizes.slice(cut)] } })),
    ),
    entry: ([x], { shape }, i) => read({ shape: knownShape(shape), data: x.data }, i),
  },
  permute: {
    cases: tensors().chain((x) =>
      fc
        .shuffledSubarray(range(x.shape.length), { minLength: x.shape.length })
        .map((axes) => ({ inputs: [x], attrs: { axes } })),
    ),
    entry: ([x], { axes }, i) =>
      read(
        x,
        range(axes.length).map((d) => entryAt(i, axes.indexOf(d))),
      ),
  },
  expand: {
    cases: pairs().chain(([x, y]) =>
      filled(x).map((tensor) => ({ inputs: [tensor] as const, attrs: { shape: broadcastShapes(x, y) ?? [] } })),
    ),
    entry: ([x], _, i) => read(x, i),
  },
  slice: {
    cases: withAxis.chain(({ inputs, attrs: { axis } }) =>
      fc
        .uniqueArray(fc.nat({ max: entryAt(inputs[0].shape, axis) }), { minLength: 2, maxLength: 2 })
        .map(([a = 0, b = 0]) => ({ inputs, attrs: { axis, start: Math.min(a, b), end: Math.max(a, b) } })),
    ),
    entry: ([x], { axis, start }, i) => read(x, i.with(axis, entryAt(i, axis) + start)),
  },
  concat: {
    cases: withAxis.chain(({ inputs: [{ shape }], attrs }) =>
      fc
        .array(
          size.chain((length) => filled(shape.with(attrs.axis, length))),
          { minLength: 1, maxLength: 3 },
        )
        .map((inputs) => ({ inputs, attrs })),
    ),
    entry: (inputs, { axis }, i) => {
      let k = entryAt(i, axis);
      const owner = inputs.find(({ shape }) => {
        const inside = k < entryAt(shape, axis);
        if (!inside) k -= entryAt(shape, axis);
        return inside;
      });
      return owner === undefined ? Number.NaN : read(owner, i.with(axis, k));
    },
  },
  embedding: {
    cases: fc
      .tuple(size, size, shapes(0))
      .chain(([V, C, shape]) => fc.tuple(filled([V, C]), filled(shape.slice(1), idsBelow(V))))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([table, ids], _, i) => read(table, [read(ids, i.slice(0, -1)), entryAt(i, -1)]),
    constants: [1],
  },
  scatter: {
    cases: fc
      .tuple(size, tensors(1))
      .chain(([rows, x]) =>
        fc.tuple(fc.constant(x), filled(x.shape.slice(0, -1), idsBelow(rows)), fc.constant({ rows })),
      )
      .map(([x, ids, attrs]) => ({ inputs: [x, ids], attrs })),
    entry: ([x, ids], _, [row = 0, c = 0]) =>
      sum([0, ...coordinatesOf(ids.shape).flatMap((i) => (read(ids, i) === row ? [read(x, [...i, c])] : []))]),
    constants: [1],
  },
  oneHot: {
    cases: fc
      .tuple(size, shapes(0))
      .chain(([V, shape]) => filled(shape, idsBelow(V)).map((ids) => ({ inputs: [ids] as const, attrs: { size: V } }))),
    entry: ([ids], _, i) => (read(ids, i.slice(0, -1)) === entryAt(i, -1) ? 1 : 0),
    constants: [0],
  },
  gather: {
    cases: tensors(1)
      .chain((x) => fc.tuple(fc.constant(x), filled(x.shape.slice(0, -1), idsBelow(entryAt(x.shape, -1)))))
      .map((inputs) => ({ inputs, attrs: {} })),
    entry: ([x, ids], _, i) => read(x, [...i, read(ids, i)]),
    constants: [1],
  },
  put: {
    cases: tensors(1)
      .chain((table) => {
        const N = entryAt(table.shape, 0);
        return fc.tuple(fc.constant(table), fc.shuffledSubarray(range(N), { minLength: 1 }));
      })
      .chain(([table, data]) =>
        filled(table.shape.with(0, data.length)).map((rows) => ({
          inputs: [table, { shape: [data.length], data }, rows] as const,
          attrs: {},
        })),
      ),
    entry: ([table, ids, rows], _, [n = 0, ...i]) => {
      const row = ids.data.indexOf(n);
      return row === -1 ? read(table, [n, ...i]) : read(rows, [row, ...i]);
    },
    constants: [1],
  },
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
  linearCrossEntropy: {
    cases: classifying.map(([inputs, cap]) => ({ inputs, attrs: { cap } })),
    entry: ([x, weight, targets], { cap }, [r = 0]) => {
      const logits = logitsOf(x, weight, cap, r);
      return log(sum(logits.map((logit) => exp(logit)))) - entryAt(logits, read(targets, [r]));
    },
    constants: [2],
    rounded: true,
  },
  linearCrossEntropyGrad: {
    cases: classifying
      .chain(([inputs, cap]) =>
        fc.tuple(fc.constant(inputs), fc.constant(cap), filled(inputs[2].shape), fc.constantFrom("x", "weight")),
      )
      .map(([[x, weight, targets], cap, g, of]) => {
        const data = range(targets.data.length).map((r) =>
          specs.linearCrossEntropy.entry([x, weight, targets], { cap }, [r]),
        );
        return { inputs: [x, weight, targets, { shape: targets.shape, data }, g] as const, attrs: { cap, of } };
      }),
    entry: ([x, weight, targets, , g], { cap, of }, [row = 0, c = 0]) => {
      const slope = (r: number, v: number): number => {
        const logits = logitsOf(x, weight, cap, r);
        const share = exp(entryAt(logits, v)) / sum(logits.map((logit) => exp(logit)));
        const held = cap === 0 ? 1 : 1 - (entryAt(logits, v) / cap) ** 2;
        return (share - (read(targets, [r]) === v ? 1 : 0)) * held * read(g, [r]);
      };
      const [rows, tokens] = [range(entryAt(x.shape, 0)), range(entryAt(weight.shape, 0))];
      if (of === "x") return sum(tokens.map((v) => slope(row, v) * read(weight, [v, c])));
      return sum(rows.map((r) => slope(r, row) * read(x, [r, c])));
    },
    rounded: true,
    noGradient: "second derivatives of it are not available",
  },
};
