/** What generation needs of a model, and the simplest way to give it. */

import type { DataMode } from "../data/corpus.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { exp } from "../util/math.ts";
import { say, set } from "../util/words.ts";
import type { GPTConfig } from "./config.ts";

/**
 * Takes the next token of a sequence and gives the probabilities (V), or the logits (V), of the one after it, to be read
 * before the next call.
 */
export type NextToken = (token: number) => ArrayLike<number>;

/** What generation needs of a model, whichever engine runs it. */
export interface LanguageModel {
  readonly config: GPTConfig;
  /** What it was trained on, where that is known: how it writes if the options do not say. */
  readonly mode?: DataMode | undefined;
  /** Begins a sequence, whose next tokens it gives as logits. */
  decoder(): NextToken;
  /**
   * Begins a sequence with a prompt, after which it gives probabilities. For engines that are faster at it than
   * `decoder` and `probabilities`.
   */
  predictor?(prompt: readonly number[], temperature: number): NextToken;
  /** Sequences that go on together, where the engine can; only the last one taken may be used. */
  batchDecoder?(temperature: number): BatchDecoder;
}

/** Sequences, numbered from 0, that go on together. */
export interface BatchDecoder {
  /** How many there are. */
  readonly sequences: number;
  /** Begins a sequence anew. */
  begin(sequence: number): void;
  /**
   * Takes the next token of each of the R sequences that are named, and gives the probabilities (R, V) of the ones after
   * them, to be read before the next call.
   */
  next(sequences: readonly number[], tokens: readonly number[]): ArrayLike<number>;
  /** The logits (R, V) that the last call of `next` made its probabilities of. */
  readonly logits: ArrayLike<number>;
}

/** The `predictor` of a model, made of its `decoder` if it has none. */
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
 * softmax(logits / temperature), with the largest logit taken off first so that no temperature overflows. Errors: a
 * logit that is NaN or Infinity, as a model gives whose training diverged.
 */
export function probabilities(logits: ArrayLike<number>, temperature: number): number[] {
  return Array.from(probabilitiesInto(new Float64Array(logits.length), logits, temperature));
}

/** The same into an array that is there already. */
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
  // A single NaN makes the sum one.
  if (!(Number.isFinite(max) && Number.isFinite(total))) throw diverged(Number.isFinite(max) ? total : max);
  for (let i = 0; i < count; i++) into[i] = (into[i] as number) / total;
  return into;
}

export function diverged(got: number): MicrogptError {
  const fix = say`the model has diverged: train again with a lower ${set("learningRate")}`;
  return mistake("diverged", "generate", "finite logits", `${got}`, fix);
}
