/** Times several works in turns, to compare them. */

import type { Row } from "../../src/cli/bench/measure.ts";

/** A part of the table. */
export interface Part {
  readonly title: string;
  readonly rows: readonly Row[];
}

type Work = () => void | Promise<void>;

/**
 * Milliseconds of each work in each round. The works take turns, so that a slow phase of the machine affects all of
 * them. The first round is not counted.
 */
export async function takeTurns<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, Work>>,
  progress: (round: string) => Promise<void>,
): Promise<{ [N in Name]: number[] }> {
  const names = Object.keys(works) as Name[];
  const times = names.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    await progress(`round ${round} of ${rounds}`);
    for (const [i, name] of names.entries()) {
      const start = performance.now();
      await works[name]();
      const time = performance.now() - start;
      if (round > 0) times[i]?.push(time);
    }
  }
  return Object.fromEntries(names.map((name, i) => [name, times[i]])) as { [N in Name]: number[] };
}

/** The ratio of two times, round by round. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((time, i) => time / (to[i] ?? Number.NaN));
}
