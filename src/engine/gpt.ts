import { hardwareThreads, sharedMemory } from "../backend/wasm/features.ts";
import { checkConfig, countParams, type GPTConfig, mapParams, namedParams, paramShapes } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import {
  type BatchDecoder,
  batchDecoderOf,
  type LanguageModel,
  type NextToken,
  predictorOf,
} from "../model/language-model.ts";
import { checkMemory } from "../scalar/memory.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { checkInteger, checkOneOf } from "../util/checks.ts";
import type { Random } from "../util/random.ts";
import { CompiledDecoder } from "./decoder.ts";
import {
  ENGINES,
  type EngineName,
  type EngineOptions,
  type GPTState,
  type Trainer,
  type TrainerOptions,
  type Weights,
} from "./engine.ts";
import { scalarTrainer } from "./scalar-trainer.ts";
import { wasmTrainer } from "./wasm-trainer.ts";

/** Multiply-adds of a step from which on threads gain more than their waiting for each other costs. */
const WORTH_THREADS = 10e6;
/** More than this share a step's small kernels badly. */
const MOST_THREADS = 8;

/** A GPT: its numbers, and an engine that trains and runs it. The engine is made ready when it is first needed. */
export class GPT implements LanguageModel {
  readonly config: GPTConfig;
  readonly engine: EngineName;
  readonly #options: EngineOptions;
  #state: GPTState;
  #trainer: Trainer | undefined;
  #scalar: ScalarGPT | undefined;
  #decoder: { readonly compiled: CompiledDecoder; steps: number } | undefined;

  /** Errors: an unknown engine, a number of threads that is none, a model too large for the scalar engine's memory. */
  constructor(state: GPTState, options: EngineOptions = {}) {
    this.config = checkConfig(state.config);
    this.engine = checkOneOf("engine", "engine", options.engine ?? "wasm", ENGINES);
    if (options.threads !== undefined) checkInteger("engine", "threads", options.threads, { min: 1, max: 64 });
    if (this.engine === "scalar") checkMemory(this.config, 1, options.memoryLimit);
    this.#options = options;
    this.#state = inPrecision(this.engine, state);
  }

  /** A GPT with fresh weights drawn from `random`. Errors: those of the constructor, a config out of range. */
  static init(config: GPTConfig, random: Random, options: EngineOptions = {}): GPT {
    checkConfig(config);
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

  /** What takes its training steps; the same one until `dispose`. Errors: too little memory, threads that do not start. */
  async trainer(options: TrainerOptions): Promise<Trainer> {
    this.#trainer ??=
      this.engine === "scalar"
        ? scalarTrainer(this.#scalarModel(), this.#state, options)
        : await wasmTrainer(this.#state, options, { ...this.#options, threads: this.#threadsFor(options) });
    return this.#trainer;
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

  /** Gives back what training holds: threads, memory. The model stays as it is. */
  dispose(): void {
    this.#state = this.state();
    this.#trainer?.dispose();
    this.#trainer = undefined;
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
    const steps = this.#trainer?.steps ?? 0;
    if (this.#decoder === undefined) {
      const compiled = new CompiledDecoder(this.config, this.state().weights, this.#options);
      this.#decoder = { compiled, steps };
    } else if (this.#decoder.steps !== steps) {
      this.#decoder.compiled.setWeights(this.state().weights);
      this.#decoder.steps = steps;
    }
    return this.#decoder.compiled;
  }

  #threadsFor({ maxRows }: TrainerOptions): number {
    if (this.#options.threads !== undefined) return this.#options.threads;
    const pays = 3 * countParams(this.config) * maxRows >= WORTH_THREADS;
    return pays && sharedMemory() ? Math.min(hardwareThreads(), MOST_THREADS) : 1;
  }
}

/** The state in the precision of an engine. */
function inPrecision(engine: EngineName, { config, weights, moments }: GPTState): GPTState {
  const Numbers = engine === "wasm" ? Float32Array : Float64Array;
  const convert = (all: Weights): Weights =>
    mapParams(all, (data) => (data instanceof Numbers ? data : Numbers.from(data)));
  const converted = { config, weights: convert(weights) };
  return moments === undefined
    ? converted
    : { ...converted, moments: { m: convert(moments.m), v: convert(moments.v) } };
}
