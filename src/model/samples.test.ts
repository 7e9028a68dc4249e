import { expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { Random } from "../util/random.ts";
import type { GPTConfig } from "./config.ts";
import { type BatchDecoder, type LanguageModel, predictorOf, sample } from "./generate.ts";
import { samples } from "./samples.ts";

const config: GPTConfig = {
  vocabSize: 4,
  nLayer: 1,
  nHead: 1,
  nEmbd: 4,
  blockSize: 6,
  activation: "relu",
  initStd: 1,
  zeroInit: false,
};

// a is 0, b is 1, c is 2, BOS is 3.
const tokenizer = CharTokenizer.fit(["abc"]);

/** A model whose logits depend on all tokens so far. */
const model: LanguageModel = {
  config,
  decoder: () => {
    let [sum, t] = [0, 0];
    return (token) => {
      sum += (token + 1) * ++t;
      return [Math.sin(sum), Math.cos(3 * sum), Math.sin(5 * sum + 1), t / 4 - 1];
    };
  },
};

/** The same, so many sequences at once. */
function together(sequences: number): LanguageModel & { readonly steps: number[] } {
  const steps: number[] = [];
  const batchDecoder = (temperature: number): BatchDecoder => {
    const begin = (): ((token: number) => ArrayLike<number>) => predictorOf(model, [], temperature);
    const all = Array.from({ length: sequences }, begin);
    return {
      sequences,
      begin: (s) => {
        all[s] = begin();
      },
      next: (rows, tokens) => {
        steps.push(rows.length);
        expect(new Set(rows).size).toBe(tokens.length);
        return rows.flatMap((s, r) => Array.from(all[s]?.(tokens[r] ?? 0) ?? []));
      },
    };
  };
  return { ...model, batchDecoder, steps };
}

const options = { temperature: 1, count: 23 };

test("the documents, and the numbers used up, do not depend on how many are written at once", () => {
  for (const more of [{}, { start: "ab" }, { maxNewTokens: 2 }, { start: "c", maxNewTokens: 1 }]) {
    const random = new Random(3);
    const expected = samples(model, tokenizer, { ...options, ...more, random });
    expect(expected).toHaveLength(23);
    expect(new Set(expected).size).toBeGreaterThan(2);
    for (const sequences of [1, 2, 7, 23, 40]) {
      const other = new Random(3);
      expect(samples(together(sequences), tokenizer, { ...options, ...more, random: other })).toEqual(expected);
      expect(other.getState()).toEqual(random.getState());
    }
  }
});

test("the first documents do not depend on how many follow", () => {
  const draw = (count: number): string[] =>
    samples(together(4), tokenizer, { ...options, count, random: new Random(3) });
  expect(draw(0)).toEqual([]);
  expect(draw(5)).toEqual(draw(23).slice(0, 5));
});

test("a document draws as sample does, by its own part of the stream", () => {
  const random = new Random(9);
  for (const document of samples(model, tokenizer, { ...options, random: new Random(9) })) {
    const { words, index, gaussNext } = random.getState();
    const own = Random.fromState({ words, index, gaussNext });
    expect(sample(model, tokenizer, { random: own, temperature: 1 })).toBe(document);
    for (let i = 0; i < config.blockSize; i++) random.random();
  }
});

test("a sequence that has ended begins the next document at once", () => {
  const batch = together(4);
  const documents = samples(batch, tokenizer, { ...options, random: new Random(3) });
  // BOS is read by every document; a document that fills the context does not read its last token.
  const read = documents.map(({ length }) => Math.min(length + 1, config.blockSize));
  expect(batch.steps.reduce((sum, n) => sum + n)).toBe(read.reduce((sum, n) => sum + n));
  expect(batch.steps.slice(0, -config.blockSize).every((n) => n === 4)).toBe(true);
});

test.each([-1, 1.5, Number.NaN])("errors: %d documents", (count) => {
  const act = (): string[] => samples(model, tokenizer, { random: new Random(1), count });
  expect(act).toThrow(`generate: expected count to be a whole number, 0 or more, got ${count};`);
});

test("errors: a start that fills the context", () => {
  const act = (): string[] => samples(model, tokenizer, { random: new Random(1), count: 1, start: "abcabc" });
  expect(act).toThrow("a start of fewer than 6 tokens");
});
