import { cos } from "../util/cos-sin.ts";

export const SCHEDULES = ["cosine", "linear", "constant"] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** The remaining share of the decay at a step (0, 1, ...) of `steps`: 1 at the first, towards 0 at the end. */
const left: { readonly [S in Schedule]: (step: number, steps: number) => number } = {
  cosine: (step, steps) => 0.5 * (1 + cos((Math.PI * step) / steps)),
  linear: (step, steps) => 1 - step / steps,
  constant: () => 1,
};

/** The training settings that decide the learning rate. */
export interface ScheduleSettings {
  readonly numSteps: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Default 0. */
  readonly warmupIters?: number;
  /** Default 0. */
  readonly minLr?: number;
}

/**
 * The learning rate at a step (0, 1, ..., numSteps - 1): linear warm-up to `learningRate` over the first `warmupIters`
 * steps, then down to `minLr` by the schedule. (nanoGPT's `get_lr`)
 */
export function learningRateAt(
  step: number,
  { numSteps, learningRate, schedule, warmupIters = 0, minLr = 0 }: ScheduleSettings,
): number {
  if (step < warmupIters) return (learningRate * (step + 1)) / (warmupIters + 1);
  return minLr + (learningRate - minLr) * left[schedule](step - warmupIters, numSteps - warmupIters);
}
