import { checkAbove, checkBelow, checkInteger, checkOneOf } from "../util/checks.ts";
import { SCHEDULES, type Schedule } from "./schedule.ts";

/** How a model is trained. */
export interface TrainingSettings {
  /** Optimizer steps, one document each. */
  readonly numSteps: number;
  /** Adam's learning rate at the first step. */
  readonly learningRate: number;
  /** How the learning rate falls. */
  readonly schedule: Schedule;
  /** Adam's decay of the mean gradient. */
  readonly beta1: number;
  /** Adam's decay of the mean squared gradient. */
  readonly beta2: number;
  /** Keeps Adam from dividing by 0. */
  readonly eps: number;
  /** Of the one random stream: it shuffles the documents, draws the first weights, and samples. */
  readonly seed: number;
}

/** Passes settings on if every field is in its range. */
export function checkSettings(settings: TrainingSettings): TrainingSettings {
  checkInteger("train", "num_steps", settings.numSteps, { min: 1 });
  checkAbove("train", "learning_rate", settings.learningRate, 0);
  checkOneOf("train", "schedule", settings.schedule, SCHEDULES);
  checkBelow("train", "beta1", settings.beta1, 0, 1);
  checkBelow("train", "beta2", settings.beta2, 0, 1);
  checkAbove("train", "eps", settings.eps, 0);
  checkInteger("train", "seed", settings.seed, {});
  return settings;
}
