/** For tests: lists of numbers with a shape, read by coordinates. */

import type { Shape } from "../../util/shape.ts";

/** A tensor's entries, row-major. */
export interface Numbers {
  readonly shape: Shape;
  readonly data: readonly number[];
}

/** The entry of x at the last of the coordinates, each taken modulo the size: a size of 1 repeats. */
export function read({ shape, data }: Numbers, i: readonly number[]): number {
  const missing = i.length - shape.length;
  let position = 0;
  for (const [d, n] of shape.entries()) position = position * n + (entryAt(i, missing + d) % n);
  return entryAt(data, position);
}

export function entryAt(numbers: readonly number[], index: number): number {
  const n = numbers.at(index);
  if (n === undefined) throw new RangeError(`entry ${index} of ${numbers.length}`);
  return n;
}

export function coordinatesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>((all, n) => all.flatMap((i) => range(n).map((k) => [...i, k])), [[]]);
}

export const range = (n: number): number[] => Array.from({ length: n }, (_, k) => k);
export const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term);

/** The entries of x along an axis through `i`. */
export const line = (x: Numbers, axis: number, i: readonly number[]): number[] =>
  range(entryAt(x.shape, axis)).map((k) => read(x, i.with(axis, k)));
