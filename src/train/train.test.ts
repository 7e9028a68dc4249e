import { describe, expect, test } from "vitest";
import { namedParams } from "../model/config.ts";
import { GPT } from "../scalar/scalar-gpt.ts";
import { Random } from "../util/random.ts";
import { Adam } from "./adam.ts";
import { type Run, resumeRun, startRun } from "./run.ts";
import { learningRateAt } from "./schedule.ts";
import type { TrainingSettings } from "./settings.ts";
import { type StepRecord, train } from "./train.ts";
import { trainStep } from "./train-step.ts";

const names = { name: "names.txt", docs: ["ada", "ben", "cleopatra", "o"] };
const start = (training: Partial<TrainingSettings>): Run =>
  startRun(names, { model: { nEmbd: 4, nHead: 2, blockSize: 4 }, training });

const weightsOf = ({ model }: Run): number[] => namedParams(model.params).flatMap(([, tensor]) => [...tensor.data()]);

async function recordsOf(run: Run, stop = Infinity): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for await (const record of train(run)) {
    records.push(record);
    if (record.step >= stop) break;
  }
  return records;
}

describe("the record of a step", () => {
  test("says the step from 1 on, the loss before the update and the scheduled learning rate", async () => {
    const records = await recordsOf(start({ numSteps: 10, schedule: "cosine", learningRate: 0.02 }));

    const { model, tokenizer, docs, progress } = start({ numSteps: 10 });
    const expected = Array.from({ length: 10 }, (_, i): StepRecord => {
      const learningRate = learningRateAt(i, 10, 0.02, "cosine");
      const tokens = tokenizer.encodeDocument(docs[i % docs.length] ?? ""); // round and round
      const loss = trainStep(model, progress.adam, tokens, learningRate);
      return { step: i + 1, numSteps: 10, loss, learningRate };
    });
    expect(records).toEqual(expected);
  });

  test("has its loss in the progress, too", async () => {
    const run = start({ numSteps: 6 });
    for await (const { step, loss } of train(run)) {
      expect(run.progress.losses).toHaveLength(step);
      expect(run.progress.losses.at(-1)).toBe(loss);
      expect(run.progress.adam.state.steps).toBe(step);
    }
  });

  test("of the first step has about the loss of guessing, log of the vocabulary's size", async () => {
    const run = start({ numSteps: 1 });
    const [first] = await recordsOf(run);
    // Weights of 0.08 make logits well under 1, and the mean of four tokens is off by less than that.
    expect(first?.loss).toBeCloseTo(Math.log(run.tokenizer.vocabSize), 0);
  });
});

test("training learns: a few documents by heart", async () => {
  const run = start({ numSteps: 200, learningRate: 0.02 });
  const records = await recordsOf(run);
  const mean = (part: StepRecord[]): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
  expect(mean(records.slice(-20))).toBeLessThan(0.6 * mean(records.slice(0, 20)));
});

test("only the records it is asked for are computed", async () => {
  const run = start({ numSteps: 10 });
  const before = weightsOf(run);
  const training = train(run);
  expect(weightsOf(run)).toEqual(before);
  await training.next();
  expect(run.progress.losses).toHaveLength(1);
});

test.each([1, 4, 9])("leaving with break after step %i and going on equals not leaving", async (stop) => {
  const [whole, left] = [start({ numSteps: 10 }), start({ numSteps: 10 })];
  const expected = await recordsOf(whole);
  const before = await recordsOf(left, stop);
  const after = await recordsOf(resumeRun(left, names));
  expect([...before, ...after]).toEqual(expected);
  expect(weightsOf(left)).toEqual(weightsOf(whole));
  expect(left.progress.adam.state).toEqual(whole.progress.adam.state);
});

test("a run at its end yields nothing more", async () => {
  const run = start({ numSteps: 2 });
  await recordsOf(run);
  const before = weightsOf(run);
  expect(await recordsOf(run)).toEqual([]);
  expect(weightsOf(run)).toEqual(before);
});

test.each<[what: string, ask: (then: () => void) => void]>([
  ["a timer", (then) => setTimeout(then, 0)],
  ["what waits for the event loop's next turn, as input does,", (then) => setImmediate(then)],
])("%s gets its turn again and again while training goes on", async (_, ask) => {
  let turns = 0;
  const again = (): void => {
    turns++;
    if (turns < 3) ask(again);
  };
  ask(again);
  const begin = performance.now();
  for await (const { step } of train(start({ numSteps: 1_000_000 }))) {
    // Three turns take 150 ms or so. If none comes, no timer could end this: the clock does.
    if (turns === 3 || performance.now() - begin > 3000) break;
    expect(step).toBeLessThan(1_000_000);
  }
  expect(turns).toBe(3);
});

describe("a loss or a gradient that is not finite ends the run", () => {
  test.each([
    { learningRate: 1e308, step: 2, what: "loss" },
    { learningRate: 1e300, step: 2, what: "gradient" },
    { learningRate: 1e100, step: 2, what: "gradient" },
  ])("with a learning rate of $learningRate, the $what at step $step", async ({ learningRate, step, what }) => {
    const run = start({ numSteps: 20, learningRate, schedule: "constant" });
    let weights: number[] = [];
    const training = (async () => {
      for await (const _ of train(run)) weights = weightsOf(run);
    })();
    const message = `train: expected a finite ${what}, got NaN at step ${step}; the run has diverged: start again with a lower learning_rate`;
    await expect(training).rejects.toThrow(expect.objectContaining({ name: "MicrogptError", message }));

    expect(weightsOf(run)).toEqual(weights);
    expect(run.progress.losses).toHaveLength(step - 1);
    expect(run.progress.adam.state.steps).toBe(step - 1);
  });

  test("and the weights, gradients and moments are as before that step", () => {
    const { config } = start({}).model;
    const model = GPT.init(config, new Random(1));
    const adam = new Adam(model.params);
    trainStep(model, adam, [0, 1, 2], 0.01);
    const values = namedParams(model.params).flatMap(([, tensor]) => tensor.values);
    const broken = values[0];
    if (broken !== undefined) broken.data = Infinity;
    const before = values.map(({ data }) => data);
    const state = structuredClone(adam.state);

    expect(() => trainStep(model, adam, [0, 1, 2], 0.01)).toThrow("at step 2; ");
    expect(values.map(({ data }) => data)).toEqual(before);
    expect(values.every(({ grad }) => grad === 0)).toBe(true);
    expect(adam.state).toEqual(state);
  });
});
