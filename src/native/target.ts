/** Processors as the compiler sees them. */

import type { Target } from "../compile/target.ts";

/** The vectors of a processor's floats. */
export interface Vectors {
  readonly lanes: 4 | 8 | 16;
  readonly registers: 16 | 32;
  /** Rows of a product's tile of two vectors: its sums, an entry of A and two vectors of B fit into the registers. */
  readonly tileRows: 6 | 8;
}

export const AVX512: Vectors = { lanes: 16, registers: 32, tileRows: 8 };
export const AVX: Vectors = { lanes: 8, registers: 16, tileRows: 6 };
export const SSE: Vectors = { lanes: 4, registers: 16, tileRows: 6 };
/** Of ARM's processors. */
export const NEON: Vectors = { lanes: 4, registers: 32, tileRows: 8 };

/** The vectors of a processor with these features, as /proc/cpuinfo names them. */
export function vectorsOf(features: ReadonlySet<string>): Vectors {
  if (features.has("avx512f")) return AVX512;
  return features.has("avx") ? AVX : SSE;
}

/** Rows that a loop over rows may complete its last tile to. */
const SPARE_ROWS = 8;

export function targetOf({ lanes }: Vectors): Target {
  return {
    alignment: 64,
    vectorBytes: 4 * lanes,
    tileRows: SPARE_ROWS,
    largestExpression: 64,
    largestRepeated: 10,
    vocabularyChunk: 4096,
    cells: ["f32", "f16", "bf16", "i8"],
  };
}
