/**
 * The layers of a GPT as compositions of tensor operations. T and S time (of queries, of keys), D channels of a head,
 * V vocabulary.
 */

import { quotient } from "../util/dim.ts";
import { knownSize } from "./fit.ts";
import type { Tensor } from "./tensor.ts";

/** x (..., I) through a weight matrix (O, I), plus a bias (O) if there is one: (..., O). */
export function linear<T extends Tensor<T>>(x: T, weight: T, bias?: T): T {
  const product = x.matmul(weight.transpose(0, 1));
  return bias === undefined ? product : product.add(bias);
}

/** Scales each row (C) to a mean square of 1, then by a gain (C) if there is one. (Zhang and Sennrich 2019, arXiv:1910.07467) */
export function rmsnorm<T extends Tensor<T>>(x: T, eps = 1e-5, gain?: T): T {
  const meanSquare = x.mul(x).mean(-1); // (..., 1)
  const scaled = x.mul(meanSquare.add(eps).pow(-0.5));
  return gain === undefined ? scaled : scaled.mul(gain);
}

/** Shifts each row (C) to mean 0, then as rmsnorm, plus a bias (C) if there is one. (Ba et al. 2016, arXiv:1607.06450) */
export function layernorm<T extends Tensor<T>>(x: T, eps = 1e-5, gain?: T, bias?: T): T {
  const scaled = rmsnorm(x.sub(x.mean(-1)), eps, gain);
  return bias === undefined ? scaled : scaled.add(bias);
}

/** Positive numbers along the last axis that sum to 1. The maximum is subtracted first so that exp cannot overflow. */
export function softmax<T extends Tensor<T>>(x: T): T {
  const exps = x.sub(x.max(-1).detach()).exp();
  return exps.div(exps.sum(-1));
}

/**
 * -log softmax(logits)[target] at each position: logits (..., V), targets (...), the losses (...). As log(sum(exp))
 * minus the target's logit, so that a tiny probability does not become log(0).
 */
export function crossEntropy<T extends Tensor<T>>(logits: T, targets: T): T {
  const shifted = logits.sub(logits.max(-1).detach());
  const logSumExp = shifted.exp().sum(-1).log(); // (..., 1)
  return logSumExp.reshape(...targets.shape).sub(shifted.gather(targets));
}

/** The attention of each query to each key, softmax(q · k / √D); a row sums to 1. q (..., T, D), k (..., S, D): (..., T, S). */
export function attentionWeights<T extends Tensor<T>>(q: T, k: T): T {
  const headDim = knownSize("attention", q.shape, -1);
  return softmax(q.matmul(k.transpose(-2, -1)).div(Math.sqrt(headDim)));
}

/**
 * Scaled dot-product attention: each query mixes the values by its weights. q (..., T, D), k and v (..., S, D):
 * (..., T, D). (Vaswani et al. 2017) The operation `attention` is this, row by row.
 */
export function attention<T extends Tensor<T>>(q: T, k: T, v: T): T {
  return attentionWeights(q, k).matmul(v);
}

/** x (S, G, D) with each head repeated for the queries' heads that share it: (S, H, D). (Ainslie et al. 2023, arXiv:2305.13245) */
export function repeatHeads<T extends Tensor<T>>(x: T, heads: number): T {
  const [S = 1, G = 1, D = 1] = x.shape;
  if (G === heads) return x;
  return x.reshape(S, G, 1, D).expand(S, G, quotient(heads, G), D).reshape(S, heads, D);
}
