import { describe, expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { presets } from "../train/presets.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import type { Evaluator, GPTState, TrainerOptions } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { GPT } from "./gpt.ts";

const config: GPTConfig = { ...presets.microgpt.model, nEmbd: 8, nHead: 2, blockSize: 6, vocabSize: 9 };
const options: TrainerOptions = { ...presets.microgpt.training, steps: 0, maxRows: 30 };
const BOS = 8;

function batchOf(count: number, seed: number): number[][] {
  const random = new Random(seed);
  const below = (n: number): number => Math.floor(n * random.random());
  return Array.from({ length: count }, () => [BOS, ...Array.from({ length: 1 + below(9) }, () => below(BOS)), BOS]);
}

const rowsIn = (batch: readonly number[][]): number =>
  batch.reduce((rows, { length }) => rows + Math.min(config.blockSize, length - 1), 0);
const fresh = (engine: EngineOptions): GPT => GPT.init(config, new Random(1), engine);
const numbersOf = ({ weights }: GPTState): number[] => namedParams(weights).flatMap(([, data]) => [...data]);
const validation = batchOf(5, 9);

/** The mean loss with these weights, by the scalar engine. */
function lossOf({ weights }: GPTState): number {
  const data = new Map(namedParams(weights));
  const params = mapParams(paramShapes(config), (shape, name) => ScalarTensor.from(shape, data.get(name) ?? []));
  return new ScalarGPT(config, params).loss(...validation).data;
}

describe.each<[engine: EngineOptions, tolerance: number]>([
  [{ engine: "scalar" }, 1e-14],
  [{ engine: "wasm" }, 1e-6],
  [{ engine: "wasm", threads: 2, strict: true }, 1e-6],
])("an evaluator on %j", (engine, tolerance) => {
  test("gives the loss of the current model: before, during and after training, alone or in the trainer's memory", async () => {
    const model = fresh(engine);
    const check = async (...evaluators: Evaluator[]): Promise<void> => {
      const loss = lossOf(model.state());
      const near = expect.toSatisfy((x: number) => Math.abs(x / loss - 1) < tolerance, `${loss}`);
      const expected = { loss: near, rows: rowsIn(validation) };
      // Twice each: an evaluation must not leave anything behind.
      for (const evaluator of [...evaluators, ...evaluators]) {
        expect(await evaluator.loss(validation)).toEqual(expected);
      }
    };
    const alone = await model.evaluator(30);
    await check(alone);
    const trainer = await model.trainer({ ...options, evaluationRows: 40, gradientAccumulationSteps: 2, dropout: 0.5 });
    const [beside, larger] = [await model.evaluator(40), await model.evaluator(41)];
    for (let i = 0; i < 2; i++) {
      await check(alone, beside, larger);
      trainer.step(batchOf(4, i), 0.1);
    }
    await check(alone, beside, larger);
    model.dispose();
    await check(await model.evaluator(30));
    await model.trainer(options);
    await check(await model.evaluator(30));
    model.dispose();
  });

  test.each<[string, Partial<TrainerOptions>]>([
    ["one program", {}],
    ["parts", { gradientAccumulationSteps: 2, dropout: 0.2, seed: 1 }],
  ])("changes nothing of the steps of %s", async (_, change) => {
    const courseOf = async (evaluationRows: number): Promise<number[]> => {
      const model = fresh(engine);
      const trainer = await model.trainer({ ...options, ...change, evaluationRows });
      const evaluator = evaluationRows > 0 ? await model.evaluator(evaluationRows) : undefined;
      const losses: number[] = [];
      for (let i = 0; i < 4; i++) {
        await evaluator?.loss(validation);
        losses.push(trainer.step(batchOf(4, i), 0.01).loss);
      }
      const numbers = [...losses, ...numbersOf(model.state())];
      model.dispose();
      return numbers;
    };
    expect(await courseOf(40)).toEqual(await courseOf(0));
  });

  test.each<[what: string, documents: number[][], message: string]>([
    ["more tokens than it is for", batchOf(20, 1), "loss: expected at most 30 tokens at once, the given maxRows, got "],
    ["an id outside the vocabulary", [[8, 9, 8]], "ids from 0 to 8, got 9"],
    ["a document of one token", [[8]], "at least 2 tokens, got 1"],
    ["no document", [], "at least one document, got none"],
  ])("refuses %s", async (_, documents, message) => {
    const model = fresh(engine);
    const evaluator = await model.evaluator(30);
    await expect(evaluator.loss(documents)).rejects.toThrow(MicrogptError);
    await expect(evaluator.loss(documents)).rejects.toThrow(message);
    expect((await evaluator.loss(validation)).loss).toBeLessThan(3);
    model.dispose();
  });

  test("is refused for no rows, or half a row", async () => {
    const model = fresh(engine);
    await expect(model.evaluator(0)).rejects.toThrow("loss: expected maxRows to be a whole number, 1 or more, got 0");
    const trainer = model.trainer({ ...options, evaluationRows: 1.5 });
    await expect(trainer).rejects.toThrow("train: expected evaluationRows to be a whole number, 0 or more, got 1.5");
  });
});

test("a trainer's evaluator shares its memory; one that fits is not made again", async () => {
  const model = fresh({});
  const trainer = await model.trainer({ ...options, evaluationRows: 40 });
  const beside = await model.evaluator(40);
  expect(await model.evaluator(7)).toBe(beside);
  const larger = await model.evaluator(50);
  expect(larger).not.toBe(beside);
  expect(await model.evaluator(45)).toBe(larger);
  expect(trainer).toMatchObject({ evaluator: beside });
});

test("an evaluator ends with dispose, and says so", async () => {
  const model = fresh({ threads: 2 });
  const alone = await model.evaluator(40);
  await model.trainer({ ...options, evaluationRows: 50 });
  const beside = await model.evaluator(50);
  model.dispose();
  for (const evaluator of [alone, beside]) {
    await expect(evaluator.loss(validation)).rejects.toThrow(
      "loss: expected a live evaluator, got a disposed one; get a new one from the model",
    );
  }
});

test("a model that diverged has a loss that is not finite, not an error", async () => {
  const { weights } = fresh({}).state();
  weights.wte.fill(Number.NaN);
  const evaluator = await new GPT({ config, weights }).evaluator(40);
  expect(await evaluator.loss(validation)).toEqual({ loss: Number.NaN, rows: rowsIn(validation) });
});

test("a model that was trained and disposed decodes with its last weights", async () => {
  const model = fresh({});
  const before = [...Array.from(model.decoder()(BOS))];
  const trainer = await model.trainer(options);
  trainer.step(validation, 0.1);
  const { weights } = trainer.state();
  model.dispose();
  const after = [...Array.from(model.decoder()(BOS))];
  expect(after).not.toEqual(before);
  expect(after).toEqual([...Array.from(new GPT({ config, weights }).decoder()(BOS))]);
});
