export const SCHEDULES = ["cosine", "linear", "constant"] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** What the learning rate is multiplied by at a step (0, 1, ...) of numSteps: 1 at the first, towards 0 at the end. */
const factors: { readonly [S in Schedule]: (step: number, numSteps: number) => number } = {
  cosine: (step, numSteps) => 0.5 * (1 + Math.cos((Math.PI * step) / numSteps)),
  linear: (step, numSteps) => 1 - step / numSteps,
  constant: () => 1,
};

/** The learning rate at a step (0, 1, ..., numSteps - 1), decayed from `learningRate` by the schedule. */
export function learningRateAt(step: number, numSteps: number, learningRate: number, schedule: Schedule): number {
  return learningRate * factors[schedule](step, numSteps);
}
