/**
 * The layers of a GPT as compositions of tensor operations. B batch, T time, C channels, V vocabulary.
 */

import type { Tensor } from "./tensor.ts";

/** x (..., I) through a weight matrix (O, I) without bias: (..., O). */
export function linear<T extends Tensor<T>>(x: T, weight: T): T {
  return x.matmul(weight.transpose(0, 1));
}

/** Scales each row to a mean square of 1; no learned gain. (Zhang and Sennrich 2019, arXiv:1910.07467) */
export function rmsnorm<T extends Tensor<T>>(x: T, eps = 1e-5): T {
  const meanSquare = x.mul(x).mean(-1); // (..., 1)
  return x.mul(meanSquare.add(eps).pow(-0.5));
}

/** Positive numbers along the last axis that sum to 1. The maximum is taken off first so that exp cannot overflow. */
export function softmax<T extends Tensor<T>>(x: T): T {
  const exps = x.sub(x.max(-1).detach()).exp();
  return exps.div(exps.sum(-1));
}

/**
 * The mean of -log softmax(logits)[target] over all positions: logits (..., V), targets (...), a number (shape []).
 * As log(sum(exp)) minus the target's logit, so that a tiny probability does not become log(0).
 */
export function crossEntropy<T extends Tensor<T>>(logits: T, targets: T): T {
  const shifted = logits.sub(logits.max(-1).detach());
  const logSumExp = shifted
    .exp()
    .sum(-1)
    .log()
    .reshape(...targets.shape);
  const losses = logSumExp.sub(shifted.gather(targets)); // (...), one for each position
  return losses.reshape(-1).mean(0).reshape();
}

/**
 * Lets each of the last T of S positions see itself and what is before it: (T, S) with 0 where it may look and
 * -Infinity, which softmax turns into 0, where it may not.
 */
export function causalMask(T: number, S: number): number[] {
  const past = S - T;
  return Array.from({ length: T * S }, (_, i) => (i % S <= past + Math.floor(i / S) ? 0 : -Infinity));
}

/**
 * Scaled dot-product attention: each query mixes the values of the positions it may see.
 * q (..., T, D), k and v (..., S, D), mask (T, S) added to the scores: (..., T, D). (Vaswani et al. 2017)
 */
export function attention<T extends Tensor<T>>(q: T, k: T, v: T, mask: T): T {
  const headDim = q.shape.at(-1) ?? 1;
  const scores = q.matmul(k.transpose(-2, -1)).div(headDim ** 0.5); // (..., T, S)
  return softmax(scores.add(mask)).matmul(v);
}
