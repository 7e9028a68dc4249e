import type { Target } from "../../compile/target.ts";

/** WebAssembly with vectors of 128 bits. The limits were measured. */
export const SIMD128: Target = {
  alignment: 64,
  vectorBytes: 16,
  tileRows: 4,
  largestExpression: 48,
  largestRepeated: 10,
  vocabularyChunk: 4096,
  cells: ["f32"],
};
