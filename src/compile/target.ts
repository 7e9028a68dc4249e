/** A machine as the compiler sees it. Every backend describes its own. */

import type { Cell } from "../util/cells.ts";

export interface Target {
  /** Every buffer begins at a multiple of this number of bytes. */
  readonly alignment: number;
  /** Bytes of a vector: a load may read as many beyond the end of a buffer. */
  readonly vectorBytes: number;
  /** Rows in a tile: a loop over rows may complete its last tile, and read one more. */
  readonly tileRows: number;
  /** Operations in the largest expression that registers hold; larger ones are stored in memory. */
  readonly largestExpression: number;
  /** Operations in the largest expression that each user computes again, instead of writing and reading it. */
  readonly largestRepeated: number;
  /** Tokens of a large vocabulary whose logits are made at once: as few as keep the matrix products busy. */
  readonly vocabularyChunk: number;
  /** Cells that its kernels read. */
  readonly cells: readonly Cell[];
}

/** Buffers get their sizes from these: the most rows that a run may have, and the machine. */
export interface Room {
  readonly maxRows: number;
  readonly target: Target;
}
