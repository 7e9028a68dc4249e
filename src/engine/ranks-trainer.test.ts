/** Steps shared by several ranks are those of one process, but for the order of the sums. */

import { describe, expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { namedParams } from "../model/params.ts";
import { nestedRanks } from "../testing/ranks.ts";
import { presets } from "../train/presets.ts";
import { Random } from "../util/random.ts";
import type { Trainer, TrainerOptions } from "./engine.ts";
import { GPT } from "./gpt.ts";

const config: GPTConfig = { ...presets.microgpt.model, nEmbd: 8, nHead: 2, blockSize: 6, vocabSize: 11, initStd: 0.3 };
const options: TrainerOptions = { ...presets.microgpt.training, gradClip: 0.5, dropout: 0.2, steps: 0, maxRows: 40 };
const documents = [
  [0, 4, 9, 0],
  [0, 1, 0],
  [0, 2, 7, 8, 3, 0],
  [0, 5, 0],
  [0, 6, 6, 10, 0],
  [0, 3, 0],
  [0, 1, 2, 0],
];
const STEPS = 8;

/** The losses, norms and weights of a run on that many ranks. */
async function trained(engine: "wasm" | "scalar", count: number, accumulation: number) {
  const batch = documents.slice(0, accumulation === 1 ? 7 : 6);
  const models = Array.from({ length: count }, () => GPT.init(config, new Random(3), { engine }));
  const trainers: Trainer[] = [];
  const results: (readonly [number, number])[][] = models.map(() => []);
  const take = (rank: number): void => {
    const { loss, gradNorm } = trainers[rank]?.step(batch, 0.02) ?? { loss: Number.NaN, gradNorm: Number.NaN };
    results[rank]?.push([loss, gradNorm]);
  };
  const ranks = count === 1 ? [] : nestedRanks(count, take);
  for (const [i, model] of models.entries()) {
    trainers.push(await model.trainer({ ...options, gradientAccumulationSteps: accumulation, ranks: ranks[i] }));
  }
  for (let i = 0; i < STEPS; i++) take(0);
  return models.map((model, i) => {
    const weights = namedParams(model.state().weights).flatMap(([, numbers]) => [...numbers]);
    model.dispose();
    return { numbers: results[i]?.flat() ?? [], weights };
  });
}

const worst = (xs: readonly number[], ys: readonly number[]): number =>
  xs.reduce((most, x, i) => Math.max(most, Math.abs(x - (ys[i] ?? Number.NaN))), 0);

describe.each([
  ["wasm", 2e-6],
  ["scalar", 1e-12],
] as const)("on the engine %s", (engine, tolerance) => {
  test.each([
    [2, 1],
    [3, 1],
    [5, 1],
    [2, 3],
    [4, 2],
  ])("%d ranks with %d accumulation steps give the losses and weights of one process", async (count, accumulation) => {
    const [alone] = await trained(engine, 1, accumulation);
    const [first, ...others] = await trained(engine, count, accumulation);
    expect(alone?.numbers).toHaveLength(2 * STEPS);
    expect(worst(first?.numbers ?? [], alone?.numbers ?? [])).toBeLessThan(tolerance);
    expect(worst(first?.weights ?? [], alone?.weights ?? [])).toBeLessThan(10 * tolerance);
    for (const other of others) expect(other).toEqual(first);
  });

  test("a loss that is not finite on one of them is an error on all, and changes nothing", async () => {
    const models = [0, 1].map(() => GPT.init({ ...config, initStd: 1e300 }, new Random(3), { engine }));
    const before = models.map((model) => model.state());
    const trainers: Trainer[] = [];
    const messages: string[] = [];
    const take = (rank: number): void => {
      try {
        trainers[rank]?.step(documents, 0.02);
      } catch (error) {
        messages.push(String(error));
      }
    };
    const ranks = nestedRanks(2, take);
    for (const [i, model] of models.entries()) trainers.push(await model.trainer({ ...options, ranks: ranks[i] }));
    take(0);
    expect(messages).toEqual(Array(2).fill(expect.stringContaining("expected a finite ")));
    expect(models.map((model) => model.state().weights)).toEqual(before.map(({ weights }) => weights));
    for (const model of models) model.dispose();
  });
});
