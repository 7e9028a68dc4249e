/** Examples of attention with results by its formulas, for the tests of the kernels. */

import { Random } from "../../../util/random.ts";

/** Rows of three tensors, and the keys that each row sees. */
export interface Example {
  readonly heads: number;
  /** Heads of keys and values. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly q: readonly number[];
  readonly k: readonly number[];
  readonly v: readonly number[];
  readonly g: readonly number[];
  readonly ranges: readonly (readonly [start: number, end: number])[];
  readonly keyRows: number;
}

export interface Results {
  readonly out: readonly number[];
  readonly dq: readonly number[];
  readonly dk: readonly number[];
  readonly dv: readonly number[];
}

/** Attention and its gradients by their formulas, in float64. */
export function expected({ heads, kvHeads, headDim, q, k, v, g, ranges, keyRows }: Example): Results {
  const [width, keyWidth] = [heads * headDim, kvHeads * headDim];
  const zeros = (numbers: number): number[] => new Array<number>(numbers).fill(0);
  const [out, dq] = [zeros(ranges.length * width), zeros(ranges.length * width)];
  const [dk, dv] = [zeros(keyRows * keyWidth), zeros(keyRows * keyWidth)];
  const of = (x: readonly number[], i: number): number => x[i] ?? Number.NaN;
  const add = (x: number[], i: number, y: number): void => {
    x[i] = of(x, i) + y;
  };
  const channels = Array.from({ length: headDim }, (_, d) => d);
  const scale = 1 / Math.sqrt(headDim);
  ranges.forEach(([start, end], r) => {
    const keys = Array.from({ length: end - start }, (_, j) => start + j);
    for (let h = 0; h < heads; h++) {
      const keyHead = Math.floor((h * kvHeads) / heads);
      const [row, at] = [r * width + h * headDim, (j: number) => j * keyWidth + keyHead * headDim];
      const dot = (x: readonly number[], i: number, y: readonly number[], j: number): number =>
        channels.reduce((sum, d) => sum + of(x, i + d) * of(y, j + d), 0);
      const scores = keys.map((j) => dot(q, row, k, at(j)) * scale);
      const most = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - most));
      const total = powers.reduce((x, y) => x + y, 0);
      const weights = powers.map((power) => power / total);
      const slopes = keys.map((j) => dot(g, row, v, at(j)));
      const mean = slopes.reduce((sum, slope, i) => sum + slope * of(weights, i), 0);
      keys.forEach((j, i) => {
        const weight = of(weights, i);
        const slope = weight * (of(slopes, i) - mean) * scale;
        for (const d of channels) {
          add(out, row + d, weight * of(v, at(j) + d));
          add(dv, at(j) + d, weight * of(g, row + d));
          add(dq, row + d, slope * of(k, at(j) + d));
          add(dk, at(j) + d, slope * of(q, row + d));
        }
      });
    }
  });
  return { out, dq, dk, dv };
}

/** Concatenated documents: each row sees its document up to itself. */
export function documents(lengths: readonly number[]): [number, number][] {
  let start = 0;
  return lengths.flatMap((length) => {
    start += length;
    return Array.from({ length }, (_, i): [number, number] => [start - length, start - length + i + 1]);
  });
}

/** Random tensors; queries and keys such that scores have a standard deviation of about `scoreSize`. */
export function example(
  sizes: Pick<Example, "heads" | "headDim"> & Partial<Pick<Example, "kvHeads">>,
  ranges: readonly (readonly [number, number])[],
  keyRows: number,
  seed: number,
  scoreSize = 1,
): Example {
  const { heads, kvHeads = heads, headDim } = sizes;
  const random = new Random(seed);
  const numbers = (rows: number, ofHeads: number, deviation: number): number[] =>
    Array.from({ length: rows * ofHeads * headDim }, () => Math.fround(random.gauss(0, deviation)));
  const q = numbers(ranges.length, heads, Math.sqrt(scoreSize));
  const k = numbers(keyRows, kvHeads, Math.sqrt(scoreSize));
  const [v, g] = [numbers(keyRows, kvHeads, 1), numbers(ranges.length, heads, 1)];
  return { heads, kvHeads, headDim, ranges, keyRows, q, k, v, g };
}
