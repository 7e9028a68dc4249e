/** Histograms that can be merged onto one range without counting again, so that moments can be compared. */

/**
 * Counts over BINS equal intervals from -2^exponent to 2^exponent. A tally of twice the range has exactly the sums of
 * neighboring bins, so the shared range need not be known when counting.
 */
export interface Tally {
  readonly counts: Uint32Array;
  readonly exponent: number;
  /** Number of finite numbers counted. */
  readonly total: number;
  readonly mean: number;
  /** Standard deviation of all the numbers. */
  readonly std: number;
  readonly largest: number;
}

export const BINS = 1024;
/** For a tensor of zeros. */
const SMALLEST = -60;

export function tallyOf(data: ArrayLike<number>): Tally {
  let largest = 0;
  let total = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] ?? Number.NaN;
    if (!Number.isFinite(x)) continue;
    total++;
    sum += x;
    if (Math.abs(x) > largest) largest = Math.abs(x);
  }
  const exponent = exponentFor(largest);
  const counts = new Uint32Array(BINS);
  const mean = sum / total;
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] ?? Number.NaN;
    if (!Number.isFinite(x)) continue;
    squares += (x - mean) ** 2;
    const bin = Math.floor((x / 2 ** exponent + 1) * (BINS / 2));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, exponent, total, mean, std: Math.sqrt(squares / total), largest };
}

/** The exponent of the smallest power of two that is larger than all of the numbers. */
function exponentFor(largest: number): number {
  let exponent = SMALLEST;
  while (2 ** exponent <= largest) exponent++;
  return exponent;
}

/** Counts from `from` to `to`, over equal intervals. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly Uint32Array[];
}

/**
 * The same counts over one shared range, as narrow as holds every number, in `bins` intervals or up to twice as many.
 */
export function together(tallies: readonly Tally[], bins: number): Stretch {
  const exponent = Math.max(SMALLEST, ...tallies.map((tally) => tally.exponent));
  const wide = tallies.map((tally) => merged(tally.counts, 2 ** (exponent - tally.exponent)));
  const filled = (bin: number): boolean => wide.some((counts) => (counts[bin] ?? 0) > 0);
  let first = 0;
  let last = BINS - 1;
  while (first < last && !filled(first)) first++;
  while (last > first && !filled(last)) last--;
  // Neighboring bins are merged while enough are left.
  let each = 1;
  while ((last - first + 1) / (2 * each) >= bins) each *= 2;
  first -= first % each;
  last += each - 1 - (last % each);
  const edge = (bin: number): number => (bin / (BINS / 2) - 1) * 2 ** exponent;
  return {
    from: edge(first),
    to: edge(last + 1),
    rows: wide.map((counts) =>
      Uint32Array.from({ length: (last + 1 - first) / each }, (_, i) =>
        counts.subarray(first + i * each, first + (i + 1) * each).reduce((a, b) => a + b, 0),
      ),
    ),
  };
}

/** The counts over `factor` times the range. */
function merged(counts: Uint32Array, factor: number): Uint32Array {
  const sums = new Uint32Array(BINS);
  counts.forEach((count, bin) => {
    const to = BINS / 2 + Math.floor((bin - BINS / 2) / factor);
    sums[to] = (sums[to] ?? 0) + count;
  });
  return sums;
}
