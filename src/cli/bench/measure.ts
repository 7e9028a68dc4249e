/** The clock of `bench`, and the rows that it makes. */

import { internalError } from "../../util/errors.ts";

/** A figure of the table. */
export interface Row {
  /** A name for programs; the part before the first dot says what it belongs to. */
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
  /** What was compared before the clock started, and how it came out. */
  readonly check?: string;
  /** What the figure means, where its name does not say it all. */
  readonly note?: string;
}

/** A part of the table. */
export interface Part {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** How `bench` was called, and what tells its progress. */
export interface BenchContext {
  /** Fewer and shorter runs. */
  readonly quick: boolean;
  readonly strict: boolean;
  /** Numbers of threads to measure, 1 first. */
  readonly threads: readonly number[];
  /** Shows what is going on; lets the event loop breathe. */
  progress(what: string): Promise<void>;
}

type Work = () => void | Promise<void>;

/**
 * Milliseconds of each work in each round. The works take turns, so that a minute in which the machine is slow is slow
 * for all of them. One round goes first that is not counted.
 */
export async function takeTurns<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, Work>>,
  progress: (round: string) => Promise<void>,
): Promise<Record<Name, number[]>> {
  const entries = Object.entries(works) as [Name, Work][];
  const times = Object.fromEntries(entries.map(([name]) => [name, []])) as unknown as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    await progress(`round ${round} of ${rounds}`);
    for (const [name, work] of entries) {
      const start = performance.now();
      await work();
      const time = performance.now() - start;
      if (round > 0) times[name].push(time);
    }
  }
  return times;
}

/** A row of measured values. */
export function row(words: Pick<Row, "id" | "what" | "unit" | "check" | "note">, values: readonly number[]): Row {
  const sorted = [...values].sort((x, y) => x - y);
  const [low = Number.NaN] = sorted;
  const median = sorted[sorted.length >> 1] ?? Number.NaN;
  const figures = { median, low, high: sorted.at(-1) ?? Number.NaN, runs: values.length };
  return { ...words, ...figures };
}

/** How many times as long one took as another, round by round. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((time, i) => time / (to[i] ?? Number.NaN));
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

/** A speed without a right result is none: ends the benchmark where a check fails. */
export function must(holds: boolean, claim: string): void {
  if (!holds) throw internalError(`bench: it does not hold that ${claim}`);
}
