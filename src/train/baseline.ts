/**
 * The losses of models that only count: the bar for a GPT. A bigram model predicts a token from the one before it; a
 * GPT that is no better has learned nothing that needs attention.
 *
 * Letters: V vocabulary, c(a, b) the number of times b follows a, c(a) the number of times a has a successor, u(b) the
 * unigram model.
 */

import type { TokenSource } from "../data/tokens.ts";
import { mistake } from "../util/errors.ts";
import { log } from "../util/math.ts";

/** Mean losses on the validation sequences, in nats per token, to compare a GPT's validation loss with. */
export interface Baseline {
  /** log V: all tokens equally likely. */
  readonly uniform: number;
  /** Tokens by their frequency. */
  readonly unigram: number;
  /** Tokens by their frequency after the previous one. */
  readonly bigram: number;
}

export interface BaselineOptions {
  /** Limit on counted predictions, and on judged ones; the rest is skipped. Default 2,000,000. */
  readonly maxTokens?: number;
}

const MAX_TOKENS = 2_000_000;

/** Strengths of the unigram prior, in pairs; the best one is used. */
const PRIORS = Array.from({ length: 16 }, (_, i) => 2 ** (i - 3));

/** Tokens in one read of a long list. */
const CHUNK = 4096;

/**
 * The losses of counting models, trained on `train` and judged on `val`. A sequence is the same as for the GPT (a
 * document BOS ... BOS, a window, `chunksOf` a long list): its first token is known, every other is predicted.
 *
 * unigram: u(b) = (c(b) + 1/2) / (N + V/2). bigram: p(b | a) = (c(a, b) + m u(b)) / (c(a) + m), MacKay and Peto's
 * hierarchical Dirichlet model (1995), where m is the power of two from 1/8 to 4096 that is best on `val` itself. That
 * sets the bar as high as such a model can reach, with help that the GPT does not get. Errors: nothing to judge on, or
 * an id outside the vocabulary.
 */
export function bigramBaseline(
  train: Iterable<ArrayLike<number>>,
  val: Iterable<ArrayLike<number>>,
  vocabSize: number,
  { maxTokens = MAX_TOKENS }: BaselineOptions = {},
): Baseline {
  const seen = countPairs(train, vocabSize, maxTokens);
  const judged = countPairs(val, vocabSize, maxTokens);
  if (judged.total === 0) {
    const fix = "hold more text out for validation";
    throw mistake("no-data", "baseline", "validation tokens", "none to predict", fix);
  }
  const unigram = (b: number): number => ((seen.after[b] ?? 0) + 0.5) / (seen.total + vocabSize / 2);

  let unigramSum = 0;
  const sums = PRIORS.map(() => 0);
  for (const [pair, count] of judged.pairs) {
    const [a, b] = [Math.floor(pair / vocabSize), pair % vocabSize];
    const u = unigram(b);
    unigramSum -= count * log(u);
    const [together, before] = [seen.pairs.get(pair) ?? 0, seen.before[a] ?? 0];
    for (const [i, prior] of PRIORS.entries()) {
      sums[i] = (sums[i] ?? 0) - count * log((together + prior * u) / (before + prior));
    }
  }
  return {
    uniform: log(vocabSize),
    unigram: unigramSum / judged.total,
    bigram: Math.min(...sums) / judged.total,
  };
}

/**
 * Splits a long list of tokens into sequences that overlap by one token, so that every token but the first is predicted
 * once. From a list of more than `maxTokens` it takes chunks spread evenly over all of it. Each is valid until the next
 * is requested.
 */
export function* chunksOf(source: TokenSource, maxTokens: number = MAX_TOKENS): Generator<ArrayLike<number>, void> {
  const last = source.length - 1; // number of predicted tokens
  const all = Math.ceil(last / CHUNK);
  const taken = Math.min(all, Math.max(1, Math.floor(maxTokens / CHUNK)));
  for (let i = 0; i < taken; i++) {
    const start = Math.floor((i * all) / taken) * CHUNK;
    yield source.read(start, Math.min(CHUNK, last - start) + 1);
  }
}

/** `uniform 3.30, unigram 2.85, bigram 2.45`, and with a loss also `, this model 2.10`. */
export function describeBaseline({ uniform, unigram, bigram }: Baseline, loss?: number): string {
  const known = `uniform ${uniform.toFixed(2)}, unigram ${unigram.toFixed(2)}, bigram ${bigram.toFixed(2)}`;
  return loss === undefined ? known : `${known}, this model ${loss.toFixed(2)}`;
}

interface PairCounts {
  /**
   * c(a, b) under the key a V + b, for pairs that occur: a table of V by V would be too large for a vocabulary of
   * thousands.
   */
  readonly pairs: ReadonlyMap<number, number>;
  /** The number of times each token was the first of a pair, and the second. */
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly total: number;
}

function countPairs(sequences: Iterable<ArrayLike<number>>, vocabSize: number, maxTokens: number): PairCounts {
  const pairs = new Map<number, number>();
  const before = new Float64Array(vocabSize);
  const after = new Float64Array(vocabSize);
  let total = 0;
  for (const tokens of sequences) {
    for (let i = 1; i < tokens.length && total < maxTokens; i++) {
      const a = checkId(tokens[i - 1], vocabSize);
      const b = checkId(tokens[i], vocabSize);
      const pair = a * vocabSize + b;
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
      before[a] = (before[a] ?? 0) + 1;
      after[b] = (after[b] ?? 0) + 1;
      total++;
    }
    if (total >= maxTokens) break;
  }
  return { pairs, before, after, total };
}

function checkId(id: number | undefined, vocabSize: number): number {
  if (id !== undefined && id >= 0 && id < vocabSize && Number.isInteger(id)) return id;
  throw mistake("id", "baseline", `ids from 0 to ${vocabSize - 1}`, String(id), "use the tokenizer that made them");
}
