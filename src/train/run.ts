/** A training run at rest, and what follows from its numbers. */

import type { DataMode } from "../data/corpus.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { TrainerOptions } from "../engine/engine.ts";
import type { EngineOptions } from "../engine/engine-options.ts";
import type { GPT } from "../engine/gpt.ts";
import type { GPTConfig, Model } from "../model/config.ts";
import type { Random } from "../util/random.ts";
import type { Sequences } from "./sequences.ts";
import type { TrainingSettings } from "./settings.ts";
import type { DataFingerprint, TokenizeOptions, TrainingData } from "./training-data.ts";

/** The content of a checkpoint: a model with its tokenizer and, if its training can be resumed, its progress. */
export interface Checkpoint {
  readonly model: GPT;
  readonly tokenizer: Tokenizer;
  /** The mode of the training data, which determines how the model is sampled. Default documents. */
  readonly mode?: DataMode;
  /** Name of the accelerator that it ran on when it was saved, which continues with the same bits. Absent for `wasm` and `scalar`. */
  readonly accelerator?: string;
  readonly progress?: Progress;
}

/** The exact state of a training run between two steps. */
export interface Progress {
  readonly settings: TrainingSettings;
  readonly data: DataFingerprint;
  /** The random stream after shuffling and drawing the weights; sampling continues from here. */
  readonly random: Random;
  /** The loss of each step so far; their number is the step. */
  readonly losses: number[];
  readonly evaluations: Evaluation[];
}

/** The validation loss after a step. */
export interface Evaluation {
  /** 1 after the first step. */
  readonly step: number;
  /** Mean over the validation data, in nats per token. */
  readonly loss: number;
}

/** A training run between two steps: a resumable checkpoint, and its data. */
export interface Run extends Checkpoint {
  readonly mode: DataMode;
  readonly progress: Progress;
  readonly data: TrainingData;
  /** The sequences of the steps, batchSize · gradientAccumulationSteps in each. */
  readonly sequences: Sequences;
  /** The sequences of every evaluation. */
  readonly validation: readonly (readonly number[])[];
}

export interface RunOptions extends EngineOptions, Omit<TokenizeOptions, "seed"> {
  /** Sizes and kind of the model; missing fields are those of the preset `microgpt`. The data determines vocabSize. */
  readonly model?: Partial<Model>;
  /** Missing fields are those of the preset `microgpt`. */
  readonly training?: Partial<TrainingSettings>;
  /** Fine-tuning: begins with this model's weights, sizes and tokenizer instead of fresh ones. */
  readonly initFrom?: Checkpoint;
}

export interface ResumeOptions {
  /** A new end of the run. */
  readonly numSteps?: number;
  /** A new patience. */
  readonly patience?: number;
  /** As in EngineOptions. */
  readonly memoryLimit?: number;
}

/** The sequences of a run's steps and evaluations. */
export type Taken = Pick<Run, "sequences" | "validation">;

/** Number of sequences in each step. */
export function stepSize({ batchSize, gradientAccumulationSteps }: TrainingSettings): number {
  return batchSize * gradientAccumulationSteps;
}

/** Largest number of tokens that a batch predicts. */
export function maxRowsOf({ sequences, progress }: Run): number {
  return sequences.longest * progress.settings.batchSize;
}

/**
 * Largest number of tokens that an evaluation predicts at once: a batch, or the longest of the validation data alone.
 */
export function evaluationRowsOf({ model, progress, ...taken }: Run): number {
  return evaluationRows(model.config, progress.settings, taken);
}

function evaluationRows({ blockSize }: GPTConfig, { batchSize }: TrainingSettings, taken: Taken): number {
  const longest = taken.validation.reduce((most, { length }) => Math.max(most, Math.min(length - 1, blockSize)), 0);
  return Math.max(taken.sequences.longest * batchSize, longest);
}

/** The step that a run's trainer takes, with the evaluation beside it. */
export function stepOptionsOf({ model, progress, ...taken }: Run): Omit<TrainerOptions, "steps"> {
  return stepOf(model.config, progress.settings, taken);
}

export function stepOf(config: GPTConfig, settings: TrainingSettings, taken: Taken): Omit<TrainerOptions, "steps"> {
  return {
    ...settings,
    maxRows: taken.sequences.longest * settings.batchSize,
    evaluationRows: settings.evalInterval > 0 ? evaluationRows(config, settings, taken) : 0,
  };
}

/** The evaluation with the lowest loss so far. */
export function bestOf(evaluations: readonly Evaluation[]): Evaluation | undefined {
  return evaluations.reduce<Evaluation | undefined>(
    (best, now) => (best && best.loss <= now.loss ? best : now),
    undefined,
  );
}

/** True if a run has ended early: `patience` evaluations since the best one. */
export function outOfPatience({ settings: { patience }, evaluations }: Progress): boolean {
  if (patience === 0) return false;
  const best = bestOf(evaluations);
  return best !== undefined && evaluations.length - 1 - evaluations.indexOf(best) >= patience;
}

/** True if a run has finished, possibly early. */
export function isFinished(progress: Progress): boolean {
  return progress.losses.length >= progress.settings.numSteps || outOfPatience(progress);
}
