/** All weights in one vector, and back. */

import type { GPTConfig } from "../model/config.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { sizeOf } from "../util/shape.ts";
import type { Weights } from "./engine.ts";

/** All weights in one vector, in the documented order, as float32. */
export function flatten(weights: Weights): Float32Array {
  const parts = namedParams(weights).map(([, part]) => part);
  const flat = new Float32Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts) {
    flat.set(part, offset);
    offset += part.length;
  }
  return flat;
}

/** The inverse: copies. */
export function unflatten(flat: Float32Array, config: GPTConfig): Weights {
  let offset = 0;
  return mapParams(paramShapes(config), (shape) => {
    const size = sizeOf(shape);
    offset += size;
    return flat.slice(offset - size, offset);
  });
}
