/** Generation on the compiled engine, one sequence at a time. */

import type { OpenOptions, VisibleBackend, VisibleDevice } from "../backend/backend.ts";
import { compile, type Program } from "../compile/compile.ts";
import { checkConfig, checkLength } from "../model/check-config.ts";
import { type GPTConfig, headDim, kvHeads } from "../model/config.ts";
import { type BatchDecoder, diverged, type LanguageModel } from "../model/language-model.ts";
import type { WeightFormat } from "../model/narrow.ts";
import { checkIds } from "../tensor/ids.ts";
import { ROWS } from "../util/dim.ts";
import { CompiledBatch } from "./batch-decoder.ts";
import { decodingStep, inverseTemperature, tableName } from "./decode-graph.ts";
import { Rows } from "./decode-rows.ts";
import type { Weights } from "./engine.ts";
import { weightsIn } from "./weight-inputs.ts";

/** Tokens of a prompt that are read at once. Measured: half as many are a tenth slower, more are hardly faster. */
const PROMPT_ROWS = 128;

/** The state of a sequence that is not in the tables. */
interface Sequence {
  /** Tokens so far. */
  length: number;
  /** Its rows of every table, if another sequence replaced them. */
  saved: readonly Float32Array[] | undefined;
}

/**
 * A GPT in float32 for inference only. Two programs share weights and tables: one for a single token, which reads the
 * weights at the speed of memory, the other for many, which uses each weight for all of them. The tables hold one
 * sequence. When another one continues, their rows are swapped with its saved ones, so any number of sequences may take
 * turns, and each is computed as if it were alone.
 */
export class CompiledDecoder implements LanguageModel {
  readonly config: GPTConfig;
  readonly #openBatch: () => CompiledBatch;
  readonly #device: VisibleDevice;
  readonly #single: Rows;
  readonly #prompt: Rows;
  readonly #logits: Float32Array;
  readonly #probabilities: Float32Array;
  readonly #inverseTemperature: Float32Array;
  readonly #program: Program;
  readonly #format: WeightFormat;
  #weights: Weights;
  readonly #tables: readonly Float32Array[];
  #active: Sequence | undefined;
  #batch: CompiledBatch | undefined;

  /**
   * `threads`: those that `wake` starts. `format`: that of the matrices in memory. Errors: a config out of range, a model
   * larger than the backend's memory.
   */
  constructor(
    config: GPTConfig,
    weights: Weights,
    backend: VisibleBackend,
    threads: OpenOptions = {},
    format: WeightFormat = "f32",
  ) {
    this.config = checkConfig(config);
    this.#format = format;
    this.#weights = weights;
    this.#openBatch = () =>
      new CompiledBatch(this.config, weightsIn(config, this.#weights, format), backend, threads, format);
    const { blockSize, nLayer } = config;
    const single = compile(
      decodingStep(config, { rows: 1, slots: blockSize, predicts: true, format }),
      1,
      backend.target,
    );
    const manyRows = decodingStep(config, { rows: ROWS, slots: blockSize, predicts: false, format });
    const prompt = compile(manyRows, Math.min(PROMPT_ROWS, blockSize), backend.target, single);
    const device = backend.openNow([single, prompt], threads);
    this.#device = device;
    const view = (name: string): Float32Array => device.view(single, name);
    this.#single = new Rows(single, device);
    this.#prompt = new Rows(prompt, device);
    this.#logits = view("logits").subarray(0, config.vocabSize);
    this.#probabilities = view("probabilities").subarray(0, config.vocabSize);
    this.#inverseTemperature = view("inverse_temperature");
    this.#program = single;
    this.#tables = Array.from({ length: nLayer }, (_, i) => [tableName("k", i), tableName("v", i)])
      .flat()
      .map(view);
    this.setWeights(weights);
  }

  /**
   * Starts its threads, and with several `sequences` those of `batchDecoder`: all work that begins or continues uses them,
   * to the same bits. Errors: threads that do not start.
   */
  async wake(sequences = 1): Promise<void> {
    await this.#device.wake();
    if (sequences > 1) this.#batch ??= this.#openBatch();
    await this.#batch?.device.wake();
  }

  /** Ends its threads: all work continues without them. */
  async rest(): Promise<void> {
    await this.#device.rest();
    await this.#batch?.device.rest();
  }

  /** Replaces the weights for all later tokens. */
  setWeights(weights: Weights): void {
    this.#weights = weights;
    const inputs = weightsIn(this.config, weights, this.#format);
    for (const [name, numbers] of inputs) this.#device.write(this.#program, name, numbers);
    this.#batch?.setWeights(inputs);
  }

  /**
   * Begins a sequence: each call takes the next token and returns the logits (V) after it, valid until the next call of
   * any sequence. Errors: more tokens than blockSize, an id outside the vocabulary.
   */
  decoder(): (token: number) => Float32Array {
    const step = this.#stepper({ length: 0, saved: undefined });
    return (token) => {
      step(token);
      return this.#logits;
    };
  }

  /**
   * Begins a sequence with a prompt, which is read at once: each call takes the next token and returns the
   * probabilities (V) of the one after it. Errors: those of `decoder`, weights that have diverged.
   */
  predictor(prompt: readonly number[], temperature: number): (token: number) => Float32Array {
    const step = this.#stepper(this.#afterPrompt(prompt));
    const coldness = inverseTemperature(temperature);
    return (token) => {
      this.#inverseTemperature[0] = coldness;
      step(token);
      const [first = Number.NaN] = this.#probabilities;
      // A logit that is not finite makes the sum NaN, and so all of them.
      if (Number.isNaN(first)) throw diverged(first);
      return this.#probabilities;
    };
  }

  /** Many sequences at once, with a program and memory of their own; there is one for each decoder. */
  batchDecoder(temperature: number): BatchDecoder {
    this.#batch ??= this.#openBatch();
    this.#batch.setTemperature(temperature);
    return this.#batch;
  }

  #afterPrompt(prompt: readonly number[]): Sequence {
    const sequence: Sequence = { length: 0, saved: undefined };
    if (prompt.length === 0) return sequence;
    checkLength(prompt.length, this.config);
    // The kernels do not check ids: one out of range would read other memory.
    checkIds("embedding", prompt, this.config.vocabSize);
    this.#activate(sequence);
    const most = Math.min(PROMPT_ROWS, this.config.blockSize);
    for (let from = 0; from < prompt.length; from += most) {
      const rows = Math.min(most, prompt.length - from);
      for (let r = 0; r < rows; r++) this.#prompt.place(r, prompt[from + r] as number, from + r, 0);
      this.#prompt.run(rows);
      sequence.length = from + rows;
    }
    return sequence;
  }

  /** Takes the next token of a sequence. */
  #stepper(sequence: Sequence): (token: number) => void {
    const { vocabSize, blockSize } = this.config;
    const single = this.#single;
    return (token) => {
      if (!(Number.isInteger(token) && token >= 0 && token < vocabSize)) checkIds("embedding", [token], vocabSize);
      const at = sequence.length;
      if (at >= blockSize) checkLength(at + 1, this.config);
      if (this.#active !== sequence) this.#activate(sequence);
      single.place(0, token, at, 0);
      single.run(1);
      sequence.length = at + 1;
    };
  }

  /** Swaps the sequence's rows into the tables. */
  #activate(sequence: Sequence): void {
    const other = this.#active;
    if (other !== undefined)
      other.saved = this.#tables.map((table) =>
        table.slice(0, other.length * kvHeads(this.config) * headDim(this.config)),
      );
    sequence.saved?.forEach((rows, i) => {
      this.#tables[i]?.set(rows);
    });
    sequence.saved = undefined;
    this.#active = sequence;
  }
}
