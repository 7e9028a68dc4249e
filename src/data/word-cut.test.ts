import fc from "fast-check";
import { expect, test } from "vitest";
import { wordCut } from "./word-cut.ts";
import { SPLIT_PATTERNS, Splitter } from "./words.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "B", "1", "é", "字", "😀", "𝒳", "'s", ".", " ", "\n", "\r\n", "\u00a0"),
  maxLength: 40,
});

test.each(SPLIT_PATTERNS)("text cut there has the same words as the whole, with the pattern of %s", (pattern) => {
  const splitter = new Splitter(pattern);
  const wordsOf = (all: string): string[] => {
    const words: string[] = [];
    splitter.visit(all, (start, end) => words.push(all.slice(start, end)));
    return words;
  };
  fc.assert(
    fc.property(text, text, (first, second) => {
      const cut = wordCut(first);
      const rest = first.slice(cut) + second;
      expect([...wordsOf(first.slice(0, cut)), ...wordsOf(rest)]).toEqual(wordsOf(first + second));
    }),
    { numRuns: 1000 },
  );
});

test("text without such a position waits, up to a limit", () => {
  expect(wordCut("word")).toBe(0);
  expect(wordCut("a word")).toBe(1);
  expect(wordCut(`a ${"-".repeat(5000)}`)).toBe(1);
  expect(wordCut(`a ${"-".repeat(2 ** 21)}`)).toBe(2 ** 21 + 2);
  expect(wordCut("-".repeat(2 ** 16 + 1))).toBe(2 ** 16 + 1);
});
