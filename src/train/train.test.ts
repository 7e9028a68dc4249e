import { describe, expect, test } from "vitest";
import type { Trainer } from "../engine/engine.ts";
import { ENGINES, type EngineOptions } from "../engine/engine-options.ts";
import { namedParams } from "../model/params.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarOptimizer } from "../scalar/scalar-optimizer.ts";
import { trainStep } from "../scalar/train-step.ts";
import { Random } from "../util/random.ts";
import type { StepRecord } from "./record.ts";
import { maxRowsOf, type Run } from "./run.ts";
import { learningRateAt } from "./schedule.ts";
import type { TrainingSettings } from "./settings.ts";
import { resumeRun, startRun } from "./start.ts";
import { train } from "./train.ts";

const names = { name: "names.txt", docs: ["ada", "ben", "cleopatra", "o"] };
const model = { nEmbd: 4, nHead: 2, blockSize: 4 };

async function recordsOf(run: Run, stop = Infinity): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for await (const record of train(run)) {
    records.push(record);
    if (record.step >= stop) break;
  }
  return records;
}

const weightsOf = (run: Run): number[] => namedParams(run.model.state().weights).flatMap(([, data]) => [...data]);

describe.each<EngineOptions>([...ENGINES.map((engine) => ({ engine })), { engine: "wasm", threads: 2 }])(
  "with $engine, threads $threads,",
  (engine) => {
    const start = (training: Partial<TrainingSettings>): Run => startRun(names, { model, training, ...engine });

    const trainerOf = (run: Run): Promise<Trainer> =>
      run.model.trainer({ ...run.progress.settings, steps: 0, maxRows: maxRowsOf(run) });

    describe("the record of a step", () => {
      test.each([1, 3, 5])(
        "has the step from 1 on, the loss and the gradient before the update, the scheduled learning rate: %i documents a step",
        async (batchSize) => {
          const settings = { numSteps: 10, schedule: "cosine", learningRate: 0.02, batchSize } as const;
          const records = await recordsOf(start(settings));

          const other = start(settings);
          const docs = other.data.mode === "documents" ? other.data.train : [];
          const trainer = await trainerOf(other);
          const expected = Array.from({ length: 10 }, (_, i): StepRecord => {
            const learningRate = learningRateAt(i, settings);
            const batch = Array.from({ length: batchSize }, (_, b) => {
              return other.tokenizer.encodeDocument(docs[(i * batchSize + b) % docs.length] ?? ""); // cyclically
            });
            const tokens = batch.reduce((sum, document) => sum + Math.min(document.length - 1, model.blockSize), 0);
            return { step: i + 1, numSteps: 10, ...trainer.step(batch, learningRate), learningRate, tokens };
          });
          expect(records).toEqual(expected);
          expect(weightsOf(other)).not.toEqual(weightsOf(start(settings)));
          other.model.dispose();
        },
      );

      test("has its loss in the progress too", async () => {
        const run = start({ numSteps: 6 });
        for await (const { step, loss } of train(run)) {
          expect(run.progress.losses).toHaveLength(step);
          expect(run.progress.losses.at(-1)).toBe(loss);
          expect((await trainerOf(run)).steps).toBe(step);
        }
      });

      test("of the first step has about the loss of guessing, log of the vocabulary's size", async () => {
        const run = start({ numSteps: 1 });
        const [first] = await recordsOf(run);
        // Weights of 0.08 give logits well under 1, and the mean over four tokens differs by less than that.
        expect(first?.loss).toBeCloseTo(Math.log(run.tokenizer.vocabSize), 0);
      });
    });

    test.each([1, 2])("training learns: it memorizes a few documents, %i a step", async (batchSize) => {
      const run = start({ numSteps: 200, learningRate: 0.02, batchSize });
      const records = await recordsOf(run);
      const mean = (part: StepRecord[]): number => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
      expect(mean(records.slice(-20))).toBeLessThan(0.6 * mean(records.slice(0, 20)));
    });

    test("only requested records are computed", async () => {
      const run = start({ numSteps: 10 });
      const before = weightsOf(run);
      const training = train(run);
      expect(weightsOf(run)).toEqual(before);
      await training.next();
      expect(run.progress.losses).toHaveLength(1);
    });

    test.each([1, 4, 9])("leaving with break after step %i and continuing equals not leaving", async (stop) => {
      const settings = { numSteps: 10, batchSize: 2, weightDecay: 0.1, gradClip: 0.5 };
      const [whole, left] = [start(settings), start(settings)];
      const expected = await recordsOf(whole);
      const before = await recordsOf(left, stop);
      const after = await recordsOf(resumeRun(left, names));
      expect([...before, ...after]).toEqual(expected);
      expect(left.model.state()).toEqual(whole.model.state());
    });

    test("disposing of the model between two steps changes nothing", async () => {
      const [whole, disposed] = [start({ numSteps: 10 }), start({ numSteps: 10 })];
      const expected = await recordsOf(whole);
      const before = await recordsOf(disposed, 4);
      disposed.model.dispose();
      expect([...before, ...(await recordsOf(disposed))]).toEqual(expected);
      expect(disposed.model.state()).toEqual(whole.model.state());
    });

    test("a finished run yields nothing more", async () => {
      const run = start({ numSteps: 2 });
      await recordsOf(run);
      const before = weightsOf(run);
      expect(await recordsOf(run)).toEqual([]);
      expect(weightsOf(run)).toEqual(before);
    });

    test.each<[what: string, ask: (then: () => void) => void]>([
      ["a timer", (then) => setTimeout(then, 0)],
      ["what waits for the event loop's next turn, as input does,", (then) => setImmediate(then)],
    ])("%s runs regularly during training", async (_, ask) => {
      let turns = 0;
      const again = (): void => {
        turns++;
        if (turns < 3) ask(again);
      };
      ask(again);
      const begin = performance.now();
      for await (const { step } of train(start({ numSteps: 1_000_000 }))) {
        // Three turns take about 150 ms. If none comes, no timer could end this, so the clock does.
        if (turns === 3 || performance.now() - begin > 3000) break;
        expect(step).toBeLessThan(1_000_000);
      }
      expect(turns).toBe(3);
    });

    describe("a number that is not finite ends the run,", () => {
      const rates = engine.engine === "scalar" ? [1e100, 1e300, 1e308] : [1e20, 1e39, 1e308];
      test.each(rates)("with a learning rate of %d, in one line", async (learningRate) => {
        const run = start({ numSteps: 20, learningRate, schedule: "constant" });
        let before = run.model.state();
        const training = (async () => {
          for await (const _ of train(run)) before = run.model.state();
        })();
        const message =
          /^train: expected a finite (loss|gradient), got (NaN|-?Infinity) at step \d+; the run has diverged: start again with a lower learningRate$/;
        await expect(training).rejects.toThrow(
          expect.objectContaining({ name: "MicrogptError", message: expect.stringMatching(message) }),
        );

        expect(run.model.state()).toEqual(before);
        expect((await trainerOf(run)).steps).toBe(run.progress.losses.length);
        expect(run.progress.losses.every(Number.isFinite)).toBe(true);
      });
    });

    test.each([-1, 99, 0.5, NaN])("a token id of %d is refused, and the model is unchanged", async (id) => {
      const run = start({ batchSize: 2 });
      const trainer = await trainerOf(run);
      trainer.step([[0, 1, 0]], 0.01);
      const before = run.model.state();
      const { vocabSize } = run.model.config;
      for (const batch of [
        [[0, id, 0]],
        [
          [0, 1, 0],
          [0, id],
        ],
      ]) {
        expect(() => trainer.step(batch, 0.01)).toThrow(
          expect.objectContaining({
            name: "MicrogptError",
            message: expect.stringMatching(`expected ids from 0 to ${vocabSize - 1}, got ${id};`),
          }),
        );
      }
      expect(run.model.state()).toEqual(before);
      expect(trainer.steps).toBe(1);
      expect(() => trainer.step([], 0.01)).toThrow("loss: expected at least one document, got none;");
      expect(() => trainer.step([[0]], 0.01)).toThrow("loss: expected at least 2 tokens, got 1;");
    });
  },
);

test("any number of threads gives the same bits", async () => {
  const training = { numSteps: 30, batchSize: 3, weightDecay: 0.1, gradClip: 1 };
  const [one, ...others] = await Promise.all(
    [1, 2, 3, 5].map(async (threads) => {
      const run = startRun(names, { model: { ...model, nLayer: 2 }, training, threads });
      const records = await recordsOf(run);
      const state = run.model.state();
      run.model.dispose();
      return { records, state };
    }),
  );
  for (const other of others) expect(other).toEqual(one);
});

describe("trainStep", () => {
  const fresh = (): ScalarGPT => ScalarGPT.init(startRun(names, { model }).model.config, new Random(1));

  test("equals the scalar engine's training", async () => {
    const run = startRun(names, { model, engine: "scalar", training: { numSteps: 8, batchSize: 2, gradClip: 1 } });
    const { settings, random: _ } = run.progress;
    const random = new Random(settings.seed);
    const docs = random.shuffle(names.docs);
    const own = ScalarGPT.init(run.model.config, random);
    const optimizer = new ScalarOptimizer(own, settings);
    for await (const { step, loss, gradNorm, learningRate } of train(run)) {
      const batch = [0, 1].map((b) => run.tokenizer.encodeDocument(docs[(2 * step - 2 + b) % docs.length] ?? ""));
      expect(trainStep(own, optimizer, batch, learningRate)).toEqual({ loss, gradNorm });
    }
    expect(namedParams(own.params).flatMap(([, tensor]) => [...tensor.data()])).toEqual(weightsOf(run));
  });

  test("leaves weights, gradients and moments unchanged by a step whose loss is not finite", () => {
    const broken = fresh();
    const optimizer = new ScalarOptimizer(broken);
    trainStep(broken, optimizer, [[0, 1, 2]], 0.01);
    const values = namedParams(broken.params).flatMap(([, tensor]) => tensor.values);
    if (values[0] !== undefined) values[0].data = Infinity;
    const before = values.map(({ data }) => data);
    const state = structuredClone(optimizer.state);

    expect(() => trainStep(broken, optimizer, [[0, 1, 2]], 0.01)).toThrow("at step 2; ");
    expect(values.map(({ data }) => data)).toEqual(before);
    expect(values.every(({ grad }) => grad === 0)).toBe(true);
    expect(optimizer.state).toEqual(state);
  });

  test("returns the gradient norm before clipping", () => {
    const [free, clipped] = [fresh(), fresh()];
    const loss = free.loss([0, 1, 2]);
    loss.backward();
    const gradients = namedParams(free.params).flatMap(([, tensor]) => [...tensor.grad()]);
    const result = trainStep(clipped, new ScalarOptimizer(clipped, { gradClip: 1e-3 }), [[0, 1, 2]], 0.01);
    expect(result.loss).toBe(loss.data);
    expect(result.gradNorm).toBeCloseTo(Math.hypot(...gradients), 14);
  });
});
