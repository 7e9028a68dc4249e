/** Tests every option of generate() on models that record their input. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { bytes } from "../testing/byte-tokenizer.ts";
import { Random } from "../util/random.ts";
import { keptTokens } from "./context-window.ts";
import { generate, sample } from "./generate.ts";
import type { Ending, GenerateOptions } from "./generate-options.ts";
import { type LanguageModel, probabilities } from "./language-model.ts";

type Options = Omit<GenerateOptions, "random">;

/** A model with these logits after the tokens of its context; it records the contexts. */
function modelOf(
  vocabSize: number,
  blockSize: number,
  logits: (context: readonly number[]) => ArrayLike<number>,
): LanguageModel & { readonly contexts: number[][] } {
  const sizes = { nLayer: 1, nHead: 1, nEmbd: 4, mlp: "relu", initStd: 1, zeroInit: false } as const;
  const contexts: number[][] = [];
  return {
    config: { ...sizes, vocabSize, blockSize },
    contexts,
    decoder: () => {
      const context: number[] = [];
      contexts.push(context);
      return (token) => {
        expect(context.length).toBeLessThan(blockSize);
        context.push(token);
        return logits(context);
      };
    },
  };
}

const only = (vocabSize: number, token: number): number[] =>
  Array.from({ length: vocabSize }, (_, id) => (id === token ? 0 : -Infinity));

/** Writes the bytes of a text for any input, then BOS. */
function reciting(text: string): LanguageModel {
  let said = 0;
  const all = [...bytes.encode(text), bytes.bos];
  return modelOf(257, 64, () => only(257, all[said++] ?? bytes.bos));
}

function pieces(model: LanguageModel, tokenizer: Tokenizer, options: Options): { pieces: string[]; ending: Ending[] } {
  const ending: Ending[] = [];
  const onEnd = (why: Ending): number => ending.push(why);
  return { pieces: [...generate(model, tokenizer, { random: new Random(1), onEnd, ...options })], ending };
}

const letters = CharTokenizer.fit(["\nabc"]);
const V = letters.vocabSize;

describe("running text", () => {
  // Counts on and on: a, b, c, a, ...
  const counting = (blockSize: number): ReturnType<typeof modelOf> =>
    modelOf(V, blockSize, (context) => only(V, { 1: 2, 2: 3, 3: 1 }[context.at(-1) ?? 0] ?? 1));

  test.each([1, 2, 3, 4, 8, 13])(
    "continues past a context of %d, without BOS, and sees the last of the text",
    (blockSize) => {
      const model = counting(blockSize);
      const { pieces: drawn, ending } = pieces(model, letters, { mode: "stream", start: "c", maxNewTokens: 60 });
      expect({ text: drawn.join(""), ending }).toEqual({ text: "abc".repeat(20), ending: ["limit"] });
      const all = letters.encode(`c${"abc".repeat(20)}`);
      let end = 0;
      for (const [i, context] of model.contexts.entries()) {
        expect(context.length).toBeLessThanOrEqual(blockSize);
        // Each context but the first begins with the last kept tokens of the text up to then.
        const begin = i === 0 ? 0 : end + 1 - keptTokens(blockSize);
        expect(context).toEqual(all.slice(begin, begin + context.length));
        end = begin + context.length;
      }
      expect(end).toBe(60);
    },
  );

  // Names, titles, melodies; prose, verses, source code.
  test.each([
    ["documents", 0.5],
    ["stream", 0.8],
  ] as const)("row 32: the temperature of %s is %d if none is given", (mode, temperature) => {
    const draw = (more: Options): string =>
      sample(
        modelOf(V, 40, () => [0.3, 1, 0.6, 0.2, -1]),
        letters,
        { random: new Random(3), mode, maxNewTokens: 40, ...more },
      );
    expect(draw({})).toBe(draw({ temperature }));
    expect(draw({})).not.toBe(draw({ temperature: 1.3 - temperature }));
  });

  test("has 500 tokens by default", () => {
    expect(sample(counting(8), letters, { random: new Random(1), mode: "stream", start: "c" })).toHaveLength(501);
  });

  test("without a start follows a line end, which is not shown", () => {
    const model = counting(8);
    const options = { random: new Random(1), mode: "stream", maxNewTokens: 3 } as const;
    expect(sample(model, letters, options)).toBe("abc");
    expect(model.contexts).toEqual([[0, 1, 2]]);
  });

  // DNA, base64, Chinese in one line have neither; text8 has blanks; bytes spell a line end that the text may never
  // have.
  describe("row 3: running text without a start needs no line end", () => {
    test.each([
      ["a line end", CharTokenizer.fit(["a b\n"]), "\n"],
      ["a blank, where there is no line end", CharTokenizer.fit(["a b"]), " "],
      ["a line end of bytes", bytes, "\n"],
    ])("it follows %s", (_, tokenizer, before) => {
      const model = modelOf(tokenizer.vocabSize, 8, () => only(tokenizer.vocabSize, tokenizer.encode("a")[0] ?? 0));
      expect(pieces(model, tokenizer, { mode: "stream", maxNewTokens: 3 }).pieces.join("")).toBe("aaa");
      expect(model.contexts[0]?.[0]).toBe(tokenizer.encode(before)[0]);
    });

    test.each([1, 2, 8])("it follows BOS, if there is neither, in a context of %d", (blockSize) => {
      const dna = CharTokenizer.fit(["ACGT"]);
      const model = modelOf(dna.vocabSize, blockSize, () => only(dna.vocabSize, 2));
      expect(pieces(model, dna, { mode: "stream", maxNewTokens: 5 })).toEqual({
        pieces: ["G", "G", "G", "G", "G"],
        ending: ["limit"],
      });
      expect(model.contexts[0]?.[0]).toBe(dna.bos);
    });

    // As after the line end that ends each of many one-line files.
    test("BOS, drawn first, begins it; after that it ends it", () => {
      const model = modelOf(V, 8, ({ length }) => only(V, length % 3 === 1 ? letters.bos : 1));
      expect(pieces(model, letters, { mode: "stream" })).toEqual({ pieces: ["a", "a"], ending: ["bos"] });
      expect(pieces(model, letters, { mode: "stream", start: "c" })).toEqual({ pieces: [], ending: ["bos"] });
      const always = modelOf(V, 8, () => only(V, letters.bos));
      expect(pieces(always, letters, { mode: "stream" }).ending).toEqual(["bos"]);
      expect(pieces(always, letters, { mode: "stream", maxNewTokens: 1 }).ending).toEqual(["limit"]);
    });
  });

  test("ends with BOS if the model draws it", () => {
    const model = modelOf(V, 8, ({ length }) => only(V, length < 3 ? 1 : letters.bos));
    expect(pieces(model, letters, { mode: "stream", start: "c" })).toEqual({ pieces: ["a", "a"], ending: ["bos"] });
  });

  test.each([
    [4, "abca", [1, 2, 3, 1]],
    [4, "abcabcab", [1, 2]],
    [8, "abcabcabcabc", [3, 1, 2, 3]],
  ])("in a context of %d after %s continues from the last part", (blockSize, start, read) => {
    const model = counting(blockSize);
    pieces(model, letters, { mode: "stream", start, maxNewTokens: 1 });
    expect(model.contexts).toEqual([read]);
  });

  test("draws the same whether or not the engine reads prompts at once", () => {
    const model = modelOf(V, 6, (context) =>
      context
        .map((token, i) => Math.sin(token * (i + 1)))
        .concat(0, 0, 0, 0, 0)
        .slice(0, V),
    );
    const whole: LanguageModel = {
      ...model,
      predictor: (prompt, temperature) => {
        const next = model.decoder();
        for (const token of prompt) next(token);
        return (token) => probabilities(next(token), temperature);
      },
    };
    const options = { mode: "stream", temperature: 1, start: "a", maxNewTokens: 100 } as const;
    expect(pieces(whole, letters, options)).toEqual(pieces(model, letters, options));
  });
});

describe("text of bytes", () => {
  test("comes in whole characters", () => {
    expect(pieces(reciting("aé€😀b"), bytes, {})).toEqual({ pieces: ["a", "é", "€", "😀", "b"], ending: ["bos"] });
  });

  test("that ends within a character says so", () => {
    const { pieces: drawn, ending } = pieces(reciting("aé€"), bytes, { maxNewTokens: 5 });
    expect({ text: drawn.join(""), ending }).toEqual({ text: "aé\ufffd", ending: ["limit"] });
    expect(sample(reciting("aé€"), bytes, { random: new Random(1), maxNewTokens: 5 })).toBe("aé\ufffd");
  });

  test("ends before a stop string of several tokens, of which nothing is shown", () => {
    expect(pieces(reciting("ab€€c"), bytes, { stop: ["€c"] })).toEqual({ pieces: ["a", "b", "€"], ending: ["stop"] });
    expect(pieces(reciting("ab€"), bytes, { stop: ["€c"] })).toEqual({ pieces: ["a", "b", "€"], ending: ["bos"] });
  });

  test("ends at a stop string that its last, broken character completes", () => {
    expect(pieces(reciting("a€"), bytes, { stop: ["\ufffd"], maxNewTokens: 3 })).toEqual({
      pieces: ["a"],
      ending: ["stop"],
    });
  });

  test("without options is unchanged, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 15 }), (text) => {
        expect(pieces(reciting(text), bytes, {}).pieces.join("")).toBe(text);
        expect(sample(reciting(text), bytes, { random: new Random(1) })).toBe(text);
      }),
    );
  });
});

describe("a stop string", () => {
  test("counts from the start on, not within it, and the model computes no more", () => {
    // After BOS, a and b it writes a, b, c, and no more is requested.
    const model = modelOf(V, 8, ({ length }) => only(V, 1 + (length % 3)));
    expect(pieces(model, letters, { start: "ab", stop: ["bc"] })).toEqual({ pieces: ["a"], ending: ["stop"] });
    expect(model.contexts).toEqual([[letters.bos, 1, 2, 1, 2]]);
    expect(pieces(model, letters, { start: "ab", stop: ["ba"] }).pieces.join("")).toBe("abcabc");
  });
});

describe("the drawn token", () => {
  const logits = [0.3, 1.5, 1.2, -0.4, -0.1];
  const model = (): LanguageModel => modelOf(V, 40, () => logits);
  const draw = (options: Options): string =>
    Array.from({ length: 20 }, (_, seed) =>
      sample(model(), letters, { random: new Random(seed), temperature: 1, ...options }),
    ).join("");

  test.each<[options: Options, allowed: RegExp]>([
    [{ topK: 1 }, /^a+$/],
    [{ topK: 2 }, /^(?=.*a)(?=.*b)[ab]+$/],
    [{ topP: 0.1 }, /^a+$/],
    [{ topP: 0.6 }, /^(?=.*a)(?=.*b)[ab]+$/],
    [{ minP: 0.9 }, /^a+$/],
    [{ minP: 0.5 }, /^(?=.*a)(?=.*b)[ab]+$/],
    [{ topK: 3, minP: 0.5 }, /^(?=.*a)(?=.*b)[ab]+$/],
  ])("is among those that %o leaves", (options, allowed) => {
    expect(draw(options)).toMatch(allowed);
  });

  test("is the same with filters that keep everything", () => {
    expect(draw({ topK: V, topP: 1, minP: 0, repetitionPenalty: 1 })).toBe(draw({}));
  });

  test("with a repetition penalty does not repeat the previous one", () => {
    // Of two tokens, one is slightly likelier; the other follows once the first was drawn.
    const pair = modelOf(V, 9, () => [-Infinity, 1, 0.9, -Infinity, -Infinity]);
    const options = { random: new Random(1), temperature: 1e-6 };
    expect(sample(pair, letters, options)).toBe("aaaaaaaaa");
    expect(sample(pair, letters, { ...options, repetitionPenalty: 2, maxNewTokens: 2 })).toBe("ab");
    expect(sample(pair, letters, { ...options, repetitionPenalty: 2, start: "a", maxNewTokens: 1 })).toBe("ab");
  });

  test("BOS is not text that could be repeated", () => {
    const ends = modelOf(V, 9, () => [-Infinity, 0.9, -Infinity, -Infinity, 1]);
    expect(sample(ends, letters, { random: new Random(1), temperature: 1e-6, repetitionPenalty: 10 })).toBe("");
  });
});

describe("errors", () => {
  test.each<[what: string, options: Options, message: string]>([
    ["top_k 0", { topK: 0 }, "generate: expected topK to be a whole number, 1 or more, got 0;"],
    ["half a top_k", { topK: 1.5 }, "topK to be a whole number, 1 or more, got 1.5;"],
    ["top_p 0", { topP: 0 }, "generate: expected topP to be a finite number above 0 and at most 1, got 0;"],
    ["top_p above 1", { topP: 1.1 }, "topP to be a finite number above 0 and at most 1, got 1.1;"],
    ["min_p 1", { minP: 1 }, "generate: expected minP to be at least 0 and below 1, got 1;"],
    ["min_p that is NaN", { minP: Number.NaN }, "minP to be at least 0 and below 1, got NaN;"],
    [
      "no penalty",
      { repetitionPenalty: 0 },
      "generate: expected repetitionPenalty to be at least 0.01 and below 100, got 0;",
    ],
    ["an empty stop string", { stop: ["a", ""] }, "expected non-empty stop strings, got an empty one; leave"],
    ["a mode that is none", { mode: "lines" as "stream" }, 'mode to be one of documents, stream, got "lines"'],
    [
      "running text without end",
      { mode: "stream", maxNewTokens: Infinity },
      "maxNewTokens to be a whole number, 1 or more, got Infinity",
    ],
  ])("%s", (_, options, message) => {
    const model = modelOf(V, 8, () => only(V, 1));
    const act = (): string => sample(model, letters, { random: new Random(1), ...options });
    expect(act).toThrow(message);
    expect(model.contexts).toEqual([]);
  });
});
