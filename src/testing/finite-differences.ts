/** For tests: derivatives as secants, against which those by rule are checked. */

export interface Slopes {
  readonly fromBelow: number;
  readonly fromAbove: number;
  /** The mean of both: if f is smooth, accurate up to a term in STEP². */
  readonly central: number;
}

/** A power of two: short binary fractions stay exact when it is added to them. */
const STEP = 2 ** -17;

/** The slope of f at entry i of x. At a kink the two sides differ, and any slope between them is a subgradient. */
export function slopesAt(f: (x: readonly number[]) => number, x: readonly number[], i: number): Slopes {
  const stepped = (step: number): number => f(x.with(i, (x[i] ?? Number.NaN) + step));
  const [below, here, above] = [stepped(-STEP), stepped(0), stepped(STEP)];
  return {
    fromBelow: (here - below) / STEP,
    fromAbove: (above - here) / STEP,
    central: (above - below) / (2 * STEP),
  };
}
