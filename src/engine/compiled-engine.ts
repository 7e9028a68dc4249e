/** The compiled engine: programs made from the model's graph, in float32, on any backend. */

import type { OpenOptions } from "../backend/backend.ts";
import type { GPTConfig } from "../model/config.ts";
import { cellOf, type WeightFormat } from "../model/narrow.ts";
import { countRows } from "../model/pack.ts";
import { countParams } from "../model/params.ts";
import { internalError } from "../util/errors.ts";
import { openTrainer } from "./compiled-trainer.ts";
import { CompiledDecoder } from "./decoder.ts";
import type { Engine, Evaluator, GPTState, Gradients, Precision, Trainer, TrainerOptions, Weights } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { type CompiledEvaluator, openEvaluator } from "./evaluator.ts";
import { type CompiledGradients, openGradients } from "./gradients.ts";
import type { Machine } from "./machine.ts";
import { inPrecision } from "./state.ts";
import { isSurelySmall, StepCompiler, type StepTrainer } from "./step-programs.ts";

/** Multiply-adds of a step above which threads gain more than they lose by waiting for each other. */
const WORTH_THREADS = 10e6;
/** The same for a token that is generated: a shorter wait, but for less. */
const WORTH_THREADS_A_TOKEN = 4e6;
/** Upper limit on threads: more share a step's small kernels badly. */
const MOST_THREADS = 8;

export class CompiledEngine implements Engine {
  readonly precision: Precision = Float32Array;
  readonly #config: GPTConfig;
  readonly #machine: Machine;
  readonly #threads: number | undefined;
  readonly #format: WeightFormat;
  readonly #steps: StepCompiler;
  /** The numbers as loaded, or as the last trainer left them. */
  #state: GPTState | undefined;
  #trainer: StepTrainer | undefined;
  #opening: Promise<StepTrainer> | undefined;
  /** Those of the trainer. */
  #ranks: TrainerOptions["ranks"];
  /** Counts what changes the weights other than a trainer's steps. */
  #changes = 0;
  #decoder: { readonly compiled: CompiledDecoder; version: string } | undefined;
  readonly #evaluators: CompiledEvaluator[] = [];
  #gradients: CompiledGradients | undefined;

  constructor(config: GPTConfig, machine: Machine, { threads, weights = "f32" }: EngineOptions = {}) {
    this.#config = config;
    this.#machine = machine;
    this.#threads = threads;
    this.#format = weights;
    this.#steps = new StepCompiler(config, { target: machine.backend.target, queue: machine.queue });
  }

  /** Only its programs can be too large. */
  checkModel(): void {}

  load(state: GPTState): void {
    this.#trainer?.dispose();
    this.#trainer = undefined;
    this.#changes++;
    this.#state = inPrecision(this, state);
  }

  settle(): Promise<void> | undefined {
    return this.#trainer?.isFetched === false ? this.#trainer.fetch() : undefined;
  }

  state(): GPTState {
    return this.#trainer?.state() ?? this.#loaded();
  }

  checkStep(step: Omit<TrainerOptions, "steps">): void {
    if (!isSurelySmall(this.#config, step)) this.#machine.checkBytes(this.#steps.compile(step).bytes);
  }

  async trainer(options: TrainerOptions): Promise<Trainer> {
    if (this.#trainer?.disposed || this.#ranks !== options.ranks) this.#forgetTrainer();
    if (this.#trainer !== undefined) {
      const trainer = this.#trainer;
      await trainer.wake();
      return trainer;
    }
    // Concurrent callers get the same one.
    this.#opening ??= this.#openTrainer(options).finally(() => {
      this.#opening = undefined;
    });
    return await this.#opening;
  }

  async #openTrainer(options: TrainerOptions): Promise<StepTrainer> {
    this.#ranks = options.ranks;
    const step = this.#steps.compile(options);
    const threads = this.#threadsFor(3 * options.maxRows);
    const { backend, queue } = this.#machine;
    const trainer = await openTrainer(backend, threads, step, this.#loaded(), options, queue);
    this.#trainer = trainer;
    this.#changes++;
    // A large model is not kept twice. Numbers that are out of sight may get lost with their machine.
    if (trainer.isFetched) this.#state = undefined;
    return trainer;
  }

  async evaluator(maxRows: number): Promise<Evaluator> {
    const fitting = [this.#trainer?.evaluator, ...this.#evaluators].find(
      (known) => known !== undefined && known.maxRows >= maxRows,
    );
    if (fitting !== undefined) {
      await fitting.wake();
      return fitting;
    }
    let version: string | undefined;
    const changedWeights = async (): Promise<Weights | undefined> => {
      if (version === this.#version) return undefined;
      await this.settle();
      version = this.#version;
      return this.state().weights;
    };
    const threads = this.#threadsFor(maxRows);
    const evaluator = await openEvaluator(this.#machine.backend, threads, this.#config, maxRows, changedWeights);
    this.#evaluators.push(evaluator);
    return evaluator;
  }

  async gradients(documents: readonly (readonly number[])[]): Promise<Gradients> {
    const gradients = await this.#gradientsOf(countRows(documents, this.#config.blockSize));
    await this.settle();
    return await gradients.of(this.state().weights, documents);
  }

  async #gradientsOf(rows: number): Promise<CompiledGradients> {
    if (this.#gradients !== undefined && this.#gradients.maxRows >= rows) {
      const gradients = this.#gradients;
      await gradients.wake();
      return gradients;
    }
    const maxRows = 2 ** (32 - Math.clz32(rows - 1)); // so that slightly more tokens need no other program
    const larger = await openGradients(this.#machine.backend, this.#threadsFor(3 * maxRows), this.#config, maxRows);
    this.#gradients?.dispose();
    this.#gradients = larger;
    return larger;
  }

  running(): CompiledDecoder {
    const version = this.#version;
    if (this.#decoder === undefined) {
      const { sampler } = this.#machine;
      const compiled = new CompiledDecoder(
        this.#config,
        this.state().weights,
        sampler,
        this.#threadsFor(1, WORTH_THREADS_A_TOKEN),
        // A machine that does not read its cells has the rounded numbers as f32.
        sampler.target.cells.includes(cellOf[this.#format]) ? this.#format : "f32",
      );
      this.#decoder = { compiled, version };
    } else if (this.#decoder.version !== version) {
      this.#decoder.compiled.setWeights(this.state().weights);
      this.#decoder.version = version;
    }
    return this.#decoder.compiled;
  }

  async wake(sequences: number): Promise<void> {
    await this.running().wake(sequences);
  }

  async rest(): Promise<void> {
    const parts = [this.#trainer, this.#gradients, this.#decoder?.compiled, ...this.#evaluators];
    await Promise.all(parts.map((part) => part?.rest()));
  }

  dispose(): void {
    void this.#decoder?.compiled.rest();
    this.#forgetTrainer();
    this.#gradients?.dispose();
    this.#gradients = undefined;
    for (const evaluator of this.#evaluators.splice(0)) evaluator.dispose();
  }

  /** Numbers that were not settled are lost with the memory that they lie in. */
  #forgetTrainer(): void {
    if (this.#trainer?.isFetched !== false) this.#state = this.state();
    this.#trainer?.dispose();
    this.#trainer = undefined;
  }

  #loaded(): GPTState {
    if (this.#state === undefined) throw internalError("an engine without numbers");
    return this.#state;
  }

  /** Changes whenever the weights do. */
  get #version(): string {
    return `${this.#changes} ${this.#trainer?.steps}`;
  }

  /** The requested number of threads, or the most that are tried if each weight is multiplied `times` times. */
  #threadsFor(times: number, worth = WORTH_THREADS): OpenOptions {
    if (this.#threads !== undefined) return { threads: this.#threads, asked: true };
    const pays = countParams(this.#config) * times >= worth;
    return { threads: pays ? Math.min(this.#machine.threads, MOST_THREADS) : 1 };
  }
}
