/** Dropout and gradient accumulation, on both engines. test/engines.test.ts writes a step out in full. */

import { describe, expect, test } from "vitest";
import { wasm } from "../backend/wasm/wasm.ts";
import type { GPTConfig } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import { namedParams } from "../model/params.ts";
import { presets } from "../train/presets.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { CompiledTrainer } from "./compiled-trainer.ts";
import type { GPTState, Trainer, TrainerOptions } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { GPT } from "./gpt.ts";
import { planStep } from "./step-plan.ts";
import { compileStep } from "./step-programs.ts";

const config: GPTConfig = { ...presets.microgpt.model, nEmbd: 4, nHead: 2, blockSize: 6, vocabSize: 9 };
const plain = { beta1: 0.85, beta2: 0.99, eps: 1e-3, weightDecay: 0, gradClip: 0, steps: 0, maxRows: 32 * 6 };
const both = { dropout: 0.2, seed: 3, gradClip: 0.3, weightDecay: 0.1 };
const BOS = 8;

/** Documents of 1 to 9 tokens between two BOS, some of them longer than the context. */
function batchOf(count: number, seed: number): number[][] {
  const random = new Random(seed);
  const below = (n: number): number => Math.floor(n * random.random());
  return Array.from({ length: count }, () => [BOS, ...Array.from({ length: 1 + below(9) }, () => below(BOS)), BOS]);
}

const fresh = (engine: EngineOptions): GPT => GPT.init(config, new Random(1), engine);
const numbersOf = ({ weights, slots }: Required<GPTState>): number[] =>
  [Object.fromEntries(namedParams(weights)), ...Object.values(slots)].flatMap((all) =>
    Object.values(all).flatMap((data) => [...data]),
  );

interface Course {
  readonly results: readonly number[];
  readonly numbers: readonly number[];
}

/** The results of some consecutive steps, and the weights and slots after them. */
async function courseOf(engine: EngineOptions, options: Partial<TrainerOptions>, steps = 3): Promise<Course> {
  const model = fresh(engine);
  const trainer = await model.trainer({ ...plain, ...options });
  const results = Array.from({ length: steps }, (_, i) => trainer.step(batchOf(32, i), 0.01));
  const numbers = numbersOf(trainer.state());
  model.dispose();
  return { results: results.flatMap(({ loss, gradNorm }) => [loss, gradNorm]), numbers };
}

/** The largest difference, in units of the other's largest number. */
function off(xs: readonly number[], expected: readonly number[]): number {
  const largest = (all: readonly number[]): number => Math.max(...all.map(Math.abs));
  expect(xs).toHaveLength(expected.length);
  return largest(xs.map((x, i) => x - (expected[i] ?? Number.NaN))) / largest(expected);
}

const engines: readonly (readonly [engine: EngineOptions, tolerance: number])[] = [
  [{ engine: "scalar" }, 1e-13],
  [{ engine: "wasm" }, 1e-6],
  [{ engine: "wasm", threads: 2, strict: true }, 1e-6],
];

describe.each(engines)("on %j", (engine, tolerance) => {
  test.each<[what: string, options: Partial<TrainerOptions>]>([
    ["alone", {}],
    ["with dropout, clipping and decay", both],
  ])("4 parts of 8 documents equal a batch of 32, %s", async (_, options) => {
    const whole = await courseOf(engine, options);
    const parts = await courseOf(engine, { ...options, gradientAccumulationSteps: 4, maxRows: 8 * 6 });
    expect(off(parts.results, whole.results)).toBeLessThan(tolerance);
    expect(off(parts.numbers, whole.numbers)).toBeLessThan(tolerance);
  });

  test("the seed and the step determine the dropped entries; 0 drops none", async () => {
    const losses = async (options: Partial<TrainerOptions>): Promise<number[]> => {
      const trainer = await fresh(engine).trainer({ ...plain, ...options });
      // At a learning rate of 0 the weights stay, so only the masks differ between steps.
      return [1, 2].map(() => trainer.step(batchOf(4, 1), 0).loss);
    };
    const [one, two] = [await losses({ dropout: 0.5, seed: 1 }), await losses({ dropout: 0.5, seed: 2 })];
    const none = await losses({});
    expect(new Set([...one, ...two, ...none]).size).toBe(5);
    expect(await losses({ dropout: 0.5, seed: 1 })).toEqual(one);
    expect(await losses({ dropout: 0, seed: 5 })).toEqual(none);
  });

  test("a resumed run draws the same masks as an uninterrupted one", async () => {
    const [model, options] = [fresh(engine), { ...plain, ...both }];
    const trainer = await model.trainer(options);
    trainer.step(batchOf(4, 1), 0.01);
    const resumed = await new GPT(trainer.state(), engine).trainer({ ...options, steps: 1 });
    expect(resumed.step(batchOf(4, 2), 0.01)).toEqual(trainer.step(batchOf(4, 2), 0.01));
    expect(numbersOf(resumed.state())).toEqual(numbersOf(trainer.state()));
  });

  test.each<[what: string, options: object, message: string]>([
    ["dropout of everything", { dropout: 1 }, "train: expected dropout to be at least 0 and below 1, got 1"],
    ["a negative dropout", { dropout: -0.1 }, "got -0.1"],
    ["dropout that is no number", { dropout: Number.NaN }, "got NaN"],
    ["half a seed", { seed: 0.5 }, "expected seed to be a whole number, got 0.5"],
    ["no part", { gradientAccumulationSteps: 0 }, "gradientAccumulationSteps to be a whole number, 1 or more, got 0"],
    ["half a part", { gradientAccumulationSteps: 1.5 }, "got 1.5"],
  ])("refuses %s", async (_, options, message) => {
    const trainer = fresh(engine).trainer({ ...plain, ...options });
    await expect(trainer).rejects.toThrow(MicrogptError);
    await expect(trainer).rejects.toThrow(message);
  });

  test("a step that fails leaves nothing behind, in any part", async () => {
    const options = { ...plain, ...both, gradientAccumulationSteps: 3 };
    const [model, other] = [fresh(engine), fresh(engine)];
    const [trainer, untouched] = [await model.trainer(options), await other.trainer(options)];
    const good = batchOf(6, 1);
    const before = numbersOf(trainer.state());
    const refused: [number[][], string][] = [
      [good.with(5, [BOS, 99, BOS]), "got 99"],
      [good.with(2, [BOS]), "at least 2 tokens"],
      [good.slice(1), "a number of documents divisible by gradientAccumulationSteps, 3, got 5"],
      [[], "at least one document"],
    ];
    for (const [documents, message] of refused) {
      expect(() => trainer.step(documents, 0.01)).toThrow(message);
      expect(() => trainer.step(documents, 0.01)).toThrow(MicrogptError);
    }
    expect(numbersOf(trainer.state())).toEqual(before);
    expect(trainer.step(good, 0.01)).toEqual(untouched.step(good, 0.01));
    expect(numbersOf(trainer.state())).toEqual(numbersOf(untouched.state()));
    expect([trainer.steps, untouched.steps]).toEqual([1, 1]);
  });

  test("a step that diverges in parts leaves the last good weights", async () => {
    const trainer = await fresh(engine).trainer({ ...plain, gradientAccumulationSteps: 2 });
    trainer.step(batchOf(4, 1), 1e200);
    const before = numbersOf(trainer.state());
    expect(() => trainer.step(batchOf(4, 2), 0.01)).toThrow(/a finite (loss|gradient), got \S+ at step 2/);
    expect(numbersOf(trainer.state())).toEqual(before);
  });
});

describe("the bits of dropout in parts", () => {
  const options = { ...both, gradientAccumulationSteps: 2 };

  test("do not depend on the number of threads", async () => {
    const [one, two] = [await courseOf({ threads: 1 }, options), await courseOf({ threads: 2 }, options)];
    expect(two).toEqual(one);
  });

  test("are those of another run, strict too", async () => {
    const strict = { threads: 1, strict: true };
    expect(await courseOf(strict, options)).toEqual(await courseOf(strict, options));
  });
});

test("a step without dropout compiles without any trace of it, and one with it, in parts, prints as two programs", () => {
  const [as, without] = [planStep(config, plain), planStep(config, { ...plain, dropout: 0, seed: 5 })];
  expect(without.code).toEqual(as.code);
  expect(without.printKernels()).not.toMatch(/hash|keys/);
  const plan = planStep(config, { ...plain, ...both, gradientAccumulationSteps: 2 });
  expect(plan.printKernels()).toMatch(/^program accumulate:\n[\s\S]*hash\(keys\[i\], 2\)[\s\S]*\n\nprogram update:\n/);
  expect(plan.printGraph()).toMatch(/next gradient = [\s\S]*next weights = /);
  expect(plan.memoryBytes).toBeGreaterThan(as.memoryBytes);
});

test("a thread that fails while a part adds its gradient leaves the weights, one that updates does not", async () => {
  const options = { ...plain, gradientAccumulationSteps: 2 };
  const { programs } = compileStep(config, options, wasm());
  const list = programs.map(({ program }) => program);
  const device = await wasm().open(list, { threads: 2 });
  const state: GPTState = { config, weights: initParams(config, new Random(1), (_, data) => data) };
  const trainer: Trainer = new CompiledTrainer(state, programs, device, options);
  const words = new Int32Array(device.view(programs[0].program, "loss").buffer);
  words[960 / 4] = 1; // written by the first program before its first update, and reset after the last
  expect(() => trainer.state()).not.toThrow();
  words[964 / 4] = 1;
  expect(() => trainer.state()).toThrow("continue from the last saved file");
  trainer.dispose();
});
