/** Processors as the compiler sees them. */

import type { Target } from "../compile/target.ts";

/** The vectors of a processor's floats. */
export interface Vectors {
  readonly lanes: 4 | 8 | 16;
  /** Rows of a matrix product's tile, which is two vectors wide: its sums, an entry of A and two vectors of B fit into registers. */
  readonly tileRows: 6 | 8;
}

/** AVX-512, AVX, and vectors of 128 bits as of SSE and NEON. */
export const AVX512: Vectors = { lanes: 16, tileRows: 8 };
export const AVX: Vectors = { lanes: 8, tileRows: 6 };
export const SSE: Vectors = { lanes: 4, tileRows: 6 };

/** The vectors of a processor with these features, as /proc/cpuinfo names them. */
export function vectorsOf(features: ReadonlySet<string>): Vectors {
  if (features.has("avx512f")) return AVX512;
  return features.has("avx") ? AVX : SSE;
}

export function targetOf({ lanes, tileRows }: Vectors): Target {
  return {
    alignment: 64,
    vectorBytes: 4 * lanes,
    tileRows,
    largestExpression: 64,
    largestRepeated: 10,
    vocabularyChunk: 4096,
    cells: ["f32"],
  };
}
