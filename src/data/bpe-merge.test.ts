import fc from "fast-check";
import { expect, test } from "vitest";
import { type Merges, WordMerger } from "./bpe-merge.ts";
import { PairTable } from "./pair-table.ts";

/** Merges over the bytes 0 to 3: rank r makes token 256 + r from two existing tokens. */
const mergeLists = fc
  .array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 30 })
  .map((choices) => {
    const pairs = new PairTable();
    for (const [left, right] of choices) {
      const known = [0, 1, 2, 3, ...Array.from({ length: pairs.size }, (_, rank) => 256 + rank)];
      pairs.add(known[left % known.length] as number, known[right % known.length] as number);
    }
    return pairs;
  })
  .map((pairs): Merges => {
    const results = Int32Array.from({ length: pairs.size }, (_, rank) => 256 + rank);
    return { byteIds: Int32Array.from({ length: 256 }, (_, byte) => byte), pairs, results };
  });

/** Literally by the definition: merges the leftmost pair of lowest rank, one at a time. */
function mergeSlowly({ pairs, results }: Merges, word: Uint8Array): number[] {
  const tokens = Array.from(word);
  for (;;) {
    const ranks = tokens.slice(1).map((right, i) => pairs.find(tokens[i] as number, right));
    const lowest = Math.min(...ranks.filter((rank) => rank !== -1));
    if (lowest === Infinity) return tokens;
    tokens.splice(ranks.indexOf(lowest), 2, results[lowest] as number);
  }
}

test.each([
  ["short", 1, 100],
  ["long", 101, 300],
])("%s words are merged by the definition", (_, minLength, maxLength) => {
  fc.assert(
    fc.property(mergeLists, fc.uint8Array({ max: 3, minLength, maxLength }), (merges, word) => {
      const merger = new WordMerger(merges);
      const count = merger.merge(word, word.length);
      expect(Array.from(merger.tokens.subarray(0, count))).toEqual(mergeSlowly(merges, word));
    }),
  );
});

test("the time for a word of 100,000 letters does not grow with its square", () => {
  const pairs = new PairTable();
  pairs.add(97, 97);
  pairs.add(256, 256);
  const merger = new WordMerger({
    byteIds: Int32Array.from({ length: 256 }, (_, i) => i),
    pairs,
    results: Int32Array.of(256, 257),
  });
  const start = performance.now();
  expect(merger.merge(new Uint8Array(100_001).fill(97), 100_001)).toBe(25_001);
  expect(performance.now() - start).toBeLessThan(2000);
});
