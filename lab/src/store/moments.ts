/** At which steps of a run its model is kept, to be looked at later. */

/** Most parts that the evenly spread moments cut a run into. */
const PARTS = 24;

/**
 * The steps of a run of so many to keep the model after, ascending: 0 and the last, 1, 2, 5, 10, 20, 50 and so on, since most is
 * learned early, and multiples of one of these numbers, 12 to 24 of them. At most 40 in a run of up to a million steps.
 */
export function momentsWanted(numSteps: number): number[] {
  const wanted = new Set([0, numSteps]);
  const stride = strideFor(numSteps);
  for (const step of roundNumbers()) {
    if (step >= Math.min(stride, numSteps)) break;
    wanted.add(step);
  }
  for (let step = stride; step < numSteps; step += stride) wanted.add(step);
  return [...wanted].sort((x, y) => x - y);
}

/**
 * Of the steps that are kept, ascending, those to give up in a run that is to have so many in all: it may go on beyond what
 * was planned, and then fewer are wanted of its beginning. The newest one stays in any case.
 */
export function momentsUnwanted(kept: readonly number[], numSteps: number): number[] {
  const wanted = new Set(momentsWanted(numSteps));
  return kept.filter((step, i) => i < kept.length - 1 && !wanted.has(step));
}

/** Of the steps that are kept, ascending, every other one, to make room: neither 0 nor the newest. */
export function everyOther(kept: readonly number[]): number[] {
  return kept.filter((step, i) => i % 2 === 1 && step !== 0 && i < kept.length - 1);
}

function strideFor(numSteps: number): number {
  for (const step of roundNumbers()) if (step * PARTS >= numSteps) return step;
  return numSteps;
}

/** 1, 2, 5, 10, 20, 50, ... as far as numbers are exact. */
function* roundNumbers(): Generator<number, void> {
  for (let unit = 1; unit < Number.MAX_SAFE_INTEGER / 10; unit *= 10) {
    for (const digit of [1, 2, 5]) yield digit * unit;
  }
}
