/** Splits a tiled matrix product so that the data of its inner loops stays in the caches. */

import type { MatmulShape } from "./spec.ts";

/** Rows and columns of a tile: V8 keeps its 8 vectors of sums, 2 of B and 4 of A in registers. */
export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;

/** Entries of a block of A: half of a second-level cache of 512 KiB. */
export const BLOCK_ENTRIES = 65536;

// A panel of B and a strip of A of this many k share 32 KiB, the smallest first-level cache in use.
const DEPTH = 512;
// Entries that an operand may span and still stay in that cache.
const SPAN = 8192;

export interface TilePlan {
  /** Rows of A in a block, for which each panel of B is reused; and true if there may be several blocks. */
  readonly blockRows: number;
  readonly splitsRows: boolean;
  /** Steps of k during which sums stay in registers; and true if there may be several such stretches. */
  readonly depth: number;
  readonly splitsDepth: boolean;
  /** True to copy the block of A into strips of 4 rows, and panels of B into rows of 4 or 8. */
  readonly packsA: boolean;
  readonly packsB: boolean;
  /** Offsets in scratch memory, in bytes. */
  readonly panelAt: number;
  readonly blockAt: number;
  /** Bytes from one strip of A to the next. */
  readonly stripPitch: number;
  readonly sumsAt: number;
  readonly scratchBytes: number;
}

export function planTiles({ n, maxM, maxK, aStrides, bStrides }: MatmulShape): TilePlan {
  // Stretches of equal length, or one that is slightly longer.
  const stretches = Math.ceil(maxK / (DEPTH * 1.25));
  const depth = roundUp(Math.ceil(maxK / stretches), 4);
  const splitsDepth = stretches > 1;
  const blockRows = Math.min(roundUp(maxM, TILE_ROWS), Math.max(64, Math.floor(BLOCK_ENTRIES / depth / 16) * 16));
  // Measured: a copy costs as much as a use or two, and helps if the cache lines of one use would be gone by the next.
  const packsA = aStrides.m === 1 && aStrides.k > TILE_ROWS && maxK * aStrides.k >= SPAN && n >= 32;
  const contiguous = bStrides.n === 1 && bStrides.k !== 0;
  const strewn = bStrides.k > TILE_COLUMNS && maxK * bStrides.k >= SPAN;
  const packsB = !contiguous || (strewn && maxM >= 128);

  const panelBytes = packsB ? depth * TILE_COLUMNS * 4 : 0;
  // A line more than a strip, so that strips do not compete for the same cache sets.
  const stripPitch = depth * TILE_ROWS * 4 + 64;
  const blockBytes = packsA ? (blockRows / TILE_ROWS) * stripPitch : 0;
  const sumsBytes = splitsDepth ? blockRows * roundUp(n, TILE_COLUMNS) * 4 : 0;
  return {
    blockRows,
    splitsRows: maxM > blockRows,
    depth,
    splitsDepth,
    packsA,
    packsB,
    panelAt: 0,
    blockAt: panelBytes,
    stripPitch,
    sumsAt: panelBytes + blockBytes,
    scratchBytes: panelBytes + blockBytes + sumsBytes,
  };
}

function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}
