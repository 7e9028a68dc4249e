/**
 * The entries that a step drops: a function of their position, so the result does not depend on which thread computes
 * it.
 */

import { knownSize } from "../tensor/fit.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { hash24 } from "../util/hash.ts";

/** The key of a step's rows: row r, counted over the whole step, has the key hash24(stepKey, r). */
export function stepKey(seed: number, step: number): number {
  return hash24(hash24(seed, Math.floor(seed / 2 ** 24)), step);
}

/** The `drop` of a Context, for one call of gpt() on rows with these keys (R). Each call site has its own mask. */
export function dropping<X extends Tensor<X>>(keys: X, rate: number): (x: X) => X {
  let place = 0;
  return (x) => dropout(x, keys.reshape(-1, 1).hash(place++), rate);
}

/**
 * x (R, C) with a random share `rate` of its entries set to 0, and the others scaled so that the mean stays. The keys
 * (R, 1), whole numbers below 2^24, select them: entry (r, c) is dropped if hash(keys[r], c) < rate · 2^24. (Srivastava
 * et al. 2014, jmlr.org/papers/v15/srivastava14a.html)
 */
export function dropout<T extends Tensor<T>>(x: T, keys: T, rate: number): T {
  const columns = Array.from({ length: knownSize("dropout", x.shape, -1) }, (_, c) => c);
  const lowest = Math.ceil(rate * 2 ** 24); // of the hashes that are kept
  const stays = keys
    .hash(x.constant([columns.length], columns))
    .sub(lowest - 1)
    .step(); // (R, C)
  return x.mul(stays.mul(1 / (1 - rate)));
}
