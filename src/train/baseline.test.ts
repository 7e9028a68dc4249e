import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bigramBaseline, chunksOf, describeBaseline } from "./baseline.ts";

const source = (tokens: readonly number[]): { length: number; read: (start: number, count: number) => number[] } => ({
  length: tokens.length,
  read: (start, count) => {
    if (start < 0 || start + count > tokens.length) throw new Error(`outside: ${start}, ${count}`);
    return tokens.slice(start, start + count);
  },
});

describe("the losses of counting models, computed by hand", () => {
  // a = 0, b = 1, BOS = 2. Pairs of "BOS a b a BOS": 2>0, 0>1, 1>0, 0>2. So c(a) = 2 as a successor, c(b) = c(BOS) = 1.
  const train = [[2, 0, 1, 0, 2]];
  const [uA, uB] = [2.5 / 5.5, 1.5 / 5.5];

  test("uniform is log V, unigram adds one half to each count", () => {
    const { uniform, unigram } = bigramBaseline(train, [[2, 0, 1]], 3);
    expect(uniform).toBeCloseTo(Math.log(3), 12);
    expect(unigram).toBeCloseTo(-(Math.log(uA) + Math.log(uB)) / 2, 12);
  });

  test("bigram uses the best weight for the unigram prior: 1/8 if all pairs are known", () => {
    // After BOS came a, in 1 of 1 cases; after a came b, in 1 of 2.
    const loss = -(Math.log((1 + uA / 8) / (1 + 1 / 8)) + Math.log((1 + uB / 8) / (2 + 1 / 8))) / 2;
    expect(bigramBaseline(train, [[2, 0, 1]], 3).bigram).toBeCloseTo(loss, 12);
  });

  test("bigram uses the best weight for the unigram prior: 4096 if no pair was seen", () => {
    // b after BOS: BOS had one successor, a.
    expect(bigramBaseline(train, [[2, 1]], 3).bigram).toBeCloseTo(-Math.log((4096 * uB) / 4097), 12);
  });

  test("a token that follows nothing in training is predicted by the unigram model", () => {
    expect(bigramBaseline([[0, 1]], [[2, 1]], 3).bigram).toBeCloseTo(-Math.log(1.5 / 2.5), 12);
  });

  test("without any training tokens all are uniform", () => {
    const { uniform, unigram, bigram } = bigramBaseline([], [[0, 1, 2]], 3);
    expect(unigram).toBeCloseTo(uniform, 12);
    expect(bigram).toBeCloseTo(uniform, 12);
  });
});

test("a bigram model knows alternating text, and a unigram model sees a coin", () => {
  const tokens = Array.from({ length: 1000 }, (_, i) => i % 2);
  const { unigram, bigram } = bigramBaseline([tokens], [tokens], 2);
  expect(unigram).toBeCloseTo(Math.log(2), 5);
  expect(bigram).toBeLessThan(0.001);
});

const sequences = fc.array(fc.array(fc.nat(4), { minLength: 2, maxLength: 20 }), { minLength: 1, maxLength: 10 });

test("is a probability: over all next tokens it sums to 1, so no loss is too good to be true", () => {
  fc.assert(
    fc.property(sequences, fc.nat(4), (train, a) => {
      // Each alone, so that each may choose another prior; the sum is then at least 1.
      const sum = [0, 1, 2, 3, 4].reduce((s, b) => s + Math.exp(-bigramBaseline(train, [[a, b]], 5).bigram), 0);
      const together = [0, 1, 2, 3, 4].reduce((s, b) => s + Math.exp(-bigramBaseline(train, [[a, b]], 5).unigram), 0);
      expect(together).toBeCloseTo(1, 10);
      expect(sum).toBeGreaterThan(1 - 1e-10);
    }),
  );
});

test("the bigram model is never far behind the unigram one", () => {
  fc.assert(
    fc.property(sequences, sequences, (train, val) => {
      const { unigram, bigram } = bigramBaseline(train, val, 5);
      // With the strongest prior, 4096, the at most 200 counted pairs have little weight.
      expect(bigram).toBeLessThan(unigram + 0.05);
    }),
  );
});

test("counts at most maxTokens, and does not read a long list beyond them", () => {
  let read = 0;
  const endless = function* (): Generator<number[]> {
    for (;;) {
      read++;
      yield [0, 1, 0, 1, 1];
    }
  };
  expect(bigramBaseline(endless(), [[0, 1]], 2, { maxTokens: 100 }).bigram).toBeLessThan(0.2);
  expect(read).toBe(25);
});

test("a vocabulary of 4096 is counted sparsely: 200,000 tokens in under a second", () => {
  const tokens = Array.from({ length: 200_000 }, (_, i) => (i * i * 31 + (i >> 3)) % 4096);
  const start = performance.now();
  const { unigram, bigram } = bigramBaseline([tokens.slice(0, 180_000)], [tokens.slice(180_000)], 4096);
  expect(performance.now() - start).toBeLessThan(1000);
  expect(bigram).toBeLessThan(unigram);
});

describe("chunks of a long list", () => {
  test.each([2, 3, 4096, 4097, 4098, 10_000])("of %i tokens predict every token but the first once", (length) => {
    const tokens = Array.from({ length }, (_, i) => i);
    const predicted = [...chunksOf(source(tokens))].flatMap((chunk) => Array.from(chunk).slice(1));
    expect(predicted).toEqual(tokens.slice(1));
  });

  test("of more than maxTokens are spread evenly over the list", () => {
    const tokens = Array.from({ length: 100 * 4096 + 1 }, (_, i) => i);
    const starts = [...chunksOf(source(tokens), 4 * 4096)].map((chunk) => chunk[0]);
    expect(starts).toEqual([0, 25 * 4096, 50 * 4096, 75 * 4096]);
  });

  test.each([0, 1])("of %i tokens are empty", (length) => {
    expect([...chunksOf(source(Array.from({ length }, () => 0)))]).toEqual([]);
  });
});

test.each<[val: number[][], message: string]>([
  [[], "baseline: expected validation tokens, got none to predict; hold more text out for validation"],
  [[[1]], "baseline: expected validation tokens, got none to predict; hold more text out for validation"],
  [[[0, 3]], "baseline: expected ids from 0 to 2, got 3; use the tokenizer that made them"],
])("%j is refused", (val, message) => {
  expect(() => bigramBaseline([[0, 1]], val, 3)).toThrow(message);
});

test("the sentence", () => {
  const baseline = { uniform: 3.2958, unigram: 2.85, bigram: 2.451 };
  expect(describeBaseline(baseline)).toBe("uniform 3.30, unigram 2.85, bigram 2.45");
  expect(describeBaseline(baseline, 2.1)).toBe("uniform 3.30, unigram 2.85, bigram 2.45, this model 2.10");
});
