import { DATA_MODES, type DataMode } from "../data/corpus.ts";
import { checkConfig } from "../model/check-config.ts";
import type { GPTConfig } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import {
  type BatchDecoder,
  batchDecoderOf,
  type LanguageModel,
  type NextToken,
  predictorOf,
} from "../model/language-model.ts";
import { checkInteger, checkMethods, checkOneOf } from "../util/checks.ts";
import type { Random } from "../util/random.ts";
import {
  checkEngineOptions,
  type Engine,
  type EngineName,
  type Evaluator,
  type GPTOptions,
  type GPTState,
  type Gradients,
  type Trainer,
  type TrainerOptions,
} from "./engine.ts";
import { openEngine } from "./engines.ts";
import { checkWeights } from "./state.ts";
import { ThreadHold, Turns } from "./turns.ts";

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
  readonly #engine: Engine;
  readonly #threads = new ThreadHold(() => this.rest());
  readonly #turns = new Turns();

  /**
   * `engine`: one that is already open for this config, instead of the one that the options name. Errors: an unknown
   * engine or option, a number of threads that is none, weights that are not those of the config, a model too large for
   * the scalar engine's memory.
   */
  constructor(state: GPTState, options: GPTOptions = {}, engine?: Engine) {
    checkEngineOptions(options, ["mode"]);
    this.config = checkWeights(state);
    this.engine = options.engine ?? "wasm";
    this.mode = options.mode === undefined ? undefined : checkOneOf("engine", "mode", options.mode, DATA_MODES);
    this.#engine = engine ?? openEngine(this.config, options);
    this.#engine.checkModel();
    this.#engine.load(state);
  }

  /** A GPT with fresh weights drawn from `random`. Errors: those of the constructor, a config out of range. */
  static init(config: GPTConfig, random: Random, options: GPTOptions = {}): GPT {
    checkConfig(config);
    checkEngineOptions(options, ["mode"]);
    checkMethods("engine", "a Random", random, ["gauss"], "give new Random(42)");
    const engine = openEngine(config, options);
    engine.checkModel();
    return new GPT({ config, weights: initParams(config, random, (_, data) => data) }, options, engine);
  }

  /**
   * Its weights, and the optimizer's moments if it has been trained, as they are now: float32 on the compiled engine,
   * float64 on the scalar one.
   */
  state(): GPTState {
    return this.#engine.state();
  }

  /**
   * Brings the numbers to where `state`, `decoder` and their like find them, if they are trained on a machine whose memory
   * the host does not see; undefined where they always are. The loops of `train` do this at their end.
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
   * What takes its training steps, with its threads at work; the same one until `dispose`. Errors: options out of range,
   * too little memory, threads that do not start.
   */
  trainer(options: TrainerOptions): Promise<Trainer> {
    this.#threads.take();
    return this.#engine.trainer(options);
  }

  /**
   * What tells the model's loss, as it is at the time, on documents of at most `maxRows` tokens together. Beside a trainer
   * with as many evaluationRows it uses the trainer's memory and threads, else some of its own. Its threads are at work,
   * as those of a trainer are. It ends with `dispose`.
   * Errors: too little memory, threads that do not start.
   */
  async evaluator(maxRows: number): Promise<Evaluator> {
    checkInteger("loss", "maxRows", maxRows, { min: 1 });
    this.#threads.take();
    return await this.#engine.evaluator(maxRows);
  }

  /**
   * The mean loss of the documents, and its gradient by each weight as a step of training would find it, without dropout
   * and before clipping. The model stays as it is. Errors: no document, one of fewer than two tokens, an id outside the
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
   * Begins a document: each call takes the next token and gives the logits (V) after it, to be read before the next
   * call. Errors: more tokens than blockSize, an id outside the vocabulary.
   */
  decoder(): NextToken {
    return this.#engine.running().decoder();
  }

  /** The same after a prompt, as probabilities. */
  predictor(prompt: readonly number[], temperature: number): NextToken {
    return predictorOf(this.#engine.running(), prompt, temperature);
  }

  /** Sequences that go on together: many on the compiled engine, one on the scalar. */
  batchDecoder(temperature: number): BatchDecoder {
    return batchDecoderOf(this.#engine.running(), temperature);
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
  rest(): Promise<void> {
    this.#threads.free();
    return this.#engine.rest();
  }

  /**
   * Gives back what training, evaluation and gradients hold: threads, memory. The model stays as it is, and takes them
   * again when it needs them: to train on, say, or in a loop of `train` that is under way.
   */
  dispose(): void {
    this.#threads.free();
    this.#engine.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Goes back to an earlier `state` of its own. */
  restore(state: GPTState): void {
    this.#engine.load(state);
  }

  /** While work that `inTurn` was given is under way: resolves when it is over. */
  get busy(): Promise<unknown> | undefined {
    return this.#turns.busy;
  }

  /** Does work that takes long and must find the same weights from its beginning to its end: one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.inTurn(work);
  }
}
