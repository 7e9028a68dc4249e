import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { trainBPE } from "./bpe-train.ts";
import { SPLIT_PATTERNS, type SplitPattern, Splitter } from "./words.ts";

/** Literally by the definition: counts all pairs, joins the first of the most frequent everywhere, and starts over. */
function mergeSlowly(docs: readonly string[], pattern: SplitPattern, count: number): number[][] {
  const words: number[][] = [];
  for (const doc of docs) {
    new Splitter(pattern).visit(doc, (start, end) => words.push([...new TextEncoder().encode(doc.slice(start, end))]));
  }
  const merges: number[][] = [];
  while (merges.length < count) {
    const counts = new Map<string, { pair: [number, number]; times: number }>();
    for (const word of words) {
      for (const [i, right] of word.entries()) {
        if (i === 0) continue;
        const pair: [number, number] = [word[i - 1] as number, right];
        const entry = counts.get(pair.join()) ?? { pair, times: 0 };
        entry.times++;
        counts.set(pair.join(), entry);
      }
    }
    const [first] = [...counts.values()].sort(
      (x, y) => y.times - x.times || x.pair[0] - y.pair[0] || x.pair[1] - y.pair[1],
    );
    if (first === undefined || first.times < 2) break;
    const [left, right] = first.pair;
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) word.splice(i, 2, 256 + merges.length);
      }
    }
    merges.push([left, right]);
  }
  return merges;
}

describe("training", () => {
  test.each(SPLIT_PATTERNS)(
    "merges the same pairs as recounting each time, in the same order, with words of %s",
    (pattern) => {
      const docs = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", " ", "\n", "é", "1"), maxLength: 40 }), {
        minLength: 1,
      });
      fc.assert(
        fc.property(
          docs.filter((texts) => texts.join("") !== ""),
          (texts) => {
            expect(trainBPE(texts, { vocabSize: 257 + 40, pattern }).merges).toEqual(mergeSlowly(texts, pattern, 40));
          },
        ),
      );
    },
  );

  test("the first merges of a text, with GPT-4's words by default", () => {
    const tokenizer = trainBPE(["low lower lowest, low"], { vocabSize: 262 });
    expect(tokenizer.pattern).toBe("gpt4");
    // "lo" and "ow" occur four times: the smaller left id wins. Then "low", "␠low", and the pairs that occur twice.
    const tokens = Array.from({ length: 5 }, (_, k) => tokenizer.decode([256 + k]));
    expect(tokens).toEqual(["lo", "low", " low", " lowe", ""]);
    expect([tokenizer.vocabSize, tokenizer.bos]).toEqual([261, 260]);
  });

  test("no pair is counted across words or documents", () => {
    expect(trainBPE(["a b", "a b", "b", "a"], { vocabSize: 300 }).merges).toEqual([[0x20, 0x62]]);
  });

  test("text in which no pair occurs twice gives bytes and BOS", () => {
    expect(trainBPE(["ab"], { vocabSize: 1000 }).vocabSize).toBe(257);
  });

  test("no token is longer than 1,024 bytes", () => {
    const tokenizer = trainBPE(["a".repeat(5000)], { vocabSize: 300 });
    const lengths = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.tokenBytes(id).length);
    expect(Math.max(...lengths)).toBe(1024);
  });

  test("documents may come one at a time", () => {
    function* docs(): Generator<string> {
      for (let i = 0; i < 3; i++) yield "abab";
    }
    expect(trainBPE(docs(), { vocabSize: 258 }).merges).toEqual([[0x61, 0x62]]);
  });

  test.each([257, 0, -1, 300.5, Number.NaN, Infinity])("a vocabulary of %d is refused", (vocabSize) => {
    expect(() => trainBPE(["abab"], { vocabSize })).toThrow(MicrogptError);
    expect(() => trainBPE(["abab"], { vocabSize })).toThrow(
      `tokenizer: expected a vocabulary of 258 tokens or more (256 bytes, merges, BOS), got ${vocabSize};`,
    );
  });

  test.each([[[]], [["", ""]]])("no text is refused: %j", (docs) => {
    expect(() => trainBPE(docs, { vocabSize: 300 })).toThrow(
      "tokenizer: expected text to learn a vocabulary from, got no characters;",
    );
  });
});
