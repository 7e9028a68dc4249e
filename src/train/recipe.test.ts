import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkConfig } from "../model/check-config.ts";
import type { GPTConfig } from "../model/config.ts";
import { countParams } from "../model/params.ts";
import { wear } from "./fit-rules.ts";
import { presets } from "./presets.ts";
import { DEFAULT_SECONDS, recipeFor } from "./recipe.ts";
import type { DataFacts } from "./recipe-plan.ts";
import { checkSettings } from "./settings.ts";
import { SIZE_NAMES, SIZES } from "./sizes.ts";
import { estimateStepSeconds } from "./step-seconds.ts";
import { verdictsOf } from "./verdicts.ts";

const estimate = (config: GPTConfig, tokens: number): number => estimateStepSeconds(config, tokens, 2);

/** The texts on which the recipe was measured; 90 % of each is trained on. */
const texts = {
  names: {
    mode: "documents",
    trainTokens: 206_585,
    valTokens: 23_000,
    numDocs: 29_000,
    mostDocTokens: 12,
    longestDocTokens: 16,
    vocabSize: 27,
  },
  prose: {
    mode: "stream",
    trainTokens: 44_320,
    valTokens: 4_900,
    numDocs: 7,
    mostDocTokens: 20_000,
    longestDocTokens: 20_000,
    vocabSize: 110,
  },
  code: {
    mode: "stream",
    trainTokens: 809_110,
    valTokens: 90_000,
    numDocs: 200,
    mostDocTokens: 9_000,
    longestDocTokens: 9_000,
    vocabSize: 135,
  },
} as const satisfies Record<string, DataFacts>;

describe("the recipe for", () => {
  test.each<[text: keyof typeof texts, seconds: number, expected: object]>([
    ["names", 60, { size: "base", blockSize: 16, batchSize: 72 }],
    ["prose", 60, { size: "small", blockSize: 64, batchSize: 8 }],
    ["code", 3, { size: "tiny", blockSize: 32, batchSize: 16 }],
    ["code", 20, { size: "small", blockSize: 64, batchSize: 8 }],
    ["code", 60, { size: "base", blockSize: 64, batchSize: 8 }],
    ["code", 1200, { size: "medium", blockSize: 128, batchSize: 8 }],
  ])("%s in %i s", (text, seconds, expected) => {
    const { size, model, training } = recipeFor(texts[text], seconds, estimate);
    expect({ size, ...model, ...training }).toMatchObject(expected);
  });

  test.each([...SIZE_NAMES])("%s, requested explicitly, has that size", (name) => {
    const { size, model, reasons } = recipeFor(texts.code, DEFAULT_SECONDS, estimate, { size: name });
    const { tokensPerStep: _, ...sizes } = SIZES[name];
    expect(size).toBe(name);
    expect(model).toMatchObject(sizes);
    expect(reasons[0]).toMatchObject({
      kind: "model",
      values: { size: name, because: "asked" },
      message: expect.stringMatching(/: as asked for$/),
    });
  });
});

describe("given values", () => {
  test("are kept, and the rest adapts to them", () => {
    const given = { learningRate: 1e-4, numSteps: 10, batchSize: 3 };
    const { model, training, reasons } = recipeFor(texts.code, 60, estimate, {
      model: { nLayer: 5, nEmbd: 50 },
      training: given,
    });
    expect(model).toMatchObject({ nLayer: 5, nEmbd: 50, nHead: 2 });
    expect(training).toMatchObject({ ...given, minLr: 1e-5, warmupIters: 0, evalInterval: 1 });
    expect(checkSettings(training)).toBe(training);
    expect(checkConfig({ ...model, vocabSize: 10 }).nEmbd).toBe(50);
    expect(reasons.map(({ message }) => message)).toEqual([
      "model: 5 layers of 50 channels, 166,700 parameters: as asked for",
      "context: 64 tokens, windows of running text, 3 at once",
      "steps: 10, as asked for; each token is seen less than once",
    ]);
  });

  test("a larger model gets fewer steps in the same time", () => {
    const [small, large] = [{ nEmbd: 64 }, { nEmbd: 256 }].map((model) =>
      recipeFor(texts.code, 60, estimate, { size: "small", model }),
    );
    expect(large?.training.numSteps).toBeLessThan((small?.training.numSteps ?? 0) / 8);
  });
});

describe("row 11: a run does not continue long past its best step", () => {
  const chinese = { ...texts.prose, trainTokens: 36_000, valTokens: 4_000, vocabSize: 2841 };

  // Chinese and Japanese characters, emoji, BPE tokens of a short text.
  test.each([
    [400, 1],
    [1600, 2],
    [2841, 2.665],
    [40_000, 10],
  ])("a vocabulary of %d wears its text %d times as much", (vocabSize, times) => {
    const facts = { numParams: 200_000, trainTokens: 36_000 };
    const common = wear({ ...facts, vocabSize: 30 }, 1e6);
    expect(wear({ ...facts, vocabSize }, 1e6) / common).toBeCloseTo(times, 2);
  });

  test("so a text of 2,841 characters is read 3 to 6 times, not 12", () => {
    const { training, model } = recipeFor(chinese, 60, estimate, { size: "tiny" });
    const passes = (training.numSteps * training.batchSize * model.blockSize) / chinese.trainTokens;
    expect(passes).toBeGreaterThan(3);
    expect(passes).toBeLessThan(6);
  });

  test("it ends after 0.3 of its steps without a lower validation loss, however often it is evaluated", () => {
    for (const [numSteps, evalInterval] of [
      [1000, undefined],
      [1000, 10],
      [300, 15],
    ] as const) {
      const given = { numSteps, ...(evalInterval && { evalInterval }) };
      const { training } = recipeFor(chinese, 60, estimate, { training: given });
      expect((training.patience * training.evalInterval) / numSteps).toBeCloseTo(0.3, 2);
    }
    expect(recipeFor(chinese, 60, estimate, { training: { numSteps: 10 } }).training.patience).toBe(6);
  });

  test.each([
    ["asked for", { patience: 3 }, 3],
    ["0 where nothing is evaluated", { evalInterval: 0 }, 0],
  ])("the patience is the %s one", (_, given, patience) => {
    const { training } = recipeFor(chinese, 60, estimate, { training: given });
    expect(training.patience).toBe(patience);
    expect(checkSettings(training)).toBe(training);
  });

  test("the presets of microgpt.py have none", () => {
    for (const { training } of Object.values(presets)) expect(training.patience).toBe(0);
  });
});

test("the reasons, for names in a minute", () => {
  const { reasons, training } = recipeFor(texts.names, 60, estimate);
  expect(reasons.map(({ kind, values }) => ({ kind, ...values }))).toMatchObject([
    { kind: "model", size: "base", nLayer: 3, nEmbd: 96, numParams: 338_496, seconds: 60, because: "largest" },
    { kind: "context", blockSize: 16, batchSize: 72, because: "every-document" },
    { kind: "steps", numSteps: training.numSteps, epochs: expect.any(Number), because: "time" },
  ]);
  expect(reasons.map(({ message }) => message)).toEqual([
    "model: base, 3 layers of 96 channels, 338,496 parameters: the largest that 60 s and 206,585 tokens allow",
    "context: 16 tokens, which hold every document, 72 at once",
    expect.stringMatching(/^steps: \d+,\d+, as many as fit in 60 s; each token is seen \d\.\d times$/),
  ]);
});

const anyFacts: fc.Arbitrary<DataFacts> = fc
  .record({
    mode: fc.constantFrom("documents", "stream"),
    trainTokens: fc.oneof(fc.nat(1000), fc.nat(1e9)),
    valTokens: fc.nat(1e8),
    numDocs: fc.oneof(fc.nat(100), fc.nat(1e7)),
    mostDocTokens: fc.nat(1e5),
    longestDocTokens: fc.nat(1e6),
    vocabSize: fc.integer({ min: 2, max: 100_000 }),
  })
  .map((facts) => ({ ...facts, longestDocTokens: Math.max(facts.mostDocTokens, facts.longestDocTokens) }));
const anySeconds = fc.double({ min: 0, max: 1e6, noNaN: true });

test("for any data and any time it passes checkConfig and checkSettings", () => {
  fc.assert(
    fc.property(anyFacts, anySeconds, fc.option(fc.constantFrom(...SIZE_NAMES)), (data, seconds, size) => {
      const { model, training, reasons } = recipeFor(data, seconds, estimate, size === null ? {} : { size });
      checkConfig({ ...model, vocabSize: data.vocabSize });
      checkSettings(training);
      expect(training.evalInterval > 0).toBe(data.valTokens > 0);
      expect(reasons.map(({ message }) => message).join()).not.toMatch(/NaN|undefined|Infinity/);
    }),
    { numRuns: 500 },
  );
});

test("stays within the time, if that is enough for a step", () => {
  fc.assert(
    fc.property(anyFacts, anySeconds, (data, time) => {
      const { training, seconds } = recipeFor(data, time, estimate);
      if (training.numSteps > 1) expect(seconds).toBeLessThan(time);
    }),
  );
});

test("with more time it never takes a smaller model or fewer tokens of it", () => {
  fc.assert(
    fc.property(anyFacts, anySeconds, anySeconds, (data, x, y) => {
      const [less, more] = [x, y]
        .sort((a, b) => a - b)
        .map((seconds) => recipeFor(data, seconds, estimate))
        .map(({ model, training }) => ({ ...training, params: countParams({ ...model, vocabSize: data.vocabSize }) }));
      expect(more?.params).toBeGreaterThanOrEqual(less?.params ?? 0);
      if (more?.params === less?.params) expect(more?.numSteps).toBeGreaterThanOrEqual(less?.numSteps ?? 0);
    }),
  );
});

test("no verdict calls its data too small, unless it took the fewest steps", () => {
  fc.assert(
    fc.property(anyFacts, anySeconds, (data, seconds) => {
      fc.pre(data.trainTokens > 0 && data.numDocs > 0);
      const { model, training } = recipeFor(data, seconds, estimate);
      if (training.numSteps <= 100) return;
      const each =
        data.mode === "stream" ? model.blockSize : Math.min(model.blockSize, data.trainTokens / data.numDocs);
      const verdicts = verdictsOf({
        settings: training,
        vocabSize: data.vocabSize,
        numParams: countParams({ ...model, vocabSize: data.vocabSize }),
        trainTokens: data.trainTokens,
        tokensPerStep: training.batchSize * each,
        losses: [],
        evaluations: [],
      });
      expect(verdicts).toEqual([]);
    }),
  );
});

// Milliseconds on one thread of the machine of bench/README.md, with two idle cores.
test.each<[size: string, sizes: [nLayer: number, nEmbd: number, blockSize: number], rows: number, ms: number]>([
  ["1x32", [1, 32, 32], 1024, 4.0],
  ["2x64", [2, 64, 64], 2048, 37.5],
  ["4x128", [4, 128, 128], 2048, 242],
  ["6x192", [6, 192, 128], 2048, 823],
  ["6x384", [6, 384, 256], 2048, 3192],
])("the estimate for a step of %s is right within a factor of 2", (_, [nLayer, nEmbd, blockSize], rows, ms) => {
  const config = { nLayer, nHead: 4, nEmbd, blockSize, vocabSize: 110 };
  const seconds = estimateStepSeconds({ ...config, mlp: "relu", initStd: 0, zeroInit: true }, rows);
  expect((1000 * seconds) / ms).toBeGreaterThan(0.5);
  expect((1000 * seconds) / ms).toBeLessThan(2);
});
