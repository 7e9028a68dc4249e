/**
 * For tests: random inputs of operations. Multiples of 1/4, so that zeros and ties are common and everything else is many
 * finite-difference steps apart.
 */

import fc from "fast-check";
import { type Shape, sizeOf } from "../../util/shape.ts";
import type { Numbers } from "./numbers.ts";

interface OfOne {
  readonly inputs: readonly [Numbers];
  readonly attrs: Record<never, never>;
}
interface OfTwo {
  readonly inputs: readonly [Numbers, Numbers];
  readonly attrs: Record<never, never>;
}
interface AlongAxis {
  readonly inputs: readonly [Numbers];
  readonly attrs: { readonly axis: number };
}

export const quarters: fc.Arbitrary<number> = fc.integer({ min: -8, max: 8 }).map((n) => n / 4);
/** Inputs of the hash: mostly small numbers, as counters are, and all others. */
export const counter: fc.Arbitrary<number> = fc.oneof(
  fc.nat({ max: 9 }),
  fc.nat({ max: 2 ** 24 - 1 }),
  fc.constant(2 ** 24 - 1),
);
export const positive: fc.Arbitrary<number> = fc.integer({ min: 1, max: 8 }).map((n) => n / 4);
export const size: fc.Arbitrary<number> = fc.constantFrom(1, 3, 5);
/** Longer than the vectors that a fast backend unrolls, with a remainder. */
export const long: fc.Arbitrary<number> = fc.constantFrom(17, 27);
export const short: fc.Arbitrary<number> = fc.constantFrom(1, 3);
export const shapes = (minLength: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.array(size, { minLength, maxLength: 3 }).filter((shape) => sizeOf(shape) < 100) },
    { weight: 1, arbitrary: fc.oneof(fc.tuple(long), fc.tuple(short, long), fc.tuple(long, short)) },
  );

export function filled(shape: Shape, entries: fc.Arbitrary<number> = quarters): fc.Arbitrary<Numbers> {
  const length = sizeOf(shape);
  return fc.array(entries, { minLength: length, maxLength: length }).map((data) => ({ shape, data }));
}

export const tensors = (minRank = 0, entries: fc.Arbitrary<number> = quarters): fc.Arbitrary<Numbers> =>
  shapes(minRank).chain((shape) => filled(shape, entries));

export const unary = (entries: fc.Arbitrary<number> = quarters): fc.Arbitrary<OfOne> =>
  tensors(0, entries).map((x) => ({ inputs: [x] as const, attrs: {} }));

/** A shape that broadcasts to `shape`: some of the leading sizes dropped, some of the others set to 1. */
const shrunk = (shape: Shape): fc.Arbitrary<number[]> =>
  fc
    .tuple(fc.nat({ max: shape.length }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([from, ones]) => shape.slice(from).map((n, d) => (ones[d] ? 1 : n)));

export const pairs = (minRank = 0): fc.Arbitrary<[Shape, Shape]> =>
  shapes(minRank).chain((shape) => fc.tuple(shrunk(shape), shrunk(shape)));

export const broadcasting: fc.Arbitrary<OfTwo> = pairs()
  .chain(([x, y]) => fc.tuple(filled(x), filled(y)))
  .map((inputs) => ({ inputs, attrs: {} }));

export const withAxis: fc.Arbitrary<AlongAxis> = tensors(1).chain((x) =>
  fc
    .integer({ min: -x.shape.length, max: x.shape.length - 1 })
    .map((axis) => ({ inputs: [x] as const, attrs: { axis } })),
);

export const idsBelow = (count: number): fc.Arbitrary<number> => fc.nat({ max: count - 1 });
