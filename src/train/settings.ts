import { OPTIMIZERS, type OptimizerName } from "../optim/optimizers.ts";
import { checkFields } from "../util/checks.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { checkValues, type Help, type Settings } from "../util/setting.ts";
import { say, set, type Words } from "../util/words.ts";
import { SCHEDULES, type Schedule } from "./schedule.ts";

/** The settings of training. */
export interface TrainingSettings {
  /** Optimizer steps. */
  readonly numSteps: number;
  /** Documents, or windows of running text, that go through the model at once. */
  readonly batchSize: number;
  /**
   * Batches in each step, whose gradients are added up before the update: the effect of a larger batch in the memory of
   * a small one.
   */
  readonly gradientAccumulationSteps: number;
  /** The highest learning rate: at the first step, or after the warm-up. */
  readonly learningRate: number;
  /** The shape of the learning rate's decay. */
  readonly schedule: Schedule;
  /** Steps of linear warm-up. 0 for none. */
  readonly warmupIters: number;
  /** The lowest learning rate. */
  readonly minLr: number;
  /** The optimizer: see OPTIMIZERS. */
  readonly optimizer: OptimizerName;
  /** Adam's decay of the mean gradient. */
  readonly beta1: number;
  /** Adam's decay of the mean squared gradient. */
  readonly beta2: number;
  /** Keeps Adam from dividing by 0. */
  readonly eps: number;
  /** Weight decay of matrices and embeddings; gains and biases have none. 0 for none. */
  readonly weightDecay: number;
  /** True: a weight shrinks by weightDecay times the learning rate (AdamW). False: it is added to the gradient (L2). */
  readonly decoupledWeightDecay: boolean;
  /** Of sgd: the share of the last step's direction that is kept. 0 for none. */
  readonly momentum: number;
  /** Of muon: decay of the mean gradient of a matrix. */
  readonly muonMomentum: number;
  /** Of muon: the highest learning rate of the matrices; learningRate is that of all others. */
  readonly muonLr: number;
  /** Maximum norm of the gradient. 0 for no limit. */
  readonly gradClip: number;
  /** Share of the channels that training drops at random (see `dropout` of nn.ts). 0 for none. */
  readonly dropout: number;
  /** Steps between two evaluations on the validation data; there is also one after the last step. 0 for none. */
  readonly evalInterval: number;
  /** Batches of the validation data in an evaluation, always the same ones. 0 for all. */
  readonly evalIters: number;
  /** Evaluations without a better validation loss after which training stops. 0 for never. */
  readonly patience: number;
  /** Seed of the one random stream, which shuffles the documents, draws the first weights, and samples. */
  readonly seed: number;
}

/** The rows of the table. The defaults are those of microgpt.py, which lacks all later features. */
export const TRAINING_SETTINGS: Settings<TrainingSettings> = {
  numSteps: { kind: "whole", min: 1, default: 1000 },
  batchSize: { kind: "whole", min: 1, default: 1, since: "0.2" },
  gradientAccumulationSteps: { kind: "whole", min: 1, default: 1, since: "0.3" },
  learningRate: { kind: "above", above: 0, default: 0.01 },
  schedule: { kind: "word", words: SCHEDULES, default: "linear" },
  warmupIters: { kind: "whole", min: 0, default: 0, since: "0.3" },
  minLr: { kind: "from", from: 0, default: 0, since: "0.3" },
  optimizer: { kind: "word", words: OPTIMIZERS, default: "adamw", since: "0.6" },
  beta1: { kind: "from", from: 0, below: 1, default: 0.85 },
  beta2: { kind: "from", from: 0, below: 1, default: 0.99 },
  eps: { kind: "above", above: 0, default: 1e-8 },
  weightDecay: { kind: "from", from: 0, default: 0, since: "0.2" },
  decoupledWeightDecay: { kind: "flag", default: true, since: "0.6" },
  momentum: { kind: "from", from: 0, below: 1, default: 0, since: "0.6" },
  muonMomentum: { kind: "from", from: 0, below: 1, default: 0.95, since: "0.6" },
  muonLr: { kind: "above", above: 0, default: 0.02, since: "0.6" },
  gradClip: { kind: "from", from: 0, default: 0, since: "0.2" },
  dropout: { kind: "from", from: 0, below: 1, default: 0, since: "0.3" },
  evalInterval: { kind: "whole", min: 0, default: 0, since: "0.3" },
  evalIters: { kind: "whole", min: 0, default: 0, since: "0.3" },
  patience: { kind: "whole", min: 0, default: 0, since: "0.3" },
  seed: { kind: "whole", default: 42 },
};

/** Their labels and lines of help. */
export const TRAINING_HELP: Help<TrainingSettings> = {
  numSteps: { section: "training", label: "Steps", words: "training steps" },
  batchSize: { section: "training", label: "Batch", words: "documents or windows that go through the model at once" },
  gradientAccumulationSteps: { section: "training", label: "Batches per step", words: "batches in each step" },
  learningRate: { section: "training", label: "Learning rate", words: "the highest learning rate" },
  schedule: { section: "training", label: "Schedule", words: `how the learning rate falls: ${SCHEDULES.join(", ")}` },
  warmupIters: {
    section: "training",
    label: "Warm-up steps",
    words: "steps at the start over which the learning rate rises",
  },
  minLr: { section: "training", label: "Final learning rate", words: "learning rate at the end of the schedule" },
  optimizer: { section: "optimizer", label: "Optimizer", words: `how weights are updated: ${OPTIMIZERS.join(", ")}` },
  beta1: { section: "optimizer", label: "Adam beta 1", words: "Adam's decay of the mean gradient" },
  beta2: { section: "optimizer", label: "Adam beta 2", words: "Adam's decay of the mean squared gradient" },
  eps: { section: "optimizer", label: "Adam epsilon", words: "Adam's epsilon, which prevents division by 0" },
  weightDecay: {
    section: "optimizer",
    label: "Weight decay",
    words: "weight decay: each step shrinks weights by this times the learning rate",
  },
  decoupledWeightDecay: {
    section: "optimizer",
    label: "Decoupled weight decay",
    words: "apply weight decay to the weights; no: to the gradient, as an L2 penalty does",
  },
  momentum: {
    section: "optimizer",
    label: "SGD momentum",
    words: "sgd: share of the previous step's direction that is kept",
  },
  muonMomentum: { section: "optimizer", label: "Muon momentum", words: "muon: decay of the mean gradient" },
  muonLr: {
    section: "optimizer",
    label: "Muon learning rate",
    words: "muon: highest learning rate of the matrices, apart from that of other weights",
  },
  gradClip: { section: "optimizer", label: "Gradient clip", words: "maximum norm of the gradient, 0 for no limit" },
  dropout: { section: "training", label: "Dropout", words: "share of the channels dropped at random in training" },
  evalInterval: { section: "evaluation", label: "Evaluate every", words: "steps between evaluations, 0 for none" },
  evalIters: {
    section: "evaluation",
    label: "Batches per evaluation",
    words: "batches in an evaluation, 0 for all held-out data",
  },
  patience: {
    section: "evaluation",
    label: "Patience",
    words: "stop after this many evaluations without improvement, 0 for never",
  },
  seed: {
    section: "training",
    label: "Seed",
    words: "seed of the random stream and of the choice of held-out documents",
  },
};

/** Returns settings whose fields are all in range. Errors: a field that is out of range, missing or unknown. */
export function checkSettings(settings: TrainingSettings): TrainingSettings {
  checkFields("train", "settings", settings, Object.keys(TRAINING_SETTINGS));
  checkValues("train", TRAINING_SETTINGS, settings);
  const { learningRate, minLr, numSteps, warmupIters } = settings;
  if (warmupIters >= numSteps) {
    const expected = say`${set("warmupIters")} below ${set("numSteps")}, ${numSteps}`;
    throw conflict("warmupIters", expected, warmupIters, "shorten it or train longer");
  }
  if (minLr > learningRate) {
    const expected = say`${set("minLr")} of at most ${set("learningRate")}, ${learningRate}`;
    throw conflict("minLr", expected, minLr, "lower it; a tenth is usual");
  }
  return settings;
}

/** Refuses more sequences than can be numbered. */
export function checkSequences({ numSteps, batchSize, gradientAccumulationSteps }: TrainingSettings): void {
  const sequences = numSteps * batchSize * gradientAccumulationSteps;
  if (sequences <= Number.MAX_SAFE_INTEGER) return;
  const product = say`${set("numSteps")} times ${set("batchSize")} times ${set("gradientAccumulationSteps")}`;
  throw conflict("numSteps", say`${product} to be a number below 2^53`, sequences, "lower one of them");
}

function conflict(field: string, expected: Words, value: number, fix: string): MicrogptError {
  return mistake("conflict", "train", expected, `${value}`, fix, { field, values: { value } });
}
