import { describe, expect, test } from "vitest";
import { ENGINES, type EngineOptions } from "../engine/engine-options.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { evaluate } from "./evaluate.ts";
import type { StepRecord } from "./record.ts";
import type { Run } from "./run.ts";
import { scoreText } from "./score-text.ts";
import type { TrainingSettings } from "./settings.ts";
import { resumeRun, startRun } from "./start.ts";
import { train, trainEach } from "./train.ts";

const names = { name: "names.txt", docs: ["ada", "ben", "cleopatra", "o", "dan", "eve", "fay", "gil"] };
const model = { nEmbd: 4, nHead: 2, blockSize: 4 };
const EVALUATING = { numSteps: 6, evalInterval: 2, batchSize: 1 } as const;
const IN_PARTS = { numSteps: 4, batchSize: 2, gradientAccumulationSteps: 3, dropout: 0.1, gradClip: 1 } as const;

const engines: EngineOptions[] = [...ENGINES.map((engine) => ({ engine })), { engine: "wasm", threads: 2 }];

async function recordsOf(run: Run, stop = Infinity, signal?: AbortSignal): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for await (const record of train(run, { ...(signal && { signal }) })) {
    records.push(record);
    if (record.step >= stop) break;
  }
  return records;
}

/** The run as another process would resume it. */
const saved = (run: Run): Run => resumeRun(decodeCheckpoint("saved", encodeCheckpoint(run)), names);

describe.each(engines)("with $engine, threads $threads,", (engine) => {
  const start = (training: Partial<TrainingSettings>): Run =>
    startRun(names, { model, training, valFraction: 0.3, ...engine });

  test("row 28: a step in parts equals the step of all its documents at once", async () => {
    const { numSteps } = IN_PARTS;
    const [inParts, whole] = [start(IN_PARTS), start(IN_PARTS)];
    const records = await recordsOf(inParts);
    const { settings } = whole.progress;
    const trainer = await whole.model.trainer({ ...settings, steps: 0, maxRows: 4 * settings.batchSize });
    for (let step = 0; step < numSteps; step++) {
      const batch = Array.from({ length: 6 }, (_, i) => whole.sequences.at(6 * step + i));
      const tokens = batch.reduce((sum, { length }) => sum + Math.min(4, length - 1), 0);
      const { learningRate = 0 } = records[step] ?? {};
      expect(records[step]).toEqual({
        step: step + 1,
        numSteps,
        ...trainer.step(batch, learningRate),
        learningRate,
        tokens,
      });
    }
    expect(inParts.model.state()).toEqual(whole.model.state());
    whole.model.dispose();
  });

  test("row 37: a signal ends the loop after a whole step, and continuing equals not stopping", async () => {
    const [whole, left] = [start(EVALUATING), start(EVALUATING)];
    const expected = await recordsOf(whole);
    const stop = new AbortController();
    const before: StepRecord[] = [];
    for await (const record of train(left, { signal: stop.signal })) {
      before.push(record);
      if (record.step === 3) stop.abort();
    }
    expect(before).toHaveLength(3);
    const again = saved(left);
    expect([...before, ...(await recordsOf(again))]).toEqual(expected);
    expect(again.model.state()).toEqual(whole.model.state());
  });

  test("row 28: a signal between two parts of a step abandons the step, which is taken again", async () => {
    const slow = { ...IN_PARTS, gradientAccumulationSteps: 100_000 };
    const [left, whole] = [start(slow), start(IN_PARTS)];
    const before = left.model.state();
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 10);
    await trainEach(left, () => expect.unreachable("a step of 100,000 parts was over first"), { signal: stop.signal });
    expect(left.progress.losses).toEqual([]);
    expect(left.model.state().weights).toEqual(before.weights);

    // The same run with fewer parts equals the one that never stopped.
    const again = { ...left, progress: { ...left.progress, settings: whole.progress.settings } };
    again.model.dispose();
    expect(await recordsOf(again)).toEqual(await recordsOf(whole));
  });

  test("row 28: a signal within an evaluation abandons its step, which is taken again", async () => {
    const [whole, left] = [start(EVALUATING), start(EVALUATING)];
    const expected = await recordsOf(whole);
    const stop = new AbortController();
    const before: StepRecord[] = [];
    const onEvaluation = (done: number): void => {
      if (done === 0 && before.length === 3) stop.abort();
    };
    for await (const record of train(left, { signal: stop.signal, onEvaluation })) before.push(record);
    expect(before).toEqual(expected.slice(0, 3));
    expect(left.progress.losses).toHaveLength(3);
    expect(left.progress.evaluations).toHaveLength(1);
    const again = saved(left);
    expect([...before, ...(await recordsOf(again))]).toEqual(expected);
    expect(again.model.state()).toEqual(whole.model.state());
  });

  test("row 29: the model may be disposed in the middle of its loop", async () => {
    const settings = { ...EVALUATING, gradientAccumulationSteps: 2 };
    const [whole, left] = [start(settings), start(settings)];
    const expected = await recordsOf(whole);
    const records: StepRecord[] = [];
    const onEvaluation = (done: number): void => {
      if (done === 0) left.model.dispose();
    };
    for await (const record of train(left, { onEvaluation })) {
      records.push(record);
      left.model.dispose();
      left.model.dispose();
    }
    expect(records).toEqual(expected);
    expect(left.model.state()).toEqual(whole.model.state());
  });

  test("row 29: a trainer that was disposed refuses in the user's words", async () => {
    const run = start({});
    const trainer = await run.model.trainer({ ...run.progress.settings, steps: 0, maxRows: 4 });
    run.model.dispose();
    const message = "train: expected a live trainer, got a disposed one; get a new one from the model";
    expect(() => trainer.step([[0, 1, 0]], 0.1)).toThrow(expect.objectContaining({ name: "MicrogptError", message }));
    expect(() => trainer.begin(2, 0.1)).toThrow(message);
    expect(encodeCheckpoint(run)).toEqual(encodeCheckpoint(start({})));
  });

  test.each([EVALUATING, IN_PARTS])("row 27: two loops over one run share its steps", async (settings) => {
    const [whole, shared] = [start(settings), start(settings)];
    const expected = await recordsOf(whole);
    const parts = await Promise.all([recordsOf(shared), recordsOf(shared)]);
    expect(parts.flat().sort((x, y) => x.step - y.step)).toEqual(expected);
    expect(shared.model.state()).toEqual(whole.model.state());
    expect(shared.progress.evaluations).toEqual(whole.progress.evaluations);
  });

  test("an evaluation between two steps changes nothing, and steps wait for it", async () => {
    const [whole, watched] = [start({ numSteps: 6 }), start({ numSteps: 6 })];
    const expected = await recordsOf(whole);
    const losses: number[] = [];
    const pending: Promise<number>[] = [];
    const records: StepRecord[] = [];
    for await (const record of train(watched)) {
      records.push(record);
      if (record.step === 2) losses.push(await evaluate(watched));
      if (record.step === 3) pending.push(evaluate(watched));
    }
    expect(records).toEqual(expected);
    const other = start({ numSteps: 6 });
    await recordsOf(other, 3);
    expect(await Promise.all(pending)).toEqual([await evaluate(other)]);
    expect(losses).not.toEqual(await Promise.all(pending));
  });
});

test("row 28: a step of more sequences than are held at once is the same", async () => {
  const many = { ...IN_PARTS, numSteps: 1, gradientAccumulationSteps: 2500 };
  const run = startRun(names, { model, training: many });
  const [record] = await recordsOf(run);
  const other = startRun(names, { model, training: many });
  const trainer = await other.model.trainer({
    ...many,
    seed: 42,
    beta1: 0.85,
    beta2: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    steps: 0,
    maxRows: 8,
  });
  const batch = Array.from({ length: 5000 }, (_, i) => other.sequences.at(i));
  const { learningRate = 0, ...rest } = record ?? {};
  expect(rest).toMatchObject(trainer.step(batch, learningRate));
  expect(run.model.state()).toEqual(other.model.state());
});

test("validation data may have the longest document", async () => {
  const docs = ["a", "b", "c", "abcabcabc"];
  for (let seed = 0; seed < 8; seed++) {
    const run = startRun(
      { name: "x", docs },
      { model, valFraction: 0.5, training: { seed, numSteps: 1, evalInterval: 1 } },
    );
    expect(await recordsOf(run)).toHaveLength(1);
  }
});

test.each([
  ["before it begins", 0],
  ["between two batches", 1],
])("an aborted evaluation %s throws the reason", async (_, batches) => {
  const run = startRun(names, { model, valFraction: 0.4 });
  const stop = new AbortController();
  const onBatch = (done: number): void => {
    if (done === batches) stop.abort(new Error("enough"));
  };
  await expect(evaluate(run, onBatch, stop.signal)).rejects.toThrow("enough");
  await expect(scoreText(run, names, undefined, stop.signal)).rejects.toThrow("enough");
  expect(await evaluate(run)).toBeGreaterThan(0);
});

test("an earlier signal ends the loop before its first step", async () => {
  const run = startRun(names, { model });
  expect(await recordsOf(run, Infinity, AbortSignal.abort())).toEqual([]);
  expect(run.progress.losses).toEqual([]);
});
