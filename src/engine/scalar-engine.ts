/** The readable engine: a `Value` for every number, in float64, on the calling thread. */

import type { GPTConfig } from "../model/config.ts";
import type { LanguageModel } from "../model/language-model.ts";
import { countRows } from "../model/pack.ts";
import { checkMemory } from "../scalar/memory.ts";
import type { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { internalError } from "../util/errors.ts";
import type { Engine, Evaluator, GPTState, Gradients, Precision, Trainer, TrainerOptions } from "./engine.ts";
import { scalarEvaluator, scalarGradients, scalarModel } from "./scalar-model.ts";
import { scalarTrainer } from "./scalar-trainer.ts";
import { inPrecision } from "./state.ts";

export class ScalarEngine implements Engine {
  readonly precision: Precision = Float64Array;
  readonly #config: GPTConfig;
  readonly #memoryLimit: number | undefined;
  /** The numbers as loaded, or as the last trainer left them. */
  #state: GPTState | undefined;
  /** Trained in place. */
  #model: ScalarGPT | undefined;
  #trainer: Trainer | undefined;
  /** Those of the trainer. */
  #ranks: TrainerOptions["ranks"];

  /** `memoryLimit`: limit in bytes on weights and graph together. Default 4 GiB. */
  constructor(config: GPTConfig, memoryLimit: number | undefined) {
    this.#config = config;
    this.#memoryLimit = memoryLimit;
  }

  checkModel(): void {
    checkMemory(this.#config, 1, this.#memoryLimit);
  }

  load(state: GPTState): void {
    this.#trainer?.dispose();
    this.#trainer = undefined;
    this.#model = undefined;
    this.#state = inPrecision(this, state);
  }

  settle(): undefined {}

  state(): GPTState {
    return this.#trainer?.state() ?? this.#loaded();
  }

  checkStep(
    { maxRows }: Omit<TrainerOptions, "steps">,
    longest: number,
    memoryLimit: number | undefined = this.#memoryLimit,
  ): void {
    checkMemory(this.#config, longest, memoryLimit, maxRows / longest);
  }

  async trainer(options: TrainerOptions): Promise<Trainer> {
    if (this.#trainer?.disposed || this.#ranks !== options.ranks) this.dispose();
    this.#ranks = options.ranks;
    this.#trainer ??= scalarTrainer(this.running(), this.#loaded(), options);
    return this.#trainer;
  }

  async evaluator(maxRows: number): Promise<Evaluator> {
    this.#checkRows(maxRows);
    return scalarEvaluator(this.running(), maxRows);
  }

  async gradients(documents: readonly (readonly number[])[]): Promise<Gradients> {
    this.#checkRows(countRows(documents, this.#config.blockSize));
    return scalarGradients(this.running(), documents);
  }

  running(): ScalarGPT & LanguageModel {
    this.#model ??= scalarModel(this.#loaded());
    return this.#model;
  }

  async wake(): Promise<void> {}

  async rest(): Promise<void> {}

  dispose(): void {
    this.#state = this.state();
    this.#trainer?.dispose();
    this.#trainer = undefined;
  }

  /** Documents are computed one by one, none of them longer than blockSize. */
  #checkRows(rows: number): void {
    checkMemory(this.#config, Math.min(rows, this.#config.blockSize), this.#memoryLimit);
  }

  #loaded(): GPTState {
    if (this.#state === undefined) throw internalError("an engine without numbers");
    return this.#state;
  }
}
