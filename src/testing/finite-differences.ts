/** For tests: derivatives as secants, against which those by rule are checked. */

/** A power of two: short binary fractions stay exact when it is added to them. */
const STEP = 2 ** -17;

type Numbers = readonly number[];

/** The slope of f at entry i of x: if f is smooth, accurate up to a term in STEP². */
export function slopeAt(f: (x: Numbers) => number, x: Numbers, i: number): number {
  return (f(stepped(x, i, STEP)) - f(stepped(x, i, -STEP))) / (2 * STEP);
}

/** The slopes from below and from above. At a kink they differ, and any slope between them is a subgradient. */
export function sidesAt(f: (x: Numbers) => number, x: Numbers, i: number): [below: number, above: number] {
  const here = f(x);
  return [(here - f(stepped(x, i, -STEP))) / STEP, (f(stepped(x, i, STEP)) - here) / STEP];
}

function stepped(x: Numbers, i: number, step: number): number[] {
  return x.with(i, (x[i] ?? Number.NaN) + step);
}
