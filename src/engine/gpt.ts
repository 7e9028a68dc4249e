import { DATA_MODES, type DataMode } from "../data/corpus.ts";
import { checkConfig } from "../model/check-config.ts";
import type { GPTConfig } from "../model/config.ts";
import {
  type BatchDecoder,
  batchDecoderOf,
  type LanguageModel,
  type NextToken,
  predictorOf,
} from "../model/language-model.ts";
import type { WeightFormat } from "../model/narrow.ts";
import { checkInteger, checkMethods, checkOneOf } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import type { Random } from "../util/random.ts";
import { say, set } from "../util/words.ts";
import type { Engine, Evaluator, GPTState, Gradients, Trainer, TrainerOptions } from "./engine.ts";
import { checkEngineOptions, type EngineChoice, type GPTOptions } from "./engine-options.ts";
import { openEngine } from "./engines.ts";
import { checkWeights, freshWeights, roundedState } from "./state.ts";
import { ThreadHold, Turns } from "./turns.ts";

/**
 * A GPT: its numbers, and an engine that trains and runs it, prepared on first use.
 *
 * Threads run only while something trains, evaluates or computes gradients. A `trainer` or an `evaluator` in use, or a call
 * of `wake`, keeps them until `rest` or `dispose`; `using model = ...` does that automatically. A dropped model releases them
 * when it is garbage-collected.
 */
export class GPT implements LanguageModel {
  readonly config: GPTConfig;
  readonly engine: EngineChoice;
  /** The mode of its training data, if known, which is the default of `sample` and the like. */
  readonly mode: DataMode | undefined;
  readonly #engine: Engine;
  readonly #format: WeightFormat;
  readonly #threads = new ThreadHold(() => this.rest());
  readonly #turns = new Turns();

  /**
   * `engine`: one already open for this config, instead of the one that the options name. Errors: an unknown engine or
   * option, an invalid number of threads, weights that do not match the config, a model too large for the scalar
   * engine's memory.
   */
  constructor(state: GPTState, options: GPTOptions = {}, engine?: Engine) {
    checkEngineOptions(options, ["mode"]);
    this.config = checkWeights(state);
    this.engine = options.engine ?? "wasm";
    this.mode = options.mode === undefined ? undefined : checkOneOf("engine", "mode", options.mode, DATA_MODES);
    this.#engine = engine ?? openEngine(this.config, options);
    this.#engine.checkModel();
    this.#format = options.weights ?? "f32";
    this.#engine.load(roundedState(state, this.#format));
  }

  /** A GPT with fresh weights drawn from `random`. Errors: those of the constructor, a config out of range. */
  static init(config: GPTConfig, random: Random, options: GPTOptions = {}): GPT {
    checkConfig(config);
    checkEngineOptions(options, ["mode"]);
    checkMethods("engine", "a Random", random, ["fillGauss"], "pass new Random(42)");
    const engine = openEngine(config, options);
    engine.checkModel();
    return new GPT({ config, weights: freshWeights(config, random, engine) }, options, engine);
  }

  /**
   * Its current weights, and the optimizer's slots if it has been trained: float32 on the compiled engine, float64 on
   * the scalar one.
   */
  state(): GPTState {
    return this.#engine.state();
  }

  /**
   * Brings the numbers to where `state`, `decoder` and the like find them, if they are trained on a machine whose memory the
   * host does not see; undefined where they always are. The loops of `train` do this at their end.
   */
  settle(): Promise<void> | undefined {
    return this.#engine.settle();
  }

  /**
   * Errors: a training step on documents of up to `longest` + 1 tokens that does not fit in memory, of which none is taken
   * to find out. `memoryLimit`: as in EngineOptions, by default the model's.
   */
  checkStep(step: Omit<TrainerOptions, "steps">, longest: number, memoryLimit?: number): void {
    this.#engine.checkStep(step, longest, memoryLimit);
  }

  /**
   * Its trainer, with its threads running; the same one until `dispose`. Errors: options out of range, too little
   * memory, threads that do not start, weights in a narrow format.
   */
  async trainer(options: TrainerOptions): Promise<Trainer> {
    if (this.#format !== "f32") {
      throw mistake(
        "unsupported",
        "train",
        "weights of f32",
        this.#format,
        say`open the model without ${set("weights")}`,
      );
    }
    this.#threads.take();
    return await this.#engine.trainer(options);
  }

  /**
   * Evaluates the model in its current state, on documents of at most `maxRows` tokens together. Beside a trainer with
   * as many evaluationRows it uses the trainer's memory and threads, otherwise its own. Its threads run, as those of a
   * trainer do. It ends with `dispose`. Errors: too little memory, threads that do not start.
   */
  async evaluator(maxRows: number): Promise<Evaluator> {
    checkInteger("loss", "maxRows", maxRows, { min: 1 });
    this.#threads.take();
    return await this.#engine.evaluator(maxRows);
  }

  /**
   * The mean loss of the documents, and its gradient for each weight as in a training step, without dropout and before
   * clipping. The model is not changed. Errors: no document, one of fewer than two tokens, an id outside the
   * vocabulary, too little memory, threads that do not start.
   */
  async gradients(documents: readonly (readonly number[])[]): Promise<Gradients> {
    const release = this.hold();
    try {
      this.#threads.take();
      return await this.#engine.gradients(documents);
    } finally {
      await release();
    }
  }

  /**
   * Begins a document: each call takes the next token and returns the logits (V) after it, valid until the next call.
   * Errors: more tokens than blockSize, an id outside the vocabulary.
   */
  decoder(): NextToken {
    return this.#engine.running().decoder();
  }

  /** The same after a prompt, as probabilities. */
  predictor(prompt: readonly number[], temperature: number): NextToken {
    return predictorOf(this.#engine.running(), prompt, temperature);
  }

  /** Sequences that advance together: many on the compiled engine, one on the scalar. */
  batchDecoder(temperature: number): BatchDecoder {
    return batchDecoderOf(this.#engine.running(), temperature);
  }

  /**
   * Starts threads for generation where the model is large enough to gain by them. `generate`, `sample` and the like then
   * share prompts and tokens among them, to the same bits; with several `sequences`, so does `samples`. They run until `rest`,
   * `dispose` or the end of a `hold`. Errors: threads that do not start.
   */
  wake(sequences = 1): Promise<void> {
    this.#threads.take();
    return this.#engine.wake(sequences);
  }

  /**
   * Keeps threads that start from now on running until the returned function is called; the last holder's call ends
   * them, unless they were running before the first one came. `train`, `evaluate` and the like do this automatically.
   */
  hold(): () => Promise<void> {
    return this.#threads.hold();
  }

  /**
   * Ends the threads, and keeps everything else. A trainer or evaluator in use continues without them, to the same
   * bits, until the model is asked for it again. Resolves when they have ended.
   */
  rest(): Promise<void> {
    this.#threads.free();
    return this.#engine.rest();
  }

  /**
   * Frees the threads and memory of training, evaluation and gradients. The model is unchanged, and allocates them
   * again when needed: for further training, or in a running loop of `train`.
   */
  dispose(): void {
    this.#threads.free();
    this.#engine.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Restores an earlier `state` of its own. */
  restore(state: GPTState): void {
    this.#engine.load(state);
  }

  /** During work of `inTurn`: resolves when it is done. */
  get busy(): Promise<unknown> | undefined {
    return this.#turns.busy;
  }

  /** Runs long work that must see the same weights from beginning to end: one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.inTurn(work);
  }
}
