import type { Random } from "../util/random.ts";
import { type Shape, sizeOf } from "../util/shape.ts";
import type { GPTConfig } from "./config.ts";
import { mapParams, type Param, paramRows, type StateDict } from "./params.ts";

/** Fresh weights, made by `make` from shape and row-major numbers, in the order of the table of parameters. */
export function initParams<T>(
  config: GPTConfig,
  random: Random,
  make: (shape: Shape, data: Float64Array) => T,
): StateDict<T> {
  return mapParams(paramRows(config), ({ shape, init }) =>
    make(shape, drawn(init, random, new Float64Array(sizeOf(shape)))),
  );
}

/**
 * The array, filled with a weight's initial numbers. A weight that starts at 0 instead of being drawn from N(0,
 * initStd²) still draws (microgpt.py's std=0).
 */
export function drawn<N extends Float32Array | Float64Array>(init: Param["init"], random: Random, numbers: N): N {
  if ("std" in init) random.fillGauss(numbers, init.std);
  else numbers.fill(init.fill);
  return numbers;
}
