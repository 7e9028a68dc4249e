import type { Tokenizer } from "../data/tokenizer.ts";
import { checkInteger } from "../util/checks.ts";
import {
  type BatchDecoder,
  checkOptions,
  diverged,
  type GenerateOptions,
  type LanguageModel,
  predictorOf,
} from "./generate.ts";

export interface SamplesOptions extends GenerateOptions {
  /** How many documents. */
  readonly count: number;
}

/** A document in the making, by one of the sequences that go on together. */
interface Draft {
  readonly sequence: number;
  /** Which document it is. */
  index: number;
  /** A number from 0 to 1 for each token that it may draw. */
  readonly numbers: Float64Array;
  /** How much of the prompt was read. */
  read: number;
  /** The token to be read next. */
  last: number;
  readonly tokens: number[];
}

/**
 * Writes many documents, as many at once as the model can. With n the most tokens that one may add, document i draws by
 * the numbers i·n to (i + 1)·n - 1 of `random`, needed or not: so neither the documents nor the state of `random`
 * afterwards depend on how many are written at once. They are others than `sample` gives when called again and again,
 * which uses one number a token. Options and errors are those of `generate`.
 */
export function samples(model: LanguageModel, tokenizer: Tokenizer, options: SamplesOptions): string[] {
  const count = checkInteger("generate", "count", options.count, { min: 0 });
  const { random, temperature, prompt, limit } = checkOptions(model, tokenizer, options);
  const { vocabSize } = model.config;
  const decoder = batchDecoderOf(model, temperature);
  const documents: string[] = [];
  let begun = 0;
  const begin = (draft: Draft): Draft => {
    for (let i = 0; i < limit; i++) draft.numbers[i] = random.random();
    draft.index = begun++;
    draft.read = 1;
    draft.last = tokenizer.bos;
    draft.tokens.length = 0;
    decoder.begin(draft.sequence);
    return draft;
  };

  const drafts = Array.from({ length: Math.min(count, decoder.sequences) }, (_, sequence) =>
    begin({ sequence, index: 0, numbers: new Float64Array(limit), read: 0, last: 0, tokens: [] }),
  );
  while (drafts.length > 0) {
    const sequences = drafts.map(({ sequence }) => sequence);
    const ids = drafts.map(({ last }) => last);
    const probabilities = decoder.next(sequences, ids);
    // From the last one on, so that a draft that goes does not change the rows of those that follow.
    for (let row = drafts.length - 1; row >= 0; row--) {
      const draft = drafts[row] as Draft;
      if (draft.read < prompt.length) {
        draft.last = prompt[draft.read++] as number;
        continue;
      }
      const { tokens, numbers } = draft;
      draft.last = pick(probabilities, row * vocabSize, vocabSize, numbers[tokens.length] as number);
      if (draft.last !== tokenizer.bos) tokens.push(draft.last);
      if (draft.last !== tokenizer.bos && tokens.length < limit) continue;
      documents[draft.index] = (options.start ?? "") + tokenizer.decode(tokens);
      if (begun < count) begin(draft);
      else drafts.splice(row, 1);
    }
  }
  return documents;
}

/** The first of the V probabilities from `from` on up to which their sum is above `number` of the whole. */
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

/** The `batchDecoder` of a model, or one of a single sequence if it has none. */
export function batchDecoderOf(model: LanguageModel, temperature: number): BatchDecoder {
  if (model.batchDecoder !== undefined) return model.batchDecoder(temperature);
  const begin = (): ((token: number) => ArrayLike<number>) => predictorOf(model, [], temperature);
  let next = begin();
  return {
    sequences: 1,
    begin: () => {
      next = begin();
    },
    next: (_, tokens) => next(tokens[0] as number),
  };
}
