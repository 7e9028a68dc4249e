/**
 * Training by several processes, as in nanoGPT's data parallel mode: each holds the whole model and computes the gradient of
 * its share of a step; all sum their gradients and make the same update.
 */

/** A process among those that train one model. */
export interface Ranks {
  /** Its number: 0 to `count` - 1. */
  readonly rank: number;
  /** Number of processes. */
  readonly count: number;
  /**
   * Replaces each number by its sum over all ranks. All of them call this in the same order, with arrays of the same
   * lengths, and get the same bits. Returns when the sums are there.
   */
  sum(...numbers: readonly (Float32Array | Float64Array)[]): void;
}

/** A stretch of a step's documents: `from` is the first, `to` is one past the last. */
export interface Share {
  readonly from: number;
  readonly to: number;
}

/** The share of a rank in `count` documents; without ranks all of them. Shares differ by one document at most. */
export function shareOf(count: number, ranks?: Ranks): Share {
  if (ranks === undefined) return { from: 0, to: count };
  const from = (rank: number): number => Math.floor((rank * count) / ranks.count);
  return { from: from(ranks.rank), to: from(ranks.rank + 1) };
}
