/** A matrix product as the kernels for it take it. */

import type { Code, Local } from "../asm/instructions.ts";

/** A size known when compiling, or one that an i32 local holds when running (a row count). */
export type Extent = number | Local;

/** The facts about a product without its locals. Strides are in entries and not negative. */
export interface MatmulShape {
  /** At most one of m and k is a local. */
  readonly m: Extent;
  readonly n: number;
  readonly k: Extent;
  /** Upper limits of m and k (their values, if they are numbers). */
  readonly maxM: number;
  readonly maxK: number;
  readonly aStrides: { readonly m: number; readonly k: number };
  readonly bStrides: { readonly k: number; readonly n: number };
}

/**
 * A product to compute. Up to 16 bytes beyond the end of A and B are read. Where m is a local, rows are computed and
 * stored up to the next multiple of 4: A and C have them, whatever they hold.
 */
export interface MatmulSpec extends MatmulShape {
  /** Byte addresses (i32) of A[0, 0] and B[0, 0]. */
  readonly a: Local;
  readonly b: Local;
  /** Byte address (i32) of `scratchBytes(spec)` bytes that only this thread uses, a multiple of 16. */
  readonly scratch: Local;
  /**
   * This thread's part, `from` inclusive, `to` exclusive (i32): of the rows m, or of the columns n where
   * `splitAxis(spec)` says so. `from` is a multiple of 4; so is `to`, unless it is the end. May be empty.
   */
  readonly from: Local;
  readonly to: Local;
}

/** The use of the sums: the caller's epilogue and store. Either method may be called more than once. */
export interface TileSink {
  /** Code that runs once before the stores of a tile whose first row and column these i32 locals hold. */
  begin(m: Local, n: Local): Code;
  /**
   * Stores the sums of row m + i, columns n + j to n + j + valid - 1: the first 1 to 4 lanes of `value`, which is to
   * stand in the code once. i is below 4, j 0 or 4.
   */
  store(i: number, j: number, valid: number, value: Code): Code;
}
