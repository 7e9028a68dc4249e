import type { Ranks } from "../model/ranks.ts";

/**
 * Ranks within one process: each waits for the others by taking their part itself. `next(rank)` is to take the same step
 * as that rank; it is called within the sum of the rank before.
 */
export function nestedRanks(count: number, next: (rank: number) => void): Ranks[] {
  let handed: (readonly (Float32Array | Float64Array)[])[] = [];
  return Array.from({ length: count }, (_, rank) => ({
    rank,
    count,
    sum: (...numbers) => {
      handed.push(numbers);
      if (rank + 1 < count) return next(rank + 1);
      const [first = [], ...others] = handed;
      first.forEach((sums, i) => {
        for (const { [i]: more } of others)
          for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] ?? 0) + (more?.[j] ?? 0);
        for (const { [i]: copy } of others) copy?.set(sums);
      });
      handed = [];
    },
  }));
}
