import type { Random } from "../util/random.ts";
import { type Shape, sizeOf } from "../util/shape.ts";
import { type GPTConfig, mapParams, paramShapes, type StateDict } from "./config.ts";

/** The weights that start at 0 under `zeroInit`: those which write into the residual stream. */
const RESIDUAL = /\.(attn_wo|mlp_fc2)$/;

/**
 * Fresh weights, made into whatever `make` makes of shape and row-major numbers. Drawn from N(0, initStd²) in the order
 * of the state dict; a weight that starts at 0 draws all the same, so that the next ones do not shift (microgpt.py's
 * std=0).
 */
export function initParams<T>(
  config: GPTConfig,
  random: Random,
  make: (shape: Shape, data: Float64Array) => T,
): StateDict<T> {
  return mapParams(paramShapes(config), (shape, name) => {
    const std = config.zeroInit && RESIDUAL.test(name) ? 0 : config.initStd;
    const data = Float64Array.from({ length: sizeOf(shape) }, () => random.gauss(0, std));
    return make(shape, data);
  });
}
