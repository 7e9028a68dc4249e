/** Cross entropy of a linear layer whose vocabulary is large: the operation, and what it means. */

import { softcap } from "./activations.ts";
import { knownSize } from "./fit.ts";
import { crossEntropy, linear, softmax } from "./nn.ts";
import type { Tensor } from "./tensor.ts";

/** The logits of rows x (R, C) by a table of tokens (V, C), held within ± cap unless that is 0: (R, V). */
export function cappedLogits<T extends Tensor<T>>(x: T, weight: T, cap: number): T {
  const logits = linear(x, weight);
  return cap === 0 ? logits : softcap(logits, cap);
}

/**
 * The losses (R) of rows x (R, C) by a table of tokens (V, C) and targets (R), as one operation: the compiler never
 * holds the logits whole. cap: see `cappedLogits`.
 */
export function linearCrossEntropy<T extends Tensor<T>>(x: T, weight: T, targets: T, cap = 0): T {
  return x.apply("linearCrossEntropy", [x, weight, targets], { cap });
}

/** The definition of `linearCrossEntropy`. */
export function lossesByDefinition<T extends Tensor<T>>(x: T, weight: T, targets: T, cap: number): T {
  return crossEntropy(cappedLogits(x, weight, cap), targets);
}

/** The gradient of the sum of g (R) times the losses, towards x or the weight. */
export function gradientByDefinition<T extends Tensor<T>>(
  { x, weight, targets, g }: { readonly x: T; readonly weight: T; readonly targets: T; readonly g: T },
  cap: number,
  of: "x" | "weight",
): T {
  const logits = cappedLogits(x, weight, cap); // (R, V)
  const tokens = targets.oneHot(knownSize("crossEntropy", logits.shape, -1));
  const d = softmax(logits)
    .sub(tokens)
    .mul(g.reshape(...g.shape, 1));
  const slope = cap === 0 ? d : d.mul(capSlope(logits, cap));
  return of === "x" ? slope.matmul(weight) : slope.transpose(0, 1).matmul(x);
}

/** The slope of softcap where it has come to y: 1 - (y / cap)². */
export function capSlope<T extends Tensor<T>>(y: T, cap: number): T {
  return y.div(cap).pow(2).neg().add(1);
}
