import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { ACTIVATIONS, type GPTConfig, namedParams, type StateDict } from "./config.ts";
import { gpt } from "./gpt.ts";
import { initParams } from "./init.ts";
import { KVCache } from "./kv-cache.ts";

interface Example {
  readonly config: GPTConfig;
  readonly params: StateDict<ScalarTensor>;
  /** Two sequences of the same length. */
  readonly batch: readonly (readonly number[])[];
}

const upTo = (max: number, min = 1): fc.Arbitrary<number> => fc.integer({ min, max });

/** Random small models, with weights large enough for every part to matter, and tokens for them. */
const examples: fc.Arbitrary<Example> = fc
  .record({
    sizes: fc.record({ vocabSize: upTo(6, 2), nLayer: upTo(2), nHead: upTo(3), blockSize: upTo(6) }),
    D: upTo(3),
    activation: fc.constantFrom(...ACTIVATIONS),
    seed: fc.nat(),
    unused: fc.nat(5),
  })
  .chain(({ sizes, D, activation, seed, unused }) => {
    const config: GPTConfig = { ...sizes, nEmbd: sizes.nHead * D, activation, initStd: 0.7, zeroInit: false };
    const params = initParams(config, new Random(seed), ScalarTensor.from);
    const T = Math.max(1, config.blockSize - unused);
    const tokens = fc.array(fc.nat(config.vocabSize - 1), { minLength: T, maxLength: T });
    return fc.record({ config: fc.constant(config), params: fc.constant(params), batch: fc.tuple(tokens, tokens) });
  });

/** The logits after each position, one row a token, for a batch of one. */
function logitsOf({ config, params }: Example, tokens: readonly number[], cache?: KVCache<ScalarTensor>): number[][] {
  const logits = gpt(params, ScalarTensor.from([1, tokens.length], tokens), config, cache);
  expect(logits.shape).toEqual([1, tokens.length, config.vocabSize]);
  return rowsOf(logits, config.vocabSize);
}

function rowsOf(tensor: ScalarTensor, width: number): number[][] {
  const data = [...tensor.data()];
  return Array.from({ length: data.length / width }, (_, row) => data.slice(row * width, (row + 1) * width));
}

// All the equalities below are exact: the same sums in the same order, but for terms that are 0 times a number.

describe("with a cache", () => {
  test("token by token gives the logits of the whole sequence at once", () => {
    fc.assert(
      fc.property(examples, (example) => {
        const [tokens = []] = example.batch;
        const cache = new KVCache<ScalarTensor>();
        const oneByOne = tokens.flatMap((token, t) => {
          expect(cache.length).toBe(t);
          return logitsOf(example, [token], cache);
        });
        expect(oneByOne).toEqual(logitsOf(example, tokens));
      }),
    );
  });

  test("any cut of the sequence in pieces gives them too", () => {
    fc.assert(
      fc.property(examples, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), (example, cuts) => {
        const [tokens = []] = example.batch;
        const pieces: number[][] = [[]];
        tokens.forEach((token, t) => {
          if (cuts[t] && pieces.at(-1)?.length !== 0) pieces.push([]);
          pieces.at(-1)?.push(token);
        });
        const cache = new KVCache<ScalarTensor>();
        expect(pieces.flatMap((piece) => logitsOf(example, piece, cache))).toEqual(logitsOf(example, tokens));
      }),
    );
  });

  test("a new cache knows nothing of an old one", () => {
    fc.assert(
      fc.property(examples, (example) => {
        const [first = [], second = []] = example.batch;
        logitsOf(example, first, new KVCache<ScalarTensor>());
        expect(logitsOf(example, second, new KVCache<ScalarTensor>())).toEqual(logitsOf(example, second));
      }),
    );
  });
});

test("a batch of two gives each sequence what it gets alone, with a cache or without", () => {
  fc.assert(
    fc.property(examples, fc.boolean(), (example, cached) => {
      const { config, params, batch } = example;
      const [first = [], second = []] = batch;
      const alone = [...logitsOf(example, first), ...logitsOf(example, second)];
      const [T, V] = [first.length, config.vocabSize];
      const cache = cached ? new KVCache<ScalarTensor>() : undefined;
      const together = gpt(params, ScalarTensor.from([2, T], batch.flat()), config, cache);
      expect(together.shape).toEqual([2, T, V]);
      expect(rowsOf(together, V)).toEqual(alone);
    }),
  );
});

test("later tokens change nothing before them", () => {
  fc.assert(
    fc.property(examples, fc.nat(), (example, at) => {
      const [tokens = [], other = []] = example.batch;
      const kept = at % tokens.length;
      const changed = [...tokens.slice(0, kept), ...other.slice(kept)];
      expect(logitsOf(example, changed).slice(0, kept)).toEqual(logitsOf(example, tokens).slice(0, kept));
    }),
  );
});

const fixed: GPTConfig = {
  vocabSize: 4,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  blockSize: 3,
  activation: "relu",
  initStd: 0.5,
  zeroInit: false,
};
const tokens = ScalarTensor.from([1, 3], [0, 1, 2]);

test("earlier tokens do change what follows", () => {
  const example = { config: fixed, params: initParams(fixed, new Random(1), ScalarTensor.from), batch: [] };
  const [, , last] = logitsOf(example, [0, 1, 2]);
  const [, , otherLast] = logitsOf(example, [3, 1, 2]);
  expect(otherLast).not.toEqual(last);
});

test("every weight matrix gets a gradient, and the positions and tokens that were not used get none", () => {
  const params = initParams(fixed, new Random(1), ScalarTensor.from);
  const two = ScalarTensor.from([1, 2], [0, 1]);
  gpt(params, two, fixed).pow(2).reshape(-1).sum(0).backward();
  for (const [name, weight] of namedParams(params))
    expect([name, weight.grad().some((g) => g !== 0)]).toEqual([name, true]);
  expect([...params.wte.slice(0, 2, 4).grad()]).toEqual(Array(8).fill(0));
  expect([...params.wpe.slice(0, 2, 3).grad()]).toEqual(Array(4).fill(0));
});

test("the activation is the one that the config names", () => {
  const params = initParams(fixed, new Random(1), ScalarTensor.from);
  const [relu, squared] = ACTIVATIONS.map((activation) => [...gpt(params, tokens, { ...fixed, activation }).data()]);
  expect(squared).not.toEqual(relu);
});

test("layers that start as the identity leave the logits those of the embedding", () => {
  const params = initParams({ ...fixed, zeroInit: true }, new Random(1), ScalarTensor.from);
  expect(gpt(params, tokens, fixed).data()).toEqual(gpt({ ...params, layers: [] }, tokens, fixed).data());
});

describe("errors", () => {
  const params = initParams(fixed, new Random(1), ScalarTensor.from);
  const run = (B: number, ids: readonly number[], cache?: KVCache<ScalarTensor>): ScalarTensor =>
    gpt(params, ScalarTensor.from([B, ids.length / B], ids), fixed, cache);
  const cacheAfter = (ids: readonly number[]): KVCache<ScalarTensor> => {
    const cache = new KVCache<ScalarTensor>();
    run(1, ids, cache);
    return cache;
  };

  test.each<[what: string, act: () => unknown, message: string]>([
    [
      "more tokens than the context holds",
      () => run(1, [0, 1, 2, 3]),
      "gpt: expected at most 3 tokens, the model's block_size, got 4;",
    ],
    [
      "one token more than a full cache",
      () => run(1, [3], cacheAfter([0, 1, 2])),
      "gpt: expected at most 3 tokens, the model's block_size, got 4;",
    ],
    ["a token outside the vocabulary", () => run(1, [4]), "embedding: expected ids from 0 to 3, got 4;"],
    ["another batch than the cache's", () => run(2, [0, 0], cacheAfter([1])), "concat: expected the same sizes"],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(MicrogptError);
    expect(act).toThrow(message);
  });
});
