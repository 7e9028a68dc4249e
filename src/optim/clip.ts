import type { Tensor } from "../tensor/tensor.ts";

/**
 * A gradient, or part of one, times min(1, gradClip / norm), where `norm` is that of the whole. A gradClip of 0 leaves
 * it unchanged. (Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063)
 */
export function clipped<T extends Tensor<T>>(gradient: T, norm: T, gradClip: number): T {
  if (gradClip === 0) return gradient;
  const ratio = norm.add(1e-6).pow(-1).mul(gradClip);
  return gradient.mul(ratio.sub(1).neg().relu().neg().add(1)); // 1 - relu(1 - ratio)
}
