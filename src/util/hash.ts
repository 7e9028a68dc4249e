/**
 * Random numbers in any order: a fixed function of two counters instead of a stream. A dropout mask therefore does not
 * depend on which thread or engine asks first. (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3")
 */

/** Constants of the mix `lowbias32`, found by search: Wellons 2018, "Prospecting for hash functions". */
export const MIX = { shifts: [16, 15, 16], factors: [0x7feb352d, 0x846ca68b] } as const;

/** 2^32 divided by the golden ratio, made odd: its multiples are far apart. (Knuth, TAOCP vol. 3, 6.4) */
export const GOLDEN = 0x9e3779b9;

/** A random-looking whole number below 2^24 for each pair of whole numbers; only their lowest 32 bits count. */
export function hash24(x: number, y: number): number {
  return mix(mix((x | 0) + GOLDEN) ^ Math.imul(y, GOLDEN)) >>> 8;
}

/** A bijection of 32-bit numbers: every output bit depends on every input bit. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> MIX.shifts[0]), MIX.factors[0]);
  h = Math.imul(h ^ (h >>> MIX.shifts[1]), MIX.factors[1]);
  return h ^ (h >>> MIX.shifts[2]);
}
