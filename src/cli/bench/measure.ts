/** The clock of the benchmarks, and the rows that it makes. */

import type { Accelerator } from "../../index.ts";
import { internalError } from "../../util/errors.ts";

/** A measured figure. */
export interface Row {
  /** A name for programs; the part before the first dot says what it belongs to. */
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
  /** The check before the clock started, and its outcome. */
  readonly check?: string;
  /** The meaning of the figure, if its name does not say it all. */
  readonly note?: string;
}

/** The options of a benchmark, and its progress report. */
export interface BenchContext {
  /** Fewer and shorter runs. */
  readonly quick: boolean;
  readonly strict: boolean;
  /** Machine code to measure beside WebAssembly, where it can be made. */
  readonly native: Accelerator | undefined;
  /** Numbers of threads to measure, 1 first. */
  readonly threads: readonly number[];
  /** Shows what is being measured; lets the event loop breathe. */
  progress(what: string): Promise<void>;
}

/** A row of measured values. */
export function row(words: Pick<Row, "id" | "what" | "unit" | "check" | "note">, values: readonly number[]): Row {
  const sorted = [...values].sort((x, y) => x - y);
  const [low = Number.NaN] = sorted;
  const median = sorted[sorted.length >> 1] ?? Number.NaN;
  const figures = { median, low, high: sorted.at(-1) ?? Number.NaN, runs: values.length };
  return { ...words, ...figures };
}

/** The largest difference of two lists; infinite where one has NaN, or another length. */
export function apart(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return Infinity;
  let most = 0;
  for (let i = 0; i < one.length; i++) {
    const difference = Math.abs((one[i] as number) - (other[i] as number));
    if (Number.isNaN(difference)) return Infinity;
    most = Math.max(most, difference);
  }
  return most;
}

/** Ends the benchmark where a check fails: a speed without a right result is none. */
export function must(holds: boolean, claim: string): void {
  if (!holds) throw internalError(`bench: a check failed: ${claim}`);
}
