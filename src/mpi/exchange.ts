/** Text from rank to rank, by sums alone: each adds its bytes where the others have zeros. */

import type { Ranks } from "../model/ranks.ts";

/** The texts of all ranks, in their order. All of them call it alike. */
export function exchange(ranks: Ranks, text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const lengths = new Float64Array(ranks.count);
  lengths[ranks.rank] = bytes.length;
  ranks.sum(lengths);
  const starts = Array.from(lengths, (_, i) => lengths.subarray(0, i).reduce((sum, length) => sum + length, 0));
  const all = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  all.set(bytes, starts[ranks.rank]);
  if (all.length > 0) ranks.sum(all);
  return starts.map((start, i) =>
    new TextDecoder().decode(Uint8Array.from(all.subarray(start, start + (lengths[i] ?? 0)))),
  );
}
