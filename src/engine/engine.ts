/** The interface of an engine, which trains and runs a GPT. All give the same numbers, each in its own precision. */

import type { DataMode } from "../data/corpus.ts";
import type { GPTConfig } from "../model/config.ts";
import type { LanguageModel } from "../model/language-model.ts";
import type { StateDict } from "../model/params.ts";
import type { NamedSlots } from "../optim/optimizer.ts";
import type { OptimizerSettings } from "../optim/optimizers.ts";
import type { StepOptions, StepResult } from "../scalar/train-step.ts";
import { checkAbove, checkFields, checkFlag, checkInteger, checkOneOf } from "../util/checks.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";

/** `wasm` is compiled, in float32; `scalar` is the readable one, a `Value` for every number, in float64. */
export const ENGINES = ["wasm", "scalar"] as const;
export type EngineName = (typeof ENGINES)[number];

export interface EngineOptions {
  /** Default `wasm`. */
  readonly engine?: EngineName;
  /** Threads of the compiled engine; the result is the same to the bit for any number. Default: as many as pay. */
  readonly threads?: number;
  /** Multiply and add round each on its own, so that the compiled engine gives the same bits on every machine. Default false. */
  readonly strict?: boolean;
  /** Bytes that the scalar engine's weights and graph may take together. Default 4 GiB. */
  readonly memoryLimit?: number;
}

const FIELDS: { readonly [F in keyof Required<EngineOptions>]: true } = {
  engine: true,
  threads: true,
  strict: true,
  memoryLimit: true,
};
export const ENGINE_FIELDS: readonly string[] = Object.keys(FIELDS);

/** Passes engine options on. Errors: an unknown engine, a number of threads that is none, a field that it has not. */
export function checkEngineOptions(options: EngineOptions, besides: readonly string[] = []): EngineOptions {
  checkFields("engine", "the options", options, [...ENGINE_FIELDS, ...besides]);
  const { engine, threads, strict, memoryLimit } = options;
  if (engine !== undefined) checkOneOf("engine", "engine", engine, ENGINES);
  if (threads !== undefined) checkInteger("engine", "threads", threads, { min: 1, max: 64 });
  if (strict !== undefined) checkFlag("engine", "strict", strict);
  if (memoryLimit !== undefined) checkAbove("engine", "memoryLimit", memoryLimit, 0);
  return options;
}

/** The engine's among other options. */
export function engineOptionsOf({ engine, threads, strict, memoryLimit }: EngineOptions): EngineOptions {
  return {
    ...(engine !== undefined && { engine }),
    ...(threads !== undefined && { threads }),
    ...(strict !== undefined && { strict }),
    ...(memoryLimit !== undefined && { memoryLimit }),
  };
}

export type Numbers = Float64Array | Float32Array;

/** The weights as plain numbers, row-major. */
export type Weights = StateDict<Numbers>;

export interface GPTOptions extends EngineOptions {
  /** What the model was trained on, and so how it is sampled where nothing else is said. */
  readonly mode?: DataMode;
}

/** A GPT in numbers: all that a training run must keep of it. */
export interface GPTState {
  readonly config: GPTConfig;
  readonly weights: Weights;
  /** What the optimizer keeps for the weights: `slots.m.wte` of AdamW, for instance. Absent before any training. */
  readonly slots?: NamedSlots<Numbers>;
}

export interface TrainerOptions extends StepOptions, OptimizerSettings {
  /** The gradient's norm is held to this. 0 for no limit. */
  readonly gradClip: number;
  /** Steps that were taken before. */
  readonly steps: number;
  /** The most tokens that the documents of one step can have together; of one part, where a step has several. */
  readonly maxRows: number;
  /**
   * The most tokens of an evaluation that uses the trainer's weights where they lie (`GPT.evaluator`). Default 0: nothing
   * is compiled for that.
   */
  readonly evaluationRows?: number;
}

/** A model's loss on documents that it does not learn from. */
export interface BatchLoss {
  /** Mean over the rows, in nats a token; not finite if the model has diverged. */
  readonly loss: number;
  /** Tokens that were predicted. */
  readonly rows: number;
}

/** Evaluates a model as it is at the time. It ends with `dispose` of the model. */
export interface Evaluator {
  /** Errors: no document, one of fewer than two tokens, more tokens than the evaluator is for, an id outside the vocabulary. */
  loss(documents: readonly (readonly number[])[]): Promise<BatchLoss>;
}

/** A loss, and how fast it changes with each weight. */
export interface Gradients {
  /** Mean over the rows, in nats a token; not finite if the model has diverged. */
  readonly loss: number;
  /** d loss / d weight for each, float32 on the compiled engine, float64 on the scalar one. */
  readonly gradients: Weights;
}

/** A step in the making. Until `finish` it may be given up at any time, and the weights are as they were. */
export interface Step {
  /** Adds one of gradientAccumulationSteps parts. Errors: those of `Trainer.step`; the step is then given up. */
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
  /** Threads that work at it. */
  readonly threads: number;
  /** Steps taken, those before this trainer included. */
  readonly steps: number;
  /**
   * One optimizer step on a batch of documents (tokens, BOS at both ends). Errors: an id outside the vocabulary, documents
   * that cannot be cut into gradientAccumulationSteps parts, a loss or gradient that is not finite; the weights are then
   * as they were.
   */
  step(documents: readonly (readonly number[])[], learningRate: number): StepResult;
  /**
   * Begins a step whose parts are added one by one, so that its documents need not be in memory together. `rows`: the
   * tokens that they predict, all together. Errors: those of `step`.
   */
  begin(rows: number, learningRate: number): Step;
  /** Brings the numbers to where `state` finds them, if the host does not see the memory. */
  fetch(): Promise<void>;
  /** Weights and slots as they are now: copies. Errors: numbers that must be fetched first. */
  state(): Required<GPTState>;
  /** Starts the threads again that `rest` has ended. Errors: threads that do not start. */
  wake(): Promise<void>;
  /** Ends its threads. Until `wake`, steps are the calling thread's alone, and the same. Resolves when they have ended. */
  rest(): Promise<void>;
  /** Gives back threads and memory for good: no step can be taken after that. */
  dispose(): void;
  /** True after `dispose`. */
  readonly disposed: boolean;
}

/**
 * Trains, evaluates, differentiates and runs the numbers of one GPT. It holds them, and gets whatever it runs them on
 * ready when that is first needed. Opening one takes no memory.
 */
export interface Engine {
  /** Errors: a model that does not fit in memory. Nothing is taken to find out. */
  checkModel(): void;
  /** Takes the numbers of a GPT, in its own precision; a trainer in hand is disposed. */
  load(state: GPTState): void;
  /** Brings the numbers to where `state` finds them: undefined where they always are. */
  settle(): Promise<void> | undefined;
  /** The numbers as they are now. Errors: numbers that must be settled first. */
  state(): GPTState;
  /**
   * Errors: a training step on documents of up to `longest` + 1 tokens that does not fit in memory. No memory is taken, and
   * if the step is compiled to find out, its trainer runs what was compiled. `memoryLimit` replaces that of the options.
   */
  checkStep(step: Omit<TrainerOptions, "steps">, longest: number, memoryLimit?: number): void;
  /** The same trainer until `dispose` or `load`; its threads are awake. Errors: those of `GPT.trainer`. */
  trainer(options: TrainerOptions): Promise<Trainer>;
  /** Errors: those of `GPT.evaluator`. */
  evaluator(maxRows: number): Promise<Evaluator>;
  /** Errors: those of `GPT.gradients`. */
  gradients(documents: readonly (readonly number[])[]): Promise<Gradients>;
  /** The model as it is now, token by token. */
  running(): LanguageModel;
  /** Ends all threads, and resolves when they have ended. Whatever was taken in hand continues without them. */
  rest(): Promise<void>;
  /** Gives back threads and memory, and keeps the numbers. */
  dispose(): void;
}

export function trainerDisposed(): MicrogptError {
  const [expected, got] = ["the trainer of a model in use", "one that was disposed"];
  return mistake("disposed", "train", expected, got, "ask the model for its trainer again");
}
