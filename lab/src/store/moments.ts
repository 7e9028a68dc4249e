/** Chooses the steps of a run after which its model is saved for later viewing. */

/** Most intervals between evenly spaced moments. */
const PARTS = 24;

/**
 * The steps after which to save the model of a run of `numSteps`, ascending: 0 and the last; 1, 2, 5, 10, 20, 50 and so
 * on, since most is learned early; and 12 to 24 multiples of one of these numbers. At most 40 in a run of up to a
 * million steps.
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
 * The saved steps to drop in a run of `numSteps`, from ascending `kept`: a run may continue beyond its plan, and then
 * needs fewer at its beginning. The newest one always stays.
 */
export function momentsUnwanted(kept: readonly number[], numSteps: number): number[] {
  const wanted = new Set(momentsWanted(numSteps));
  return kept.filter((step, i) => i < kept.length - 1 && !wanted.has(step));
}

/** Every other saved step, from ascending `kept`, to make room: neither 0 nor the newest. */
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
