import type { Tensor } from "../tensor/tensor.ts";
import { known } from "../util/dim.ts";

/** The keys and values of one document's tokens so far, so that each new token is computed once. */
export class KVCache<X extends Tensor<X>> {
  readonly #layers: (readonly [k: X, v: X])[] = [];

  /** Number of tokens seen. */
  get length(): number {
    return known(this.#layers[0]?.[0].shape[0] ?? 0);
  }

  /** Adds a layer's new keys and values (R, H, D) and returns all of them (S, H, D): `remember` of a Context. */
  remember(layer: number, k: X, v: X): readonly [k: X, v: X] {
    const seen = this.#layers[layer];
    const all: readonly [X, X] = seen === undefined ? [k, v] : [seen[0].concat(0, k), seen[1].concat(0, v)];
    this.#layers[layer] = all;
    return all;
  }
}
