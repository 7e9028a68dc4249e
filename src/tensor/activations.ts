/** The non-linearities of a GPT, as compositions of tensor operations, entry by entry. */

import type { Tensor } from "./tensor.ts";

/** x times the probability that a normal random number is below x. (Hendrycks and Gimpel 2016, arXiv:1606.08415) */
export function gelu<T extends Tensor<T>>(x: T): T {
  return x.mul(x.mul(Math.SQRT1_2).erf().add(1).mul(0.5));
}

/** GPT-2's approximation of gelu: x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³))). */
export function geluTanh<T extends Tensor<T>>(x: T): T {
  const inner = x
    .mul(x)
    .mul(0.044715)
    .add(1)
    .mul(x)
    .mul(Math.sqrt(2 / Math.PI));
  return x.mul(inner.mul(2).sigmoid());
}

/** x · sigmoid(x): the gate of SwiGLU. (Shazeer 2020, arXiv:2002.05202) */
export function silu<T extends Tensor<T>>(x: T): T {
  return x.mul(x.sigmoid());
}

/** Limits x to ± cap: cap · tanh(x / cap). (Gemma 2, arXiv:2408.00118) */
export function softcap<T extends Tensor<T>>(x: T, cap: number): T {
  return x
    .mul(2 / cap)
    .sigmoid()
    .mul(2)
    .sub(1)
    .mul(cap);
}

type Activation = <X extends Tensor<X>>(x: X) => X;

/** The non-linearity after an MLP's first matrix, by the name of the MLP. */
export const activations: Readonly<Record<"relu" | "relu2" | "gelu" | "gelu_tanh" | "swiglu", Activation>> = {
  relu: (x) => x.relu(),
  relu2: (x) => x.relu().pow(2),
  gelu,
  gelu_tanh: geluTanh,
  swiglu: silu,
};
