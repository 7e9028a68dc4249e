import type { Random } from "../util/random.ts";
import { type Shape, sizeOf } from "../util/shape.ts";
import type { GPTConfig } from "./config.ts";
import { mapParams, paramRows, type StateDict } from "./params.ts";

/**
 * Fresh weights, made by `make` from shape and row-major numbers, in the order of the table of parameters. A weight
 * that starts at 0 instead of being drawn from N(0, initStd²) still draws (microgpt.py's std=0).
 */
export function initParams<T>(
  config: GPTConfig,
  random: Random,
  make: (shape: Shape, data: Float64Array) => T,
): StateDict<T> {
  return mapParams(paramRows(config), ({ shape, init }) => {
    const first = "std" in init ? () => random.gauss(0, init.std) : () => init.fill;
    return make(shape, Float64Array.from({ length: sizeOf(shape) }, first));
  });
}
