/** A language model, as generation needs it, with the simplest default methods. */

import type { DataMode } from "../data/corpus.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { exp } from "../util/math.ts";
import { say, set } from "../util/words.ts";
import type { GPTConfig } from "./config.ts";

/**
 * Takes the next token of a sequence and returns the probabilities (V), or the logits (V), of the one after it, valid
 * until the next call.
 */
export type NextToken = (token: number) => ArrayLike<number>;

/** A language model, as generation needs it, on any engine. */
export interface LanguageModel {
  readonly config: GPTConfig;
  /** The mode of its training data, if known, which is the default for generation. */
  readonly mode?: DataMode | undefined;
  /** Begins a sequence; returns the logits after each of its tokens. */
  decoder(): NextToken;
  /**
   * Begins a sequence with a prompt; returns the probabilities after it. For engines that do this faster than `decoder`
   * and `probabilities`.
   */
  predictor?(prompt: readonly number[], temperature: number): NextToken;
  /** Sequences that advance together, if the engine supports that; a new call invalidates earlier results. */
  batchDecoder?(temperature: number): BatchDecoder;
}

/** Sequences, numbered from 0, that advance together. */
export interface BatchDecoder {
  /** Number of sequences. */
  readonly sequences: number;
  /** Restarts a sequence. */
  begin(sequence: number): void;
  /**
   * Takes the next token of each of the R listed sequences, and returns the probabilities (R, V) of the tokens after
   * them, valid until the next call.
   */
  next(sequences: readonly number[], tokens: readonly number[]): ArrayLike<number>;
  /** The logits (R, V) behind the probabilities of the last call of `next`. */
  readonly logits: ArrayLike<number>;
}

/** The `predictor` of a model, made from its `decoder` if it has none. */
export function predictorOf(model: LanguageModel, prompt: readonly number[], temperature: number): NextToken {
  if (model.predictor !== undefined) return model.predictor(prompt, temperature);
  const next = model.decoder();
  for (const token of prompt) next(token);
  const weights = new Float64Array(model.config.vocabSize);
  return (token) => probabilitiesInto(weights, next(token), temperature);
}

/** The `batchDecoder` of a model, or one of a single sequence if it has none. */
export function batchDecoderOf(model: LanguageModel, temperature: number): BatchDecoder {
  if (model.batchDecoder !== undefined) return model.batchDecoder(temperature);
  const weights = new Float64Array(model.config.vocabSize);
  let next = model.decoder();
  let logits: ArrayLike<number> = weights;
  return {
    sequences: 1,
    begin: () => {
      next = model.decoder();
    },
    next: (_, tokens) => {
      logits = next(tokens[0] as number);
      return probabilitiesInto(weights, logits, temperature);
    },
    get logits() {
      return logits;
    },
  };
}

/**
 * softmax(logits / temperature), with the largest logit subtracted first so that no temperature overflows. Errors: a
 * logit that is NaN or Infinity, as from a model whose training diverged.
 */
export function probabilities(logits: ArrayLike<number>, temperature: number): number[] {
  return Array.from(probabilitiesInto(new Float64Array(logits.length), logits, temperature));
}

/** The same into an existing array. */
export function probabilitiesInto(into: Float64Array, logits: ArrayLike<number>, temperature: number): Float64Array {
  const count = into.length;
  let max = -Infinity;
  for (let i = 0; i < count; i++) if ((logits[i] as number) > max) max = logits[i] as number;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = exp(((logits[i] as number) - max) / temperature);
    into[i] = weight;
    total += weight;
  }
  // A single NaN makes the sum NaN.
  if (!(Number.isFinite(max) && Number.isFinite(total))) throw diverged(Number.isFinite(max) ? total : max);
  for (let i = 0; i < count; i++) into[i] = (into[i] as number) / total;
  return into;
}

export function diverged(got: number): MicrogptError {
  const fix = say`the model has diverged: train again with a lower ${set("learningRate")}`;
  return mistake("diverged", "generate", "finite logits", `${got}`, fix);
}
