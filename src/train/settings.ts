import { checkAbove, checkBelow, checkInteger, checkOneOf } from "../util/checks.ts";
import { SCHEDULES, type Schedule } from "./schedule.ts";

/** How a model is trained. */
export interface TrainingSettings {
  /** Optimizer steps. */
  readonly numSteps: number;
  /** Documents in each step. */
  readonly batchSize: number;
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
  /** Decoupled weight decay, times the learning rate. 0 for none. */
  readonly weightDecay: number;
  /** The gradient's norm is held to this. 0 for no limit. */
  readonly gradClip: number;
  /** Of the one random stream: it shuffles the documents, draws the first weights, and samples. */
  readonly seed: number;
}

/** Passes settings on if every field is in its range. */
export function checkSettings(settings: TrainingSettings): TrainingSettings {
  checkInteger("train", "num_steps", settings.numSteps, { min: 1 });
  checkInteger("train", "batch_size", settings.batchSize, { min: 1 });
  checkAbove("train", "learning_rate", settings.learningRate, 0);
  checkOneOf("train", "schedule", settings.schedule, SCHEDULES);
  checkBelow("train", "beta1", settings.beta1, 0, 1);
  checkBelow("train", "beta2", settings.beta2, 0, 1);
  checkAbove("train", "eps", settings.eps, 0);
  checkBelow("train", "weight_decay", settings.weightDecay, 0, Infinity);
  checkBelow("train", "grad_clip", settings.gradClip, 0, Infinity);
  checkInteger("train", "seed", settings.seed, {});
  return settings;
}
