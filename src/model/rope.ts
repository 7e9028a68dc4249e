import { knownSize } from "../tensor/fit.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cosSin } from "../util/cos-sin.ts";
import { pow } from "../util/math.ts";
import { type Architecture, headDim } from "./config.ts";

/**
 * Cosines and sines (R, 1, D/2) of the angles by which RoPE rotates heads at these positions (R): position · θ^(-2d/D)
 * for the pair d, looked up in tables for all positions of the context.
 */
export function rotations<X extends Tensor<X>>(positions: X, config: Architecture): readonly [cos: X, sin: X] {
  const { blockSize, ropeTheta } = config;
  const half = headDim(config) / 2;
  const frequencies = Array.from({ length: half }, (_, d) => pow(ropeTheta, -d / half));
  const pairs = Array.from({ length: blockSize }, (_, t) => frequencies.map((f) => cosSin(withinTurn(t * f)))).flat();
  const lookUp = (numbers: readonly number[]): X =>
    positions.constant([blockSize, half], numbers).embedding(positions).reshape(-1, 1, half);
  return [lookUp(pairs.map(([cos]) => cos)), lookUp(pairs.map(([, sin]) => sin))];
}

/**
 * Rotates each pair of channels d and d + D/2 of x (R, H, D) by an angle, given its cosines and sines (R, 1, D/2).
 * (RoPE, Su et al. 2021, arXiv:2104.09864; the pairs are Llama's)
 */
export function rotate<T extends Tensor<T>>(x: T, cos: T, sin: T): T {
  const D = knownSize("rotate", x.shape, -1);
  const [a, b] = [x.slice(-1, 0, D / 2), x.slice(-1, D / 2, D)];
  return a
    .mul(cos)
    .sub(b.mul(sin))
    .concat(-1, b.mul(cos).add(a.mul(sin)));
}

/** The angle modulo whole turns, for which cosSin is fast. 2π has two parts: the double, and its remainder. */
function withinTurn(angle: number): number {
  const turns = Math.round(angle / (2 * Math.PI));
  return angle - turns * (2 * Math.PI) - turns * 2.4492935982947064e-16;
}
