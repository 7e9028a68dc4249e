import { checkAbove, checkBelow, checkInteger, checkOneOf } from "../util/checks.ts";
import { MicrogptError } from "../util/errors.ts";
import { SCHEDULES, type Schedule } from "./schedule.ts";

/** How a model is trained. */
export interface TrainingSettings {
  /** Optimizer steps. */
  readonly numSteps: number;
  /** Documents, or windows of running text, that go through the model at once. */
  readonly batchSize: number;
  /** Batches in each step, whose gradients are added up before the update: a step as of a larger batch, in the memory of a small one. */
  readonly gradientAccumulationSteps: number;
  /** The highest learning rate: at the first step, or after the warm-up. */
  readonly learningRate: number;
  /** How the learning rate falls. */
  readonly schedule: Schedule;
  /** Steps over which the learning rate rises at first. 0 for none. */
  readonly warmupIters: number;
  /** What the learning rate falls to. */
  readonly minLr: number;
  /** Adam's decay of the mean gradient. */
  readonly beta1: number;
  /** Adam's decay of the mean squared gradient. */
  readonly beta2: number;
  /** Keeps Adam from dividing by 0. */
  readonly eps: number;
  /** Decoupled weight decay, times the learning rate, on every weight: all of them are matrices here. 0 for none. */
  readonly weightDecay: number;
  /** The gradient's norm is held to this. 0 for no limit. */
  readonly gradClip: number;
  /** Share of the channels that training leaves out at random (see `dropout` of nn.ts). 0 for none. */
  readonly dropout: number;
  /** Steps from one evaluation on the validation data to the next; also after the last step. 0 for none. */
  readonly evalInterval: number;
  /** Batches of the validation data that an evaluation takes, always the same ones. 0 for all. */
  readonly evalIters: number;
  /** Evaluations without a better validation loss after which training stops. 0 for never. */
  readonly patience: number;
  /** Of the one random stream: it shuffles the documents, draws the first weights, and samples. */
  readonly seed: number;
}

/** What came after microgpt.py, left out: its runs have none of it, and neither do files of earlier versions. */
export const PLAIN: Pick<
  TrainingSettings,
  | "batchSize"
  | "gradientAccumulationSteps"
  | "warmupIters"
  | "minLr"
  | "weightDecay"
  | "gradClip"
  | "dropout"
  | "evalInterval"
  | "evalIters"
  | "patience"
> = {
  batchSize: 1,
  gradientAccumulationSteps: 1,
  warmupIters: 0,
  minLr: 0,
  weightDecay: 0,
  gradClip: 0,
  dropout: 0,
  evalInterval: 0,
  evalIters: 0,
  patience: 0,
};

/** Passes settings on if every field is in its range. */
export function checkSettings(settings: TrainingSettings): TrainingSettings {
  const { learningRate, minLr, numSteps, warmupIters } = settings;
  checkInteger("train", "num_steps", numSteps, { min: 1 });
  checkInteger("train", "batch_size", settings.batchSize, { min: 1 });
  checkInteger("train", "gradient_accumulation_steps", settings.gradientAccumulationSteps, { min: 1 });
  checkAbove("train", "learning_rate", learningRate, 0);
  checkOneOf("train", "schedule", settings.schedule, SCHEDULES);
  checkInteger("train", "warmup_iters", warmupIters, { min: 0 });
  if (warmupIters >= numSteps) {
    throw complaint(`warmup_iters below num_steps, ${numSteps}`, `${warmupIters}`, "shorten it or train longer");
  }
  checkBelow("train", "min_lr", minLr, 0, Infinity);
  if (minLr > learningRate) {
    throw complaint(`min_lr of at most learning_rate, ${learningRate}`, `${minLr}`, "lower it; a tenth is usual");
  }
  checkBelow("train", "beta1", settings.beta1, 0, 1);
  checkBelow("train", "beta2", settings.beta2, 0, 1);
  checkAbove("train", "eps", settings.eps, 0);
  checkBelow("train", "weight_decay", settings.weightDecay, 0, Infinity);
  checkBelow("train", "grad_clip", settings.gradClip, 0, Infinity);
  checkBelow("train", "dropout", settings.dropout, 0, 1);
  checkInteger("train", "eval_interval", settings.evalInterval, { min: 0 });
  checkInteger("train", "eval_iters", settings.evalIters, { min: 0 });
  checkInteger("train", "patience", settings.patience, { min: 0 });
  checkInteger("train", "seed", settings.seed, {});
  return settings;
}

/** Refuses more sequences than can be told apart by their numbers. */
export function checkSequences({ numSteps, batchSize, gradientAccumulationSteps }: TrainingSettings): void {
  const sequences = numSteps * batchSize * gradientAccumulationSteps;
  if (sequences <= Number.MAX_SAFE_INTEGER) return;
  const expected = "num_steps times batch_size times gradient_accumulation_steps to be a number below 2^53";
  throw complaint(expected, `${sequences}`, "lower one of them");
}

function complaint(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ operation: "train", expected, got, fix });
}
