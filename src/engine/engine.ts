/** The interface of an engine, which trains and runs a GPT. All give the same numbers, each in its own precision. */

import type { Pace } from "../backend/trial.ts";
import type { GPTConfig } from "../model/config.ts";
import type { LanguageModel } from "../model/language-model.ts";
import type { StateDict } from "../model/params.ts";
import type { Ranks } from "../model/ranks.ts";
import type { StepOptions, StepResult } from "../model/step.ts";
import type { NamedSlots } from "../optim/optimizer.ts";
import type { OptimizerSettings } from "../optim/optimizers.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";

export type { Pace };

export type Numbers = Float64Array | Float32Array;

export type Precision = typeof Float64Array | typeof Float32Array;

/** The weights as plain numbers, row-major. */
export type Weights = StateDict<Numbers>;

/** A GPT in numbers: the complete state of a model for training. */
export interface GPTState {
  readonly config: GPTConfig;
  readonly weights: Weights;
  /** The optimizer's slots for the weights, such as AdamW's `slots.m.wte`. Absent before any training. */
  readonly slots?: NamedSlots<Numbers>;
}

export interface TrainerOptions extends StepOptions, OptimizerSettings {
  /** Maximum norm of the gradient. 0 for no limit. */
  readonly gradClip: number;
  /** Number of steps taken before. */
  readonly steps: number;
  /** Largest number of tokens in the documents of one step, or of one part if a step has several. */
  readonly maxRows: number;
  /**
   * Largest number of tokens of an evaluation that uses the trainer's weights in place (`GPT.evaluator`). Default 0:
   * nothing is compiled for that.
   */
  readonly evaluationRows?: number;
  /** The processes that share each step. Default: this one alone. */
  readonly ranks?: Ranks | undefined;
}

/** A model's loss on documents, without learning from them. */
export interface BatchLoss {
  /** Mean over the rows, in nats per token; not finite if the model has diverged. */
  readonly loss: number;
  /** Number of predicted tokens. */
  readonly rows: number;
}

/** Evaluates a model in its current state. It ends with `dispose` of the model. */
export interface Evaluator {
  /** Errors: no document, one of fewer than two tokens, more tokens than the evaluator is for, an id outside the vocabulary. */
  loss(documents: readonly (readonly number[])[]): Promise<BatchLoss>;
}

/** A loss, and its gradient for each weight. */
export interface Gradients {
  /** Mean over the rows, in nats per token; not finite if the model has diverged. */
  readonly loss: number;
  /** d loss / d weight for each, float32 on the compiled engine, float64 on the scalar one. */
  readonly gradients: Weights;
}

/** A step in progress. Until `finish` it may be abandoned at any time, with the weights unchanged. */
export interface Step {
  /** Adds one of gradientAccumulationSteps parts. Errors: those of `Trainer.step`; the step is then abandoned. */
  add(documents: readonly (readonly number[])[]): void;
  /**
   * Updates the weights. A promise where the host does not see the memory: steps that begin before it resolves are queued.
   * Errors: those of `Trainer.step`.
   */
  finish(): StepResult | Promise<StepResult>;
  /** Gives the step up. */
  leave(): void;
}

/** A GPT in training on one engine. */
export interface Trainer {
  /** Number of its threads. */
  readonly threads: number;
  /** The number that its steps run on, if it has several threads and the first steps have shown how many are fastest. */
  readonly pace?: Pace | undefined;
  /** Steps taken, including those before this trainer. */
  readonly steps: number;
  /**
   * One optimizer step on a batch of documents (tokens, BOS at both ends), of which each rank takes its share. Errors: an id outside the vocabulary,
   * documents that cannot be split into gradientAccumulationSteps parts, a loss or gradient that is not finite; the
   * weights are then unchanged.
   */
  step(documents: readonly (readonly number[])[], learningRate: number): StepResult;
  /**
   * Begins a step whose parts are added one by one, so that its documents need not be in memory together. `rows`: the
   * total number of tokens that they predict, those of other ranks included, and `before` the number of those that come
   * before the first part: default 0. Errors: those of `step`.
   */
  begin(rows: number, learningRate: number, before?: number): Step;
  /** Brings the numbers to where `state` finds them, if the host does not see the memory. */
  fetch(): Promise<void>;
  /** Weights and slots as they are now: copies. Errors: numbers that must be fetched first. */
  state(): Required<GPTState>;
  /** Restarts the threads that `rest` has ended. Errors: threads that do not start. */
  wake(): Promise<void>;
  /**
   * Ends its threads. Until `wake`, steps run on the calling thread, with the same result. Resolves when they have
   * ended.
   */
  rest(): Promise<void>;
  /** Frees threads and memory for good: no step can be taken after that. */
  dispose(): void;
  /** True after `dispose`. */
  readonly disposed: boolean;
}

/**
 * Trains, evaluates, differentiates and runs the numbers of one GPT. It holds them, and prepares its programs on first
 * use. Opening one takes no memory.
 */
export interface Engine {
  /** The arrays that hold its numbers. */
  readonly precision: Precision;
  /** Errors: a model that does not fit in memory. Checks without allocating. */
  checkModel(): void;
  /** Loads the numbers of a GPT, in its own precision; disposes of a trainer in use. */
  load(state: GPTState): void;
  /** Brings the numbers to where `state` finds them: undefined where they always are. */
  settle(): Promise<void> | undefined;
  /** The numbers as they are now. Errors: numbers that must be settled first. */
  state(): GPTState;
  /**
   * Errors: a training step on documents of up to `longest` + 1 tokens that does not fit in memory. No memory is
   * allocated; if the step is compiled for the check, its trainer runs the same program. `memoryLimit` replaces that of
   * the options.
   */
  checkStep(step: Omit<TrainerOptions, "steps">, longest: number, memoryLimit?: number): void;
  /** The same trainer until `dispose` or `load`; its threads are awake. Errors: those of `GPT.trainer`. */
  trainer(options: TrainerOptions): Promise<Trainer>;
  /** Errors: those of `GPT.evaluator`. */
  evaluator(maxRows: number): Promise<Evaluator>;
  /** Errors: those of `GPT.gradients`. */
  gradients(documents: readonly (readonly number[])[]): Promise<Gradients>;
  /** The current model, token by token. */
  running(): LanguageModel;
  /** Errors: those of `GPT.wake`. */
  wake(sequences: number): Promise<void>;
  /** Ends all threads, and resolves when they have ended. Whatever is in use continues without them. */
  rest(): Promise<void>;
  /** Frees threads and memory, and keeps the numbers. */
  dispose(): void;
}

export function trainerDisposed(): MicrogptError {
  const [expected, got] = ["a live trainer", "a disposed one"];
  return mistake("disposed", "train", expected, got, "get a new one from the model");
}
