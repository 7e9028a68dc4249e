/** For tests: the row of the case table for one operation. */

import type fc from "fast-check";
import type { Op, OpAttrs, OpInputs } from "../../tensor/ops.ts";
import type { Numbers } from "./numbers.ts";

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

/** The rows of some operations. */
export type Specs<K extends Op> = { readonly [P in K]: Spec<P> };
