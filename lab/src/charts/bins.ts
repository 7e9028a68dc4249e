/** Counts numbers into bins, and outlines the counts. */

export interface Bins {
  readonly counts: Uint32Array;
  /** The edges of the first and the last bin. */
  readonly from: number;
  readonly to: number;
  readonly mean: number;
  /** Standard deviation of all the numbers. */
  readonly std: number;
  /** Number of finite numbers counted. */
  readonly total: number;
}

/** Counts the numbers in `bins` equal intervals between the smallest and the largest. */
export function histogram(data: ArrayLike<number>, bins: number): Bins {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  let total = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] ?? Number.NaN;
    if (!Number.isFinite(x)) continue;
    total++;
    sum += x;
    if (x < from) from = x;
    if (x > to) to = x;
  }
  const counts = new Uint32Array(bins);
  if (total === 0) return { counts, from: 0, to: 1, mean: Number.NaN, std: Number.NaN, total };
  const mean = sum / total;
  if (from === to) {
    // All numbers are equal: one bin in the middle of a visible range.
    const half = Math.abs(from) / 2 || 0.5;
    from -= half;
    to += half;
  }
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    const x = data[i] ?? Number.NaN;
    if (!Number.isFinite(x)) continue;
    squares += (x - mean) ** 2;
    const bin = Math.min(bins - 1, Math.floor(((x - from) / (to - from)) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, from, to, mean, std: Math.sqrt(squares / total), total };
}

/** An SVG path around columns of these counts, at most `width` by `height`, above y = `floor`. */
export function columnsPath(
  counts: ArrayLike<number>,
  most: number,
  width: number,
  height: number,
  floor: number,
): string {
  const each = width / Math.max(1, counts.length);
  let path = `M0 ${round(floor)}`;
  for (let i = 0; i < counts.length; i++) {
    path += `V${round(floor - ((counts[i] ?? 0) / (most || 1)) * height)}H${round((i + 1) * each)}`;
  }
  return `${path}V${round(floor)}Z`;
}

/** The same as a line through the middle of each column, open at the bottom. */
export function ridgePath(
  counts: ArrayLike<number>,
  most: number,
  width: number,
  height: number,
  floor: number,
): string {
  const each = width / Math.max(1, counts.length);
  let path = `M0 ${round(floor)}`;
  for (let i = 0; i < counts.length; i++) {
    path += `L${round((i + 0.5) * each)} ${round(floor - ((counts[i] ?? 0) / (most || 1)) * height)}`;
  }
  return `${path}L${round(width)} ${round(floor)}`;
}

const round = (x: number): number => Math.round(x * 100) / 100;
