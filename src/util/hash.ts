/**
 * Random numbers that can be had in any order: a fixed function of two counters, not a stream. So a mask does not depend
 * on which thread, or which engine, asks for its numbers first. (Salmon et al. 2011, "Parallel random numbers: as easy
 * as 1, 2, 3".)
 */

/** Of the mix `lowbias32`, found by search: Wellons 2018, "Prospecting for hash functions". */
export const MIX = { shifts: [16, 15, 16], factors: [0x7feb352d, 0x846ca68b] } as const;

/** 2^32 over the golden ratio, made odd: multiples of it lie far from each other. (Knuth, TAOCP vol. 3, 6.4) */
export const GOLDEN = 0x9e3779b9;

/** A whole number below 2^24 that looks random, for each pair of whole numbers, of which the lowest 32 bits count. */
export function hash24(x: number, y: number): number {
  return mix(mix((x | 0) + GOLDEN) ^ Math.imul(y, GOLDEN)) >>> 8;
}

/** Another 32 bits for each 32 bits, every one of which depends on all of those. */
function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> MIX.shifts[0]), MIX.factors[0]);
  h = Math.imul(h ^ (h >>> MIX.shifts[1]), MIX.factors[1]);
  return h ^ (h >>> MIX.shifts[2]);
}
