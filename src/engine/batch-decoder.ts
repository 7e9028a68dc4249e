/** Generation on the compiled engine, many sequences at once. */

import type { OpenOptions, VisibleBackend, VisibleDevice } from "../backend/backend.ts";
import { compile, type Program } from "../compile/compile.ts";
import { checkLength } from "../model/check-config.ts";
import { type GPTConfig, headDim, kvHeads } from "../model/config.ts";
import type { BatchDecoder } from "../model/language-model.ts";
import type { WeightFormat } from "../model/narrow.ts";
import { checkIds } from "../tensor/ids.ts";
import { ROWS } from "../util/dim.ts";
import { decodingStep, inverseTemperature } from "./decode-graph.ts";
import { Rows } from "./decode-rows.ts";
import type { WeightInputs } from "./weight-inputs.ts";

/**
 * Number of sequences that advance together, if their tables fit in this size. Measured: twice as many are at most a
 * tenth faster.
 */
const SEQUENCES = 32;
const MAX_TABLE_BYTES = 2 ** 28;

/**
 * Number of sequences that advance together. Not a user option, since the order of a product's sums, and with it the
 * last bits of a result, may depend on the largest number of rows.
 */
function sequencesFor(config: GPTConfig): number {
  const bytes = 2 * 4 * config.nLayer * kvHeads(config) * headDim(config) * config.blockSize;
  return Math.max(1, Math.min(SEQUENCES, Math.floor(MAX_TABLE_BYTES / bytes)));
}

/** A program in which each row is another sequence, with a range of the tables for each. */
export class CompiledBatch implements BatchDecoder {
  readonly sequences: number;
  readonly logits: Float32Array;
  readonly #config: GPTConfig;
  readonly device: VisibleDevice;
  readonly #program: Program;
  readonly #rows: Rows;
  readonly #probabilities: Float32Array;
  /** Tokens of each sequence so far. */
  readonly #lengths: Uint32Array;

  /** `threads`: those that `wake` starts. */
  constructor(
    config: GPTConfig,
    weights: WeightInputs,
    backend: VisibleBackend,
    threads: OpenOptions,
    format: WeightFormat,
  ) {
    this.sequences = sequencesFor(config);
    this.#lengths = new Uint32Array(this.sequences);
    this.#config = config;
    const slots = this.sequences * config.blockSize;
    const program = compile(
      decodingStep(config, { rows: ROWS, slots, predicts: true, format }),
      this.sequences,
      backend.target,
    );
    this.#program = program;
    this.device = backend.openNow([program], threads);
    this.#rows = new Rows(program, this.device);
    this.#probabilities = this.device.view(program, "probabilities");
    this.logits = this.device.view(program, "logits");
    this.setWeights(weights);
  }

  setWeights(weights: WeightInputs): void {
    for (const [name, numbers] of weights) this.device.write(this.#program, name, numbers);
  }

  setTemperature(temperature: number): void {
    this.device.write(this.#program, "inverse_temperature", [inverseTemperature(temperature)]);
  }

  begin(sequence: number): void {
    this.#lengths[sequence] = 0;
  }

  next(sequences: readonly number[], tokens: readonly number[]): Float32Array {
    const { vocabSize, blockSize } = this.#config;
    for (let r = 0; r < tokens.length; r++) {
      const [sequence, token] = [sequences[r] as number, tokens[r] as number];
      if (!(Number.isInteger(token) && token >= 0 && token < vocabSize)) checkIds("embedding", [token], vocabSize);
      const at = this.#lengths[sequence] as number;
      if (at >= blockSize) checkLength(at + 1, this.#config);
      this.#rows.place(r, token, at, sequence * blockSize);
      this.#lengths[sequence] = at + 1;
    }
    this.#rows.run(tokens.length);
    return this.#probabilities;
  }
}
