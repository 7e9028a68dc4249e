import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { rowsOf } from "../testing/packed.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import type { GPTConfig } from "./config.ts";
import { generate, sample } from "./generate.ts";
import { gpt } from "./gpt.ts";
import { type LanguageModel, probabilities } from "./language-model.ts";

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

/** A model whose logits are a function of the tokens so far; it records them. */
class Fake implements LanguageModel {
  readonly config: GPTConfig = config;
  readonly seen: number[] = [];
  readonly #logits: (tokens: readonly number[]) => ArrayLike<number>;

  constructor(logits: (tokens: readonly number[]) => ArrayLike<number>) {
    this.#logits = logits;
  }

  decoder(): (token: number) => ArrayLike<number> {
    this.seen.length = 0;
    return (token) => {
      this.seen.push(token);
      return this.#logits(this.seen);
    };
  }
}

const always = (...logits: number[]): Fake => new Fake(() => logits);
/** Writes `text` at any temperature, then BOS. */
const reciting = (text: string): Fake =>
  new Fake(({ length }) =>
    [0, 1, 2, 3].map((id) => (id === (tokenizer.encode(text)[length - 1] ?? 3) ? 0 : -Infinity)),
  );
const coin = (): Fake => always(0, 0, 0, -Infinity);

describe("a document", () => {
  test("ends at the model's BOS, which is not part of it", () => {
    expect(sample(reciting("cab"), tokenizer, { random: new Random(1) })).toBe("cab");
    expect(sample(reciting(""), tokenizer, { random: new Random(1) })).toBe("");
  });

  test("ends when the context is full, which the model is never asked to exceed", () => {
    const model = coin();
    expect(sample(model, tokenizer, { random: new Random(1) })).toHaveLength(config.blockSize);
    expect(model.seen).toHaveLength(config.blockSize);
  });

  test.each([1, 2, 5, 6, 7, 100])(
    "has at most maxNewTokens, %d, and no more than the context holds",
    (maxNewTokens) => {
      const text = sample(coin(), tokenizer, { random: new Random(1), maxNewTokens });
      expect(text).toHaveLength(Math.min(maxNewTokens, config.blockSize));
    },
  );

  test("begins with the start, which the model reads after BOS and which takes up space", () => {
    const model = reciting("abcab");
    expect(sample(model, tokenizer, { random: new Random(1), start: "abc" })).toBe("abcab");
    expect(model.seen).toEqual([3, 0, 1, 2, 0, 1]);
    for (const start of ["", "a", "ab", "abcab"]) {
      const text = sample(coin(), tokenizer, { random: new Random(1), start });
      expect([text.startsWith(start), text.length]).toEqual([true, config.blockSize]);
    }
  });

  test("is yielded without its start, which the caller has", () => {
    const pieces = generate(reciting("abcab"), tokenizer, { random: new Random(1), start: "abc" });
    expect([...pieces]).toEqual(["a", "b"]);
  });

  test("is yielded a character at a time, and nothing is computed early", () => {
    const model = reciting("cab");
    const pieces = generate(model, tokenizer, { random: new Random(1) });
    expect(pieces.next()).toEqual({ done: false, value: "c" });
    expect(model.seen).toEqual([3]);
    expect([...pieces]).toEqual(["a", "b"]);
  });
});

describe("the draws", () => {
  const logits = [0.3, -1, 2, 0.1];

  test("are one for each token, by the probabilities at that temperature, as in microgpt.py", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.1, 0.5, 1, 2), (seed, temperature) => {
        const random = new Random(seed);
        const text = sample(always(...logits), tokenizer, { random, temperature });

        const reference = new Random(seed);
        const expected = [];
        while (expected.length < config.blockSize) {
          const token = reference.choice(probabilities(logits, temperature));
          if (token === tokenizer.bos) break;
          expected.push(token);
        }
        expect(text).toBe(tokenizer.decode(expected));
        expect(random.getState()).toEqual(reference.getState());
      }),
    );
  });

  test("depend only on the seed", () => {
    const texts = (seed: number): string[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => sample(coin(), tokenizer, { random }));
    };
    expect(texts(1)).toEqual(texts(1));
    expect(texts(1)).not.toEqual(texts(2));
    expect(new Set(texts(1)).size).toBeGreaterThan(1);
  });

  test("are at temperature 0.5 by default", () => {
    const text = (temperature?: number): string =>
      Array.from({ length: 50 }, (_, seed) => {
        const options = { random: new Random(seed), ...(temperature === undefined ? {} : { temperature }) };
        return sample(always(...logits), tokenizer, options);
      }).join("|");
    expect(text()).toBe(text(0.5));
    expect(text()).not.toBe(text(1));
  });

  test.each([0.001, 1e-300, Number.MIN_VALUE, 0])(
    "towards and at temperature 0 (%d) always take the likeliest token",
    (temperature) => {
      for (let seed = 0; seed < 20; seed++) {
        expect(sample(always(...logits), tokenizer, { random: new Random(seed), temperature })).toBe("cccccc");
      }
    },
  );

  test("never take a token of probability 0", () => {
    const text = sample(always(0, -Infinity, 0, -Infinity), tokenizer, { random: new Random(3), temperature: 100 });
    expect(text).toMatch(/^[ac]{6}$/);
  });
});

test.each([1e-6, 0])("a GPT at temperature %d writes the likeliest token given all its text so far", (temperature) => {
  const texts = Array.from({ length: 20 }, (_, seed) => {
    const model = ScalarGPT.init(config, new Random(seed));
    const tokens = [tokenizer.bos];
    while (tokens.length <= config.blockSize) {
      const logits = gpt(model.params, ...rowsOf(tokens), config)
        .data()
        .slice(-4);
      const likeliest = logits.indexOf(Math.max(...logits));
      if (likeliest === tokenizer.bos) break;
      tokens.push(likeliest);
    }
    const text = sample(model, tokenizer, { random: new Random(1), temperature });
    expect(text).toBe(tokenizer.decode(tokens));
    return text;
  });
  // Not one text over and over: some are empty, some fill the context.
  expect(new Set(texts).size).toBeGreaterThan(5);
});

describe("probabilities", () => {
  const logits = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 9 });

  test("are softmax(logits / temperature)", () => {
    expect(probabilities([0, Math.log(3)], 1)).toEqual([1 / 4, 3 / 4].map((p) => expect.closeTo(p, 14)));
    expect(probabilities(Float32Array.of(0, Math.LN2), 0.5)).toEqual([1 / 5, 4 / 5].map((p) => expect.closeTo(p, 7)));
  });

  test("sum to 1 and rank like the logits, at any temperature", () => {
    fc.assert(
      fc.property(logits, fc.constantFrom(1e-300, 0.5, 1, 1e300), (all, temperature) => {
        const result = probabilities(all, temperature);
        // Nine numbers up to 1, each accurate to 1e-16.
        expect(result.reduce((sum, p) => sum + p)).toBeCloseTo(1, 14);
        all.forEach((x, i) => {
          for (const [j, y] of all.entries()) if (x > y) expect(result[i]).toBeGreaterThanOrEqual(result[j] ?? 2);
        });
      }),
    );
  });

  test("even out as the temperature grows", () => {
    const largest = [0.1, 0.5, 1, 2, 10].map((temperature) => Math.max(...probabilities([1, 2, 3], temperature)));
    expect(largest).toEqual(largest.toSorted((p, q) => q - p));
    expect(Math.max(...probabilities([1, 2, 3], 1e9))).toBeCloseTo(1 / 3, 8);
  });
});

describe("errors", () => {
  const whole = "generate: expected maxNewTokens to be a whole number, 1 or more, got";
  test.each<[what: string, options: { temperature?: number; maxNewTokens?: number; start?: string }, message: string]>([
    ["a negative temperature", { temperature: -1 }, "temperature to be a finite number, 0 or more, got -1;"],
    [
      "a temperature that is NaN",
      { temperature: Number.NaN },
      "temperature to be a finite number, 0 or more, got NaN;",
    ],
    [
      "an infinite temperature",
      { temperature: Infinity },
      "temperature to be a finite number, 0 or more, got Infinity;",
    ],
    ["no token at all", { maxNewTokens: 0 }, `${whole} 0;`],
    ["half a token", { maxNewTokens: 1.5 }, `${whole} 1.5;`],
    [
      "an unknown character",
      { start: "ax" },
      'tokenizer: expected characters that the model was trained on: "abc", got "x"',
    ],
    [
      "a start that fills the context",
      { start: "abcabc" },
      "a start of fewer than 6 tokens, the model's blockSize, got 6;",
    ],
  ])("%s", (_, options, message) => {
    const model = coin();
    const act = (): string => sample(model, tokenizer, { random: new Random(1), ...options });
    expect(act).toThrow(MicrogptError);
    expect(act).toThrow(message);
    expect(model.seen).toEqual([]);
  });
});
