import type { Tokenizer } from "../data/tokenizer.ts";
import { checkInteger } from "../util/checks.ts";
import { Draft } from "./draft.ts";
import { filterProbabilities, penalizeRepetition } from "./filter.ts";
import { checkOptions, type GenerateOptions } from "./generate-options.ts";
import { batchDecoderOf, diverged, type LanguageModel, probabilities } from "./language-model.ts";

export interface SamplesOptions extends GenerateOptions {
  /** Number of texts. */
  readonly count: number;
}

/** Limit on tokens per text: the random numbers of a text are drawn before it begins. */
const MOST_TOKENS = 2 ** 24;

/**
 * Generates many texts, as many at once as the model can. If n is the maximum number of tokens that one may add, text i
 * draws with the numbers i·n to (i + 1)·n - 1 of `random`, used or not. So neither the texts nor the final state of
 * `random` depend on how many are written at once. They differ from repeated calls of `sample`, which uses one number
 * for each token. Options and errors are those of `generate`; more than 16,777,216 tokens a text are refused.
 */
export function samples(model: LanguageModel, tokenizer: Tokenizer, options: SamplesOptions): string[] {
  const drawing = checkOptions(model, tokenizer, options, ["count"]);
  options.signal?.throwIfAborted();
  const count = checkInteger("generate", "count", options.count, { min: 0 });
  const limit = checkInteger("generate", "maxNewTokens", drawing.limit, { max: MOST_TOKENS });
  const { vocabSize, blockSize } = model.config;
  const decoder = batchDecoderOf(model, drawing.temperature);
  const numbers = Array.from({ length: Math.min(count, decoder.sequences) }, () => new Float64Array(limit));
  const texts: string[] = [];
  let begun = 0;
  const begin = (sequence: number): Draft => {
    const own = numbers[sequence] as Float64Array;
    for (let i = 0; i < limit; i++) own[i] = drawing.random.random();
    return new Draft(begun++, { decoder, sequence, blockSize, tokenizer, drawing });
  };

  const { temperature, repetitionPenalty, filters } = drawing;
  const scratch = new Float64Array(vocabSize);
  const plain = repetitionPenalty === 1 && filters === undefined;
  const narrowed = ({ context }: Draft, row: number, predicted: ArrayLike<number>): ArrayLike<number> => {
    const own = (rows: ArrayLike<number>): ArrayLike<number> => {
      for (let i = 0; i < vocabSize; i++) scratch[i] = rows[row * vocabSize + i] as number;
      return scratch;
    };
    if (repetitionPenalty === 1) return filterProbabilities(own(predicted), filters ?? {});
    const seen = context.filter((token) => token !== tokenizer.bos);
    const logits = penalizeRepetition(own(decoder.logits), seen, repetitionPenalty);
    return filterProbabilities(probabilities(logits, temperature), filters ?? {});
  };

  const drafts = numbers.map((_, sequence) => begin(sequence));
  while (drafts.length > 0) {
    const sequences = drafts.map(({ sequence }) => sequence);
    const ids = drafts.map((draft) => draft.read());
    const predicted = decoder.next(sequences, ids);
    // From the last one down, so that removing a draft does not change the rows of those still to come.
    for (let row = drafts.length - 1; row >= 0; row--) {
      const draft = drafts[row] as Draft;
      if (!draft.isRead) continue;
      const number = numbers[draft.sequence]?.[draft.drawn] as number;
      const token = plain
        ? pick(predicted, row * vocabSize, vocabSize, number)
        : pick(narrowed(draft, row, predicted), 0, vocabSize, number);
      if (draft.add(token)) continue;
      texts[draft.index] = (options.start ?? "") + draft.text();
      if (begun < count) drafts[row] = begin(draft.sequence);
      else drafts.splice(row, 1);
    }
  }
  return texts;
}

/** The first of the V probabilities, from `from` on, at which their running sum exceeds `number` of the total. */
function pick(probabilities: ArrayLike<number>, from: number, V: number, number: number): number {
  let total = 0;
  for (let i = 0; i < V; i++) total += probabilities[from + i] as number;
  if (!(total > 0)) throw diverged(total);
  const target = number * total;
  let sum = 0;
  for (let i = 0; i < V - 1; i++) {
    sum += probabilities[from + i] as number;
    if (target < sum) return i;
  }
  return V - 1;
}
