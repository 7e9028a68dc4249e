import { hardwareThreads, sharedMemory } from "../backend/wasm/features.ts";
import { DATA_MODES, type DataMode } from "../data/corpus.ts";
import { checkConfig, countParams, type GPTConfig, mapParams, namedParams, paramShapes } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import {
  type BatchDecoder,
  batchDecoderOf,
  type LanguageModel,
  type NextToken,
  predictorOf,
} from "../model/language-model.ts";
import { countRows } from "../model/pack.ts";
import { checkMemory } from "../scalar/memory.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { checkInteger, checkMethods, checkOneOf } from "../util/checks.ts";
import type { Random } from "../util/random.ts";
import { CompiledDecoder } from "./decoder.ts";
import {
  checkEngineOptions,
  type EngineName,
  type EngineOptions,
  type Evaluator,
  type GPTOptions,
  type GPTState,
  type Gradients,
  type Trainer,
  type TrainerOptions,
  type Weights,
} from "./engine.ts";
import { type CompiledEvaluator, scalarEvaluator, wasmEvaluator } from "./evaluator.ts";
import { checkWeights, inPrecision } from "./flat.ts";
import { type CompiledGradients, scalarGradients, wasmGradients } from "./gradients.ts";
import { scalarTrainer } from "./scalar-trainer.ts";
import { ThreadHold, Turns } from "./turns.ts";
import { WasmTrainer, wasmTrainer } from "./wasm-trainer.ts";

/** Multiply-adds of a step from which on threads gain more than their waiting for each other costs. */
const WORTH_THREADS = 10e6;
/** More than this share a step's small kernels badly. */
const MOST_THREADS = 8;

/**
 * A GPT: its numbers, and an engine that trains and runs it. The engine is made ready when it is first needed.
 *
 * Threads work only while something of it trains, evaluates or finds gradients. Whoever takes a `trainer` or an
 * `evaluator` in hand keeps them until `rest` or `dispose`: `using model = ...` sees to that. A model that is dropped
 * gives them back when it is garbage.
 */
export class GPT implements LanguageModel {
  readonly config: GPTConfig;
  readonly engine: EngineName;
  /** What it was trained on, where that is known: how `sample` and its like write. */
  readonly mode: DataMode | undefined;
  readonly #options: EngineOptions;
  #state: GPTState;
  #trainer: Trainer | undefined;
  #opening: Promise<Trainer> | undefined;
  /** Trainers so far. */
  #trainers = 0;
  #scalar: ScalarGPT | undefined;
  #decoder: { readonly compiled: CompiledDecoder; version: string } | undefined;
  readonly #evaluators: CompiledEvaluator[] = [];
  #gradients: CompiledGradients | undefined;
  readonly #threads = new ThreadHold(() => this.rest());
  readonly #turns = new Turns();

  /**
   * Errors: an unknown engine or option, a number of threads that is none, weights that are not those of the config, a
   * model too large for the scalar engine's memory.
   */
  constructor(state: GPTState, options: GPTOptions = {}) {
    checkEngineOptions(options, ["mode"]);
    this.config = checkWeights(state);
    this.engine = options.engine ?? "wasm";
    this.mode = options.mode === undefined ? undefined : checkOneOf("engine", "mode", options.mode, DATA_MODES);
    if (this.engine === "scalar") checkMemory(this.config, 1, options.memoryLimit);
    this.#options = options;
    this.#state = inPrecision(this.engine, state);
  }

  /** A GPT with fresh weights drawn from `random`. Errors: those of the constructor, a config out of range. */
  static init(config: GPTConfig, random: Random, options: GPTOptions = {}): GPT {
    checkConfig(config);
    checkEngineOptions(options, ["mode"]);
    checkMethods("engine", "a Random", random, ["gauss"], "give new Random(42)");
    if (options.engine === "scalar") checkMemory(config, 1, options.memoryLimit);
    return new GPT({ config, weights: initParams(config, random, (_, data) => data) }, options);
  }

  /**
   * Its weights, and the optimizer's moments if it has been trained, as they are now: float32 on the compiled engine,
   * float64 on the scalar one.
   */
  state(): GPTState {
    return this.#trainer?.state() ?? this.#state;
  }

  /**
   * What takes its training steps, with its threads at work; the same one until `dispose`. Errors: options out of range,
   * too little memory, threads that do not start.
   */
  async trainer(options: TrainerOptions): Promise<Trainer> {
    this.#threads.take();
    if (this.#trainer?.disposed) this.#forgetTrainer();
    if (this.#trainer === undefined) {
      // Who asks meanwhile gets the same one.
      this.#opening ??= this.#openTrainer(options).finally(() => {
        this.#opening = undefined;
      });
      return await this.#opening;
    }
    const trainer = this.#trainer;
    await trainer.wake();
    return trainer;
  }

  async #openTrainer(options: TrainerOptions): Promise<Trainer> {
    const engine = { ...this.#options, threads: this.#threadsFor(3 * options.maxRows) };
    const trainer =
      this.engine === "scalar"
        ? scalarTrainer(this.#scalarModel(), this.#state, options)
        : await wasmTrainer(this.#state, options, engine);
    this.#trainer = trainer;
    this.#trainers++;
    return trainer;
  }

  /**
   * What tells the model's loss, as it is at the time, on documents of at most `maxRows` tokens together. Beside a trainer
   * with as many evaluationRows it uses the trainer's memory and threads, else some of its own. Its threads are at work,
   * as those of a trainer are. It ends with `dispose`.
   * Errors: too little memory, threads that do not start.
   */
  async evaluator(maxRows: number): Promise<Evaluator> {
    checkInteger("loss", "max_rows", maxRows, { min: 1 });
    if (this.engine === "scalar") {
      checkMemory(this.config, Math.min(maxRows, this.config.blockSize), this.#options.memoryLimit);
      return scalarEvaluator(this.#scalarModel(), maxRows);
    }
    this.#threads.take();
    const beside = this.#trainer instanceof WasmTrainer ? this.#trainer.evaluator : undefined;
    const fitting = [beside, ...this.#evaluators].find((known) => known !== undefined && known.maxRows >= maxRows);
    if (fitting !== undefined) {
      await fitting.wake();
      return fitting;
    }
    let version: string | undefined;
    const weights = (): Weights | undefined => {
      if (version === this.#version) return undefined;
      version = this.#version;
      return this.state().weights;
    };
    const threads = this.#threadsFor(maxRows);
    const evaluator = await wasmEvaluator(this.config, maxRows, { ...this.#options, threads }, weights);
    this.#evaluators.push(evaluator);
    return evaluator;
  }

  /**
   * The mean loss of the documents, and its gradient by each weight as a step of training would find it, without dropout
   * and before clipping. The model stays as it is. Errors: no document, one of fewer than two tokens, an id outside the
   * vocabulary, too little memory, threads that do not start.
   */
  async gradients(documents: readonly (readonly number[])[]): Promise<Gradients> {
    const { blockSize } = this.config;
    const rows = countRows(documents, blockSize);
    if (this.engine === "scalar") {
      checkMemory(this.config, Math.min(rows, blockSize), this.#options.memoryLimit);
      return scalarGradients(this.#scalarModel(), documents);
    }
    const release = this.hold();
    try {
      const gradients = await this.#gradientsOf(rows);
      return gradients.of(this.state().weights, documents);
    } finally {
      await release();
    }
  }

  async #gradientsOf(rows: number): Promise<CompiledGradients> {
    this.#threads.take();
    if (this.#gradients !== undefined && this.#gradients.maxRows >= rows) {
      const gradients = this.#gradients;
      await gradients.wake();
      return gradients;
    }
    const maxRows = 2 ** (32 - Math.clz32(rows - 1)); // so that a few tokens more need no other program
    const engine = { ...this.#options, threads: this.#threadsFor(3 * maxRows) };
    const larger = await wasmGradients(this.config, maxRows, engine);
    this.#gradients?.dispose();
    this.#gradients = larger;
    return larger;
  }

  /**
   * Begins a document: each call takes the next token and gives the logits (V) after it, to be read before the next
   * call. Errors: more tokens than blockSize, an id outside the vocabulary.
   */
  decoder(): NextToken {
    return this.#running().decoder();
  }

  /** The same after a prompt, as probabilities. */
  predictor(prompt: readonly number[], temperature: number): NextToken {
    return predictorOf(this.#running(), prompt, temperature);
  }

  /** Sequences that go on together: many on the compiled engine, one on the scalar. */
  batchDecoder(temperature: number): BatchDecoder {
    return batchDecoderOf(this.#running(), temperature);
  }

  /**
   * Has threads that start from now on work until the function that it gives is called; the last holder's call ends them,
   * unless they were at work before the first one came. `train`, `evaluate` and their like do this by themselves.
   */
  hold(): () => Promise<void> {
    return this.#threads.hold();
  }

  /**
   * Ends the threads, and keeps everything else. A trainer or evaluator in hand goes on without them, to the same bits,
   * until the model is asked for it again. Resolves when they have ended.
   */
  async rest(): Promise<void> {
    this.#threads.free();
    await Promise.all([this.#trainer, this.#gradients, ...this.#evaluators].map((part) => part?.rest()));
  }

  /**
   * Gives back what training, evaluation and gradients hold: threads, memory. The model stays as it is, and takes them
   * again when it needs them: to train on, say, or in a loop of `train` that is under way.
   */
  dispose(): void {
    this.#threads.free();
    this.#forgetTrainer();
    this.#gradients?.dispose();
    this.#gradients = undefined;
    for (const evaluator of this.#evaluators.splice(0)) evaluator.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Goes back to an earlier `state` of its own. */
  restore(state: GPTState): void {
    this.#trainer?.dispose();
    this.#trainer = undefined;
    this.#trainers++;
    this.#scalar = undefined;
    this.#state = state;
  }

  /** While work that `inTurn` was given is under way: resolves when it is over. */
  get busy(): Promise<unknown> | undefined {
    return this.#turns.busy;
  }

  /** Does work that takes long and must find the same weights from its beginning to its end: one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.inTurn(work);
  }

  #forgetTrainer(): void {
    this.#state = this.state();
    this.#trainer?.dispose();
    this.#trainer = undefined;
  }

  /** Another one whenever the weights have changed. */
  get #version(): string {
    return `${this.#trainers} ${this.#trainer?.steps}`;
  }

  #running(): LanguageModel {
    return this.engine === "scalar" ? this.#scalarModel() : this.#compiledDecoder();
  }

  #scalarModel(): ScalarGPT {
    if (this.#scalar === undefined) {
      const data = new Map(namedParams(this.#state.weights));
      const params = mapParams(paramShapes(this.config), (shape, name) =>
        ScalarTensor.from(shape, data.get(name) ?? []),
      );
      this.#scalar = new ScalarGPT(this.config, params);
    }
    return this.#scalar;
  }

  #compiledDecoder(): CompiledDecoder {
    const version = this.#version;
    if (this.#decoder === undefined) {
      const compiled = new CompiledDecoder(this.config, this.state().weights, this.#options);
      this.#decoder = { compiled, version };
    } else if (this.#decoder.version !== version) {
      this.#decoder.compiled.setWeights(this.state().weights);
      this.#decoder.version = version;
    }
    return this.#decoder.compiled;
  }

  /** As many as were asked for, or as pay where each weight is multiplied so many times. */
  #threadsFor(times: number): number {
    if (this.#options.threads !== undefined) return this.#options.threads;
    const pays = countParams(this.config) * times >= WORTH_THREADS;
    return pays && sharedMemory() ? Math.min(hardwareThreads(), MOST_THREADS) : 1;
  }
}
