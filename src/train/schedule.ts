import { cos } from "../util/cos-sin.ts";
import type { TrainingSettings } from "./settings.ts";

export const SCHEDULES = ["cosine", "linear", "constant"] as const;
export type Schedule = (typeof SCHEDULES)[number];

/** The remaining share of the decay at a step (0, 1, ...) of `steps`: 1 at the first, towards 0 at the end. */
const left: { readonly [S in Schedule]: (step: number, steps: number) => number } = {
  cosine: (step, steps) => 0.5 * (1 + cos((Math.PI * step) / steps)),
  linear: (step, steps) => 1 - step / steps,
  constant: () => 1,
};

export type ScheduleSettings = Pick<TrainingSettings, "numSteps" | "learningRate" | "schedule"> &
  Partial<Pick<TrainingSettings, "warmupIters" | "minLr">>;

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
