/**
 * Muon, for matrices (Keller Jordan et al. 2024, kellerjordan.github.io/posts/muon): Nesterov momentum reduced to its
 * directions, so that all singular values of a matrix's update are about 1.
 */

import type { Tensor } from "../tensor/tensor.ts";
import { knownShape } from "../util/shape.ts";
import { type Optimizer, slotOf } from "./optimizer.ts";

export interface MuonSettings {
  /** Decay of the running mean of the gradient. */
  readonly momentum: number;
  /** The learning rate in units of the run's. */
  readonly rate: number;
}

export function muon({ momentum, rate }: MuonSettings): Optimizer {
  const mixed = <T extends Tensor<T>>(mean: T, g: T): T => mean.mul(momentum).add(g.mul(1 - momentum));
  return {
    name: "muon",
    slots: ["momentum"],
    rate,
    elementwise: false,
    advance: (slots, g) => ({ momentum: mixed(slotOf(slots, "momentum"), g) }),
    move: (slots, g, { learningRate }) => {
      const [rows = 1, columns = 1] = knownShape(g.shape);
      const scale = Math.sqrt(Math.max(1, rows / columns));
      return orthogonalized(mixed(slotOf(slots, "momentum"), g))
        .mul(scale)
        .mul(learningRate);
    },
  };
}

/** Coefficients of the quintic a x + b x³ + c x⁵ that drives singular values towards 1, steepest at 0. */
const [A, B, C] = [3.4445, -4.775, 2.0315] as const;
const ITERATIONS = 5;

/** U S' Vᵀ for the matrix U S Vᵀ, with S' between 0.7 and 1.2 unless S is nearly 0: by Newton-Schulz iteration. */
export function orthogonalized<T extends Tensor<T>>(matrix: T): T {
  const [rows = 1, columns = 1] = knownShape(matrix.shape);
  const tall = rows > columns;
  const wide = tall ? matrix.transpose(0, 1) : matrix;
  const norm = wide.mul(wide).sum(0).sum(1).pow(0.5); // (1, 1)
  let x = wide.div(norm.add(1e-7)); // the largest singular value is now at most 1
  for (let i = 0; i < ITERATIONS; i++) {
    const square = x.matmul(x.transpose(0, 1));
    const odd = square.mul(B).add(square.matmul(square).mul(C));
    x = x.mul(A).add(odd.matmul(x));
  }
  return tall ? x.transpose(0, 1) : x;
}
