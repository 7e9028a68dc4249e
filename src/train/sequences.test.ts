import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { tokensOf } from "../data/tokens.ts";
import { documentSequences, evenWindows, firstDocuments, windowSequences } from "./sequences.ts";

const docs = ["ada", "ben", "cleopatra"];
const tokenizer = CharTokenizer.fit(docs);
const tokens = (length: number) => tokensOf(Uint16Array.from({ length }, (_, i) => i % 1000));

describe("documents", () => {
  test("come in order, cyclically, at their full length", () => {
    const { at, longest } = documentSequences(docs, tokenizer, 4);
    expect([0, 1, 2, 3, 7].map(at)).toEqual([0, 1, 2, 0, 1].map((i) => tokenizer.encodeDocument(docs[i] ?? "")));
    expect(longest).toBe(4);
    expect(documentSequences(docs, tokenizer, 100).longest).toBe("cleopatra".length + 1);
  });

  test("for evaluation are the first ones", () => {
    expect(firstDocuments(docs, tokenizer, 2)).toEqual(docs.slice(0, 2).map((doc) => tokenizer.encodeDocument(doc)));
    expect(firstDocuments(docs, tokenizer, Infinity)).toHaveLength(3);
  });
});

describe("windows", () => {
  const sizes = fc.record({ length: fc.integer({ min: 2, max: 500 }), blockSize: fc.integer({ min: 1, max: 600 }) });

  test("are pieces of the text, as long as the context plus one, or the whole text", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.integer(), ({ length, blockSize }, index, seed) => {
        const { at, longest } = windowSequences(tokens(length), blockSize, seed);
        const window = at(index);
        expect(longest).toBe(Math.min(blockSize, length - 1));
        expect(window).toHaveLength(longest + 1);
        expect(window).toEqual(window.map((_, i) => (window[0] ?? 0) + i));
        expect(window.at(-1)).toBeLessThan(length);
      }),
    );
  });

  test("depend only on the seed and their number", () => {
    const source = tokens(1000);
    const windows = (seed: number) => [5, 3, 2 ** 25, 0].map((i) => windowSequences(source, 8, seed).at(i));
    expect(windows(7)).toEqual(windows(7));
    expect(windows(7)).not.toEqual(windows(8));
    expect(windows(-1)).not.toEqual(windows(2 ** 24 - 1));
  });

  // 20,000 draws into 100 bins: each count is 200, give or take 5 standard deviations of 14.
  test("begin everywhere with equal probability", () => {
    const { at } = windowSequences(tokens(107), 7, 42);
    const counts = new Array(100).fill(0);
    for (let i = 0; i < 20_000; i++) counts[at(i)[0] ?? -1]++;
    expect(Math.min(...counts)).toBeGreaterThan(130);
    expect(Math.max(...counts)).toBeLessThan(270);
  });

  test("for evaluation are spread evenly and do not overlap", () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 50 }), ({ length, blockSize }, limit) => {
        const windows = evenWindows(tokens(length), blockSize, limit);
        const size = Math.min(blockSize, length - 1);
        expect(windows).toHaveLength(Math.min(limit, Math.floor((length - 1) / size)));
        const starts = windows.map(([first = -1]) => first);
        starts.forEach((start, i) => {
          if (i > 0) expect(start - (starts[i - 1] ?? 0)).toBeGreaterThanOrEqual(size);
        });
        expect(windows.every((window) => window.length === size + 1)).toBe(true);
      }),
    );
  });

  test("of a text that is too short do not exist", () => {
    expect(evenWindows(tokens(1), 8, 4)).toEqual([]);
  });
});

test.each([
  [0, 1],
  [0, 3],
  [2, 5],
  [7, 31],
  [1000, 0],
  [123_456, 600],
])(
  "the tokens that sequences %i and the %i from there on predict are counted without gathering them",
  (first, count) => {
    const docs = ["a", "abc", "b", "cabcabcab"];
    const all = [
      documentSequences(docs, CharTokenizer.fit(docs), 4),
      windowSequences(tokensOf(Uint16Array.from({ length: 50 }, (_, i) => i)), 4, 7),
      windowSequences(tokensOf(Uint16Array.of(1, 2, 3)), 4, 7),
    ];
    for (const sequences of all) {
      let tokens = 0;
      for (let i = first; i < first + count; i++) tokens += Math.min(4, sequences.at(i).length - 1);
      expect(sequences.tokensIn(first, count)).toBe(tokens);
      expect(sequences.tokensIn(first, count)).toBe(tokens);
    }
  },
);
