import { expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { Random } from "../util/random.ts";
import type { GPTConfig } from "./config.ts";
import { sample } from "./generate.ts";
import type { GenerateOptions } from "./generate-options.ts";
import { type BatchDecoder, type LanguageModel, probabilities } from "./language-model.ts";
import { samples } from "./samples.ts";

const config: GPTConfig = {
  vocabSize: 4,
  nLayer: 1,
  nHead: 1,
  nEmbd: 4,
  blockSize: 6,
  mlp: "relu",
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

/** The same with several sequences at once. */
function together(sequences: number): LanguageModel & { readonly steps: number[] } {
  const steps: number[] = [];
  const batchDecoder = (temperature: number): BatchDecoder => {
    const all = Array.from({ length: sequences }, () => model.decoder());
    const logits: number[] = [];
    return {
      sequences,
      logits,
      begin: (s) => {
        all[s] = model.decoder();
      },
      next: (rows, tokens) => {
        steps.push(rows.length);
        expect(new Set(rows).size).toBe(tokens.length);
        const made = rows.map((s, r) => Array.from(all[s]?.(tokens[r] ?? 0) ?? []));
        logits.splice(0, logits.length, ...made.flat());
        return made.flatMap((row) => probabilities(row, temperature));
      },
    };
  };
  return { ...model, batchDecoder, steps };
}

const options = { temperature: 1, count: 23 };

/** A tokenizer with a line end instead of c. */
const lines = CharTokenizer.fit(["\nab"]);

/** Every option, alone and with others. */
const every: readonly Omit<GenerateOptions, "random">[] = [
  {},
  { start: "ab" },
  { maxNewTokens: 2 },
  { start: "b", maxNewTokens: 1 },
  { topK: 2 },
  { topP: 0.6, minP: 0.1 },
  { repetitionPenalty: 1.8 },
  { stop: ["ab", "ba"] },
  { mode: "stream", maxNewTokens: 30 },
  { mode: "stream", maxNewTokens: 2 },
  { mode: "stream", start: "abababababab", maxNewTokens: 11, repetitionPenalty: 0.7, topK: 3 },
  { mode: "stream", start: "ababab", stop: ["\n\n"], topP: 0.9 },
  { mode: "stream", start: "ab", repetitionPenalty: 3, topP: 0.5, minP: 0.2, stop: ["ba"], maxNewTokens: 9 },
];

test.each(every)("the texts, and the numbers used up, do not depend on how many are written at once: %o", (more) => {
  const random = new Random(3);
  const expected = samples(model, lines, { ...options, ...more, random });
  expect(expected).toHaveLength(23);
  expect(new Set(expected).size).toBeGreaterThan(1);
  for (const sequences of [1, 2, 7, 23, 40]) {
    const other = new Random(3);
    expect(samples(together(sequences), lines, { ...options, ...more, random: other })).toEqual(expected);
    expect(other.getState()).toEqual(random.getState());
  }
});

test("the first documents do not depend on how many follow", () => {
  const draw = (count: number): string[] =>
    samples(together(4), tokenizer, { ...options, count, random: new Random(3) });
  expect(draw(0)).toEqual([]);
  expect(draw(5)).toEqual(draw(23).slice(0, 5));
});

test.each(every)("a text draws as sample does, from its own part of the stream: %o", (more) => {
  const random = new Random(9);
  const limit = more.maxNewTokens ?? (more.mode === "stream" ? 500 : config.blockSize - (more.start ?? "").length);
  for (const text of samples(together(3), lines, { ...options, ...more, random: new Random(9) })) {
    const own = Random.fromState(random.getState());
    expect(sample(model, lines, { ...more, random: own, temperature: 1 })).toBe(text);
    for (let i = 0; i < limit; i++) random.random();
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

test("errors: running text whose random numbers would fill the memory", () => {
  const more = { mode: "stream", start: "a", maxNewTokens: 2 ** 40 } as const;
  const act = (): string[] => samples(model, tokenizer, { random: new Random(1), count: 1, ...more });
  expect(act).toThrow("maxNewTokens to be a whole number, 16777216 or less, got 1099511627776");
});

test("errors: a start that fills the context", () => {
  const act = (): string[] => samples(model, tokenizer, { random: new Random(1), count: 1, start: "abcabc" });
  expect(act).toThrow("a start of fewer than 6 tokens");
});
