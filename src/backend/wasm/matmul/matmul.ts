/**
 * Matrix products C[m, n] = Σ_k A[m, k] B[k, n] as part of a WebAssembly function. Every sum is computed by the same
 * instructions in the same order, whichever part of the work it belongs to, so results do not depend on the number of
 * threads.
 */

import type { FunctionBuilder } from "../asm/assembler.ts";
import type { Rounding } from "../asm/instructions.ts";
import { emitDots } from "./dot.ts";
import { planTiles } from "./plan.ts";
import type { MatmulShape, MatmulSpec, TileSink } from "./spec.ts";
import { emitTiles } from "./tile.ts";

// Up to this number of rows, threads split a product by its columns.
const MAX_SPLIT_ROWS = 8;

/** The axis by which threads split a product: its rows or its columns. */
export function splitAxis(shape: MatmulShape): "m" | "n" {
  return usesDots(shape) && shape.maxM <= MAX_SPLIT_ROWS ? "n" : "m";
}

/** The bytes of scratch memory that each thread needs. */
export function scratchBytes(shape: MatmulShape): number {
  return usesDots(shape) ? 0 : planTiles(shape).scratchBytes;
}

/** Emits a product into a function. */
export function emitMatmul(fn: FunctionBuilder, rounding: Rounding, spec: MatmulSpec, sink: TileSink): void {
  if (usesDots(spec)) emitDots(fn, rounding, spec, sink, splitAxis(spec));
  else emitTiles(fn, rounding, spec, sink);
}

// Measured: dot products need no copies, but their sums over the lanes cost as much as 4 steps of 4 entries; and rows
// of B should stay in the first-level cache for all rows of A.
function usesDots({ k, maxM, aStrides, bStrides }: MatmulShape): boolean {
  if (typeof k !== "number" || aStrides.k !== 1 || bStrides.k !== 1) return false;
  return (k >= 24 || maxM <= 4) && (k <= 1024 || maxM <= MAX_SPLIT_ROWS);
}
