/** Which entries a step leaves out: a function of where they stand, so that it matters to nobody who computes what. */

import { dropout } from "../tensor/nn.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { hash24 } from "../util/hash.ts";

/** What the keys of a step's rows are made of: row r, counted over the whole step, has the key hash24(stepKey, r). */
export function stepKey(seed: number, step: number): number {
  return hash24(hash24(seed, Math.floor(seed / 2 ** 24)), step);
}

/** `drop` of a Context, for one call of gpt() on rows with these keys (R): each place that it is called at has its own mask. */
export function dropping<X extends Tensor<X>>(keys: X, rate: number): (x: X) => X {
  let place = 0;
  return (x) => dropout(x, keys.reshape(-1, 1).hash(place++), rate);
}
