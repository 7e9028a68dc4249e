import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { wasm } from "../backend/wasm/wasm.ts";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { parseDocuments } from "../data/documents.ts";
import type { GPTConfig } from "../model/config.ts";
import { generate, sample } from "../model/generate.ts";
import { initParams } from "../model/init.ts";
import { probabilities } from "../model/language-model.ts";
import { mapParams, paramShapes } from "../model/params.ts";
import { samples } from "../model/samples.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { presets } from "../train/presets.ts";
import { Random } from "../util/random.ts";
import { CompiledDecoder } from "./decoder.ts";

const names: GPTConfig = {
  vocabSize: 27,
  nLayer: 1,
  nHead: 4,
  nEmbd: 16,
  blockSize: 16,
  mlp: "relu",
  initStd: 0.3,
  zeroInit: false,
};
const small: GPTConfig = { ...names, vocabSize: 7, nHead: 1, nEmbd: 6, blockSize: 5, initStd: 0.5 };

const configs: readonly (readonly [what: string, config: GPTConfig])[] = [
  ["the published preset", names],
  ["two layers of ReLU²", { ...names, nLayer: 2, mlp: "relu2", initStd: 0.1 }],
  ["one head", { ...names, nHead: 1 }],
  ["a head for each channel", { ...small, nEmbd: 5, nHead: 5 }],
  ["one channel, a context of one", { ...small, nEmbd: 1, blockSize: 1 }],
  ["odd sizes", { ...small, nLayer: 3, nEmbd: 15, nHead: 3, blockSize: 17, vocabSize: 5, initStd: 0.2 }],
  ["a prompt that is read in parts", { ...small, nEmbd: 24, nHead: 3, blockSize: 140, initStd: 0.2 }],
];

// float32 has a precision of 6e-8; a logit is the end of a few hundred sums of products.
const TOLERANCE = 2e-5;

function pair(config: GPTConfig, seed = 1): { scalar: ScalarGPT; compiled: CompiledDecoder } {
  const scalar = ScalarGPT.init(config, new Random(seed));
  return {
    scalar,
    compiled: new CompiledDecoder(
      config,
      mapParams(scalar.params, (tensor) => tensor.data()),
      wasm(),
    ),
  };
}

function tokensFor({ vocabSize, blockSize }: GPTConfig, seed = 2): number[] {
  const random = new Random(seed);
  return Array.from({ length: blockSize }, () => Math.floor(random.random() * vocabSize));
}

/** Each token's logits, or probabilities. */
function all(next: (token: number) => ArrayLike<number>, tokens: readonly number[]): number[][] {
  return tokens.map((token) => Array.from(next(token)));
}

/** The largest difference, as a share of the largest number expected. */
function difference(got: readonly number[][], expected: readonly number[][]): number {
  const largest = Math.max(...expected.flat().map(Math.abs));
  return (
    Math.max(...expected.flatMap((row, r) => row.map((x, i) => Math.abs(x - (got[r]?.[i] ?? Number.NaN))))) / largest
  );
}

describe.each(configs)("%s", (_, config) => {
  const { scalar, compiled } = pair(config);
  const tokens = tokensFor(config);
  const expected = all(scalar.decoder(), tokens);

  test("gives the scalar engine's logits", () => {
    expect(difference(all(compiled.decoder(), tokens), expected)).toBeLessThan(TOLERANCE);
  });

  test("gives the same bits again", () => {
    expect(all(compiled.decoder(), tokens)).toEqual(all(compiled.decoder(), tokens));
  });

  test("gives the same bits on three threads, while they rest and after they did", async () => {
    const params = mapParams(scalar.params, (tensor) => tensor.data());
    const threaded = new CompiledDecoder(config, params, wasm(), { threads: 3, asked: true });
    const half = config.blockSize >> 1;
    const results = (decoder: CompiledDecoder): number[][][] => {
      const batch = decoder.batchDecoder(0.8);
      for (const sequence of [0, 1, 2]) batch.begin(sequence);
      return [
        all(decoder.decoder(), tokens),
        all(decoder.predictor(tokens.slice(0, half), 0.8), tokens.slice(half)),
        tokens.map((token) => Array.from(batch.next([0, 1, 2], [token, 0, token]))),
      ];
    };
    const expected = results(compiled);
    const found = [results(threaded)];
    await threaded.wake(2);
    // The first runs of each program are on one thread and on three in turn.
    for (let i = 0; i < 3; i++) found.push(results(threaded));
    await threaded.rest();
    found.push(results(threaded));
    await threaded.wake();
    found.push(results(threaded));
    await threaded.rest();
    for (const one of found) expect(one).toEqual(expected);
  });

  test("gives the same probabilities after a prompt read at once as token by token", () => {
    const wanted = expected.map((logits) => probabilities(logits, 0.8));
    for (const length of new Set([0, 1, 2, 3, 5, config.blockSize - 1])) {
      if (length >= config.blockSize) continue;
      const next = compiled.predictor(tokens.slice(0, length), 0.8);
      expect(difference(all(next, tokens.slice(length)), wanted.slice(length))).toBeLessThan(TOLERANCE);
    }
  });

  test("gives the probabilities of many sequences, which may begin at any time", () => {
    const batch = compiled.batchDecoder(0.8);
    const others = Array.from({ length: 3 }, (_, i) => tokensFor(config, 10 + i));
    const wanted = others.map((other) => all(scalar.decoder(), other).map((logits) => probabilities(logits, 0.8)));
    const got: number[][][] = others.map(() => []);
    // Sequence s is number 2s of the batch, begins in step s and is in a row that changes.
    for (let step = 0; step < config.blockSize + others.length; step++) {
      const active = others.flatMap((_, s) => (step >= s && step - s < config.blockSize ? [s] : []));
      if (step % 2 === 1) active.reverse();
      for (const s of active) if (step === s) batch.begin(2 * s);
      const rows = batch.next(
        active.map((s) => 2 * s),
        active.map((s) => others[s]?.[step - s] ?? 0),
      );
      active.forEach((s, r) => {
        got[s]?.push(Array.from(rows).slice(r * config.vocabSize, (r + 1) * config.vocabSize));
      });
    }
    got.forEach((one, s) => {
      expect(difference(one, wanted[s] ?? [])).toBeLessThan(TOLERANCE);
    });
  });
});

describe("sequences", () => {
  test("that take turns give the same bits as each alone", () => {
    const { compiled } = pair(names);
    const [a, b] = [tokensFor(names, 3), tokensFor(names, 4)];
    const alone = [all(compiled.decoder(), a), all(compiled.predictor(b.slice(0, 4), 0.5), b.slice(4))];
    const [first, second] = [compiled.decoder(), compiled.predictor(b.slice(0, 4), 0.5)];
    const together: number[][][] = [[], []];
    for (let t = 0; t < names.blockSize; t++) {
      together[0]?.push(Array.from(first(a[t] ?? 0)));
      if (t % 3 !== 0 && t < 12) together[1]?.push(Array.from(second(b[4 + (together[1]?.length ?? 0)] ?? 0)));
    }
    expect(together[0]).toEqual(alone[0]);
    expect(together[1]).toEqual(alone[1]?.slice(0, together[1]?.length));
  });

  test("of a batch give the same bits in any row and with any neighbors", () => {
    const { compiled } = pair(names);
    const batch = compiled.batchDecoder(1);
    const tokens = tokensFor(names);
    const run = (mine: number, beside: number): number[][] => {
      for (let s = 0; s < batch.sequences; s++) batch.begin(s);
      const ids = Array.from({ length: beside + 1 }, (_, i) => i);
      return tokens.map((token, t) => {
        const row = (mine + t) % ids.length;
        const order = ids.map((_, r) => ids[(r - row + mine + ids.length) % ids.length] ?? 0);
        const given = order.map((s) => (s === mine ? token : (s * 7 + t) % names.vocabSize));
        return Array.from(batch.next(order, given)).slice(row * 27, row * 27 + 27);
      });
    };
    const alone = run(0, 0);
    expect(run(0, 5)).toEqual(alone);
    expect(run(7, 31)).toEqual(alone);
  });

  test("take new weights from their next token on", () => {
    const { compiled, scalar } = pair(names);
    const other = pair(names, 5);
    const tokens = tokensFor(names);
    compiled.batchDecoder(1);
    compiled.setWeights(mapParams(other.scalar.params, (tensor) => tensor.data()));
    expect(all(compiled.decoder(), tokens)).toEqual(all(other.compiled.decoder(), tokens));
    expect(compiled.batchDecoder(1).next([0], [3])).toEqual(other.compiled.batchDecoder(1).next([0], [3]));
    compiled.setWeights(mapParams(scalar.params, (tensor) => tensor.data()));
    expect(difference(all(compiled.decoder(), tokens), all(scalar.decoder(), tokens))).toBeLessThan(TOLERANCE);
  });
});

describe("documents", () => {
  const { scalar, compiled } = pair(names, 42);
  const tokenizer = CharTokenizer.fit(["abcdefghijklmnopqrstuvwxyz"]);

  test("are those of the scalar engine, drawn in turn or at once, with a start and without", () => {
    for (const start of ["", "a", "emma"]) {
      const draw = (model: ScalarGPT | CompiledDecoder): string[] => {
        const random = new Random(7);
        return Array.from({ length: 10 }, () => sample(model, tokenizer, { random, start, temperature: 1 }));
      };
      expect(draw(compiled)).toEqual(draw(scalar));
      const options = { start, temperature: 1, count: 40 };
      const many = samples(compiled, tokenizer, { ...options, random: new Random(7) });
      expect(many).toEqual(samples(scalar, tokenizer, { ...options, random: new Random(7) }));
    }
  });

  test.each([
    { maxNewTokens: 40 },
    { maxNewTokens: 40, topK: 9, topP: 0.9, minP: 0.01 },
    { maxNewTokens: 20, repetitionPenalty: 1.5 },
  ])("of running text continue past the context: %o", (more) => {
    const options = { start: "ab", temperature: 1, mode: "stream", ...more } as const;
    const expected = sample(scalar, tokenizer, { ...options, random: new Random(7) });
    expect(expected.length).toBeGreaterThan(names.blockSize);
    expect(sample(compiled, tokenizer, { ...options, random: new Random(7) })).toBe(expected);
    const many = samples(compiled, tokenizer, { ...options, count: 10, random: new Random(7) });
    expect(many).toEqual(samples(scalar, tokenizer, { ...options, count: 10, random: new Random(7) }));
  });

  test.each([1e-300, 1e-6])("at temperature %d are the likeliest tokens", (temperature) => {
    const options = { random: new Random(1), temperature };
    expect(sample(compiled, tokenizer, options)).toBe(sample(scalar, tokenizer, options));
    const [first, second] = samples(compiled, tokenizer, { ...options, count: 2 });
    expect([first, second]).toEqual([second, sample(scalar, tokenizer, options)]);
  });

  test("may be generated concurrently", () => {
    const pieces = (seed: number): Generator<string, void> =>
      generate(compiled, tokenizer, { random: new Random(seed), temperature: 2 });
    const [a, b] = [pieces(1), pieces(2)];
    let [one, two] = ["", ""];
    for (let i = 0; i < names.blockSize; i++) {
      one += a.next().value ?? "";
      two += b.next().value ?? "";
    }
    expect([one, two]).toEqual([[...pieces(1)].join(""), [...pieces(2)].join("")]);
  });
});

test("draws the twenty names that microgpt.py draws after its training", async () => {
  const file = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");
  const golden = JSON.parse(await file("test/golden/v2-ssa.json"));
  const { final } = JSON.parse(await file("test/golden/v2-ssa-tensors.json"));
  const { docs } = parseDocuments("ssa", await file("data/ssa-names-2018.txt"));
  const tokenizer = CharTokenizer.fit(docs);
  const config = { ...presets.microgpt.model, vocabSize: tokenizer.vocabSize };
  // The numbers drawn by training.
  const random = new Random(42);
  random.shuffle(docs);
  initParams(config, random, () => undefined);

  const compiled = new CompiledDecoder(
    config,
    mapParams(paramShapes(config), (_, name) => Float64Array.from(final[name].flat())),
    wasm(),
  );
  const drawn = Array.from({ length: 20 }, () => sample(compiled, tokenizer, { random }));
  expect(drawn).toEqual(golden.samples);
});

describe("errors", () => {
  const { compiled } = pair(small);

  test.each([7, -1, 0.5, Number.NaN, 2 ** 40])("the id %d, which the vocabulary does not have", (id) => {
    const message = `embedding: expected ids from 0 to 6, got ${id}`;
    expect(() => compiled.decoder()(id)).toThrow(message);
    expect(() => compiled.predictor([1, id], 1)).toThrow(message);
    expect(() => compiled.batchDecoder(1).next([0], [id])).toThrow(message);
  });

  test("more tokens than the context holds", () => {
    const message = "gpt: expected at most 5 tokens, the model's blockSize, got 6";
    const next = compiled.decoder();
    all(next, [1, 2, 3, 4, 5]);
    expect(() => next(6)).toThrow(message);
    expect(() => compiled.predictor([1, 2, 3, 4, 5, 6], 1)).toThrow(message);
    expect(() => compiled.predictor([1, 2, 3, 4, 5], 1)(6)).toThrow(message);
    const batch = compiled.batchDecoder(1);
    batch.begin(3);
    for (let t = 0; t < 5; t++) batch.next([3], [t]);
    expect(() => batch.next([3], [0])).toThrow(message);
  });

  test.each([Number.NaN, Infinity])("weights that have diverged (%d)", (weight) => {
    const tokenizer = CharTokenizer.fit(["abcdef"]);
    const { scalar } = pair(small);
    const diverged = new CompiledDecoder(
      small,
      mapParams(scalar.params, (tensor, name) => (name === "lm_head" ? tensor.data().fill(weight) : tensor.data())),
      wasm(),
    );
    const options = { random: new Random(1) };
    const act = [
      () => sample(diverged, tokenizer, options),
      () => samples(diverged, tokenizer, { ...options, count: 2 }),
    ];
    for (const draw of act) expect(draw).toThrow("generate: expected finite logits, got NaN; the model has diverged");
  });
});
