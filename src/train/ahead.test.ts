/** Training on a machine whose memory the host does not see, against the same on one whose memory it does. */

import { describe, expect, test } from "vitest";
import { wasm } from "../backend/wasm/wasm.ts";
import { CompiledEngine } from "../engine/compiled-engine.ts";
import { GPT } from "../engine/gpt.ts";
import { queue } from "../engine/queued-trainer.ts";
import { type Hidden, hidden } from "../testing/hidden.ts";
import { encodeCheckpoint } from "./checkpoint.ts";
import type { StepRecord } from "./record.ts";
import type { Run } from "./run.ts";
import type { TrainingSettings } from "./settings.ts";
import { startRun } from "./start.ts";
import { train } from "./train.ts";

const names = { name: "names.txt", docs: ["ada", "ben", "cleopatra", "o", "dan", "eve", "fay", "gil"] };
const model = { nEmbd: 4, nHead: 2, blockSize: 4 };

const start = (training: Partial<TrainingSettings>): Run => startRun(names, { model, training, valFraction: 0.3 });

/** The same run on a backend without views. */
function onHidden(run: Run): { run: Run; backend: Hidden } {
  const sampler = wasm();
  const backend = hidden(sampler);
  const engine = new CompiledEngine(run.model.config, { backend, sampler, threads: 1, checkBytes: () => {}, queue });
  return { run: { ...run, model: new GPT(run.model.state(), {}, engine) }, backend };
}

async function recordsOf(run: Run, stop = Infinity): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for await (const record of train(run, { signal: new AbortController().signal })) {
    records.push(record);
    if (record.step >= stop) break;
  }
  return records;
}

describe("a machine whose memory the host does not see", () => {
  test.each<[what: string, training: Partial<TrainingSettings>, mostReads: number]>([
    ["whole steps", { numSteps: 200 }, 25],
    ["steps in parts", { numSteps: 20, batchSize: 2, gradientAccumulationSteps: 3, dropout: 0.1, gradClip: 1 }, 10],
    ["evaluations in between", { numSteps: 30, evalInterval: 10, dropout: 0.2 }, 30],
  ])("trains to the same bits, with a read for many steps: %s", async (_, training, mostReads) => {
    const [seen, { run, backend }] = [start(training), onHidden(start(training))];
    expect(await recordsOf(run)).toEqual(await recordsOf(seen));
    expect(encodeCheckpoint(run)).toEqual(encodeCheckpoint(seen));
    expect(backend.reads.filter((name) => name === "results").length).toBeLessThan(mostReads);
  });

  test.each<[what: string, training: Partial<TrainingSettings>]>([
    ["whole steps", {}],
    ["steps in parts", { batchSize: 2, gradientAccumulationSteps: 2 }],
  ])("a step that diverges is named, and leaves the weights, as do those behind it: %s", async (_, parts) => {
    // One name has a letter that no number can stand for: all steps but its own are sound.
    const docs = Array.from({ length: 60 }, (_, i) => (i === 7 ? "zoe" : (names.docs[i % 8] ?? "")));
    const poisoned = (): Run => {
      const run = startRun({ ...names, docs }, { model, training: { numSteps: 60, ...parts } });
      const { config, weights } = run.model.state();
      weights.wte.fill(Number.NaN, config.nEmbd * (run.tokenizer.encodeDocument("z")[1] ?? 0));
      weights.wte.fill(0, config.nEmbd * run.tokenizer.bos);
      return { ...run, model: new GPT({ config, weights }) };
    };
    const failing = async (run: Run): Promise<unknown> => await recordsOf(run).catch((reason: unknown) => reason);
    const [seen, { run }] = [poisoned(), onHidden(poisoned())];
    const error = await failing(seen);
    expect(error).toMatchObject({ code: "diverged" });
    expect(await failing(run)).toEqual(error);
    expect(seen.progress.losses.length).toBeGreaterThan(3);
    expect(run.progress.losses).toEqual(seen.progress.losses);
    expect(run.model.state()).toEqual(seen.model.state());
  });

  test("takes one step at first, so that a run may be left after it; what was not brought here is refused", async () => {
    const training = { numSteps: 40 };
    const [seen, { run }] = [start(training), onHidden(start(training))];
    await recordsOf(seen, 1);
    await recordsOf(run, 1);
    expect(encodeCheckpoint(run)).toEqual(encodeCheckpoint(seen));

    for await (const _ of train(run)) {
      expect(() => run.model.state()).toThrow("await the model's settle() first");
      await run.model.settle();
      expect(run.model.state()).toBeDefined();
      break;
    }
    expect(await recordsOf(run)).toHaveLength(38);
  });

  test("finds gradients, evaluates and generates with the weights of the moment", async () => {
    const training = { numSteps: 10 };
    const [seen, { run }] = [start(training), onHidden(start(training))];
    await Promise.all([recordsOf(seen), recordsOf(run)]);
    const documents = [seen.sequences.at(0), seen.sequences.at(1)];
    expect(await run.model.gradients(documents)).toEqual(await seen.model.gradients(documents));
    const lossOf = async ({ model }: Run) => (await model.evaluator(20)).loss(documents);
    expect(await lossOf(run)).toEqual(await lossOf(seen));
    expect(run.model.decoder()(0)).toEqual(seen.model.decoder()(0));
  });
});
