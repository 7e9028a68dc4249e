import { describe, expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import type { Corpus } from "../data/corpus.ts";
import { ENGINES } from "../engine/engine-options.ts";
import type { GPTConfig } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import { mapParams } from "../model/params.ts";
import { Random } from "../util/random.ts";
import { presets } from "./presets.ts";
import { type Checkpoint, maxRowsOf, type ResumeOptions, type Run, type RunOptions } from "./run.ts";
import { reopenRun, resumeRun, startRun } from "./start.ts";
import { train } from "./train.ts";

const names: Corpus = { name: "names.txt", docs: ["ada", "ben", "cleo", "dan", "eve", "fay", "gil"] };
const small = { nEmbd: 4, nHead: 2, blockSize: 4 };

const refusal = (message: unknown): object => expect.objectContaining({ name: "MicrogptError", message });
/** Trains until `done` steps are taken. */
async function trainTo(run: Run, done: number): Promise<void> {
  for await (const { step } of train(run)) if (step >= done) break;
}

async function stoppedAt(step: number, training: RunOptions["training"] = { numSteps: 5 }): Promise<Run> {
  const run = startRun(names, { model: small, training });
  await trainTo(run, step);
  return run;
}

describe("a new run", () => {
  test.each(ENGINES)("draws from one stream: first the order of the documents, then the weights (%s)", (engine) => {
    const run = startRun(names, { model: small, training: { seed: 7 }, engine });
    const random = new Random(7);
    expect(run.data.train).toEqual(random.shuffle(names.docs));
    const weights = initParams(run.model.config, random, (_, data) => data);
    const rounded = mapParams(weights, (data) => Float32Array.from(data));
    expect(run.model.state().weights).toEqual(engine === "scalar" ? weights : rounded);
    expect(run.model.state().slots).toBeUndefined();
    expect(run.progress.random.getState()).toEqual(random.getState());
  });

  test("defaults to the preset microgpt, with the vocabulary of its data", () => {
    const run = startRun(names);
    expect(run.progress.settings).toEqual(presets.microgpt.training);
    expect(run.model.engine).toBe("wasm");
    expect(run.model.config).toEqual({ ...presets.microgpt.model, vocabSize: CharTokenizer.fit(names.docs).vocabSize });
  });

  test("changes only the given settings", () => {
    const run = startRun(names, { model: { nLayer: 2 }, training: { beta1: 0.5 } });
    expect(run.progress.settings).toEqual({ ...presets.microgpt.training, beta1: 0.5 });
    const expected: GPTConfig = { ...presets.microgpt.model, nLayer: 2, vocabSize: run.tokenizer.vocabSize };
    expect(run.model.config).toEqual(expected);
  });

  test("has taken no step, and does not reorder the caller's documents", () => {
    const docs = [...names.docs];
    const run = startRun({ name: "names.txt", docs }, { model: small });
    expect(run.progress.losses).toEqual([]);
    expect(docs).toEqual(names.docs);
  });

  test("identifies its documents by number and by the CRC-32 of their lines", () => {
    const run = startRun({ name: "check", docs: ["12345", "6789"] }, { model: small });
    // zlib.crc32(b"12345\n6789") in Python.
    expect(run.progress.data).toEqual({
      name: "check",
      mode: "documents",
      numDocs: 2,
      crc32: "91eb52df",
      valFraction: 0,
    });
  });

  test.each<[what: string, options: RunOptions, message: string]>([
    [
      "a setting out of range",
      { training: { numSteps: 0 } },
      "train: expected numSteps to be a whole number, 1 or more, got 0; give a number in that range",
    ],
    [
      "a config out of range",
      { model: { nHead: 3 } },
      "config: expected nEmbd to be a multiple of nHead, got nEmbd: 16 and nHead: 3; use 1, 2, 4, 8, 16 for nHead, for instance",
    ],
  ])("refuses %s", (_, options, message) => {
    expect(() => startRun(names, options)).toThrow(refusal(message));
  });

  test("refuses data without variety", () => {
    const message =
      'tokenizer: expected documents with at least 2 different characters, got only "a" (U+0061); use text with more variety: there is nothing to predict here';
    expect(() => startRun({ name: "a", docs: ["aa", "a"] })).toThrow(refusal(message));
  });

  describe("on the scalar engine", () => {
    const engine = "scalar";

    test.each<[batchSize: number, tokens: number]>([
      [1, 5],
      [3, 15],
    ])("refuses a model too large for the memory before a weight is made: %i documents a step", (batchSize, tokens) => {
      const message = new RegExp(
        `^config: expected a model that the scalar engine can hold in 4\\.0 GiB, got about [\\d.]+ GiB for 50,[\\d,]+ parameters and ${tokens} tokens a step; lower nEmbd, nLayer, blockSize or batchSize, or use the wasm engine$`,
      );
      const options = { model: { nEmbd: 2048 }, training: { batchSize }, engine } as const;
      expect(() => startRun(names, options)).toThrow(refusal(expect.stringMatching(message)));
    });

    test("accepts a memory limit", () => {
      expect(() => startRun(names, { engine, memoryLimit: 2 ** 28 })).not.toThrow();
      expect(() => startRun(names, { engine, memoryLimit: 2 ** 20 })).toThrow(
        "a model that the scalar engine can hold",
      );
      const manyAtOnce = { engine, memoryLimit: 2 ** 28, training: { batchSize: 100 } } as const;
      expect(() => startRun(names, manyAtOnce)).toThrow("a model that the scalar engine can hold");
    });
  });

  test.each(ENGINES)("needs memory for its longest document, not for the block (%s)", async (engine) => {
    const run = startRun(names, { model: { ...small, blockSize: 100_000 }, training: { numSteps: 1 }, engine });
    await trainTo(run, 1);
    expect(maxRowsOf(run)).toBe(5);
  });

  test.each<[what: string, options: RunOptions, message: string]>([
    [
      "an unknown engine",
      { engine: "foo" as "wasm" },
      'engine: expected engine to be one of wasm, scalar, got "foo"; pick one of them',
    ],
    [
      "no threads",
      { threads: 0 },
      "engine: expected threads to be a whole number from 1 to 64, got 0; give a number in that range",
    ],
    [
      "a thousand threads",
      { threads: 1000 },
      "engine: expected threads to be a whole number from 1 to 64, got 1000; give a number in that range",
    ],
  ])("refuses %s", (_, options, message) => {
    expect(() => startRun(names, options)).toThrow(refusal(message));
  });
});

describe("a step too large for WebAssembly's memory is refused in one line that says what to lower:", () => {
  const long = { name: "long.txt", docs: ["ab".repeat(600), "b"] };

  test.each<[what: string, options: RunOptions]>([
    ["4096 documents of 1024 tokens", { model: { blockSize: 1024 }, training: { batchSize: 4096 } }],
    ["100,000,000 documents", { model: small, training: { batchSize: 100_000_000 } }],
    ["as many documents as can be counted", { model: small, training: { batchSize: Number.MAX_SAFE_INTEGER } }],
  ])("%s", (_, options) => {
    expect(() => startRun(long, options)).toThrow(
      refusal(
        expect.stringMatching(
          /^engine: expected at most 4,096 MiB, the limit of WebAssembly, got a program of [\d,]+ MiB; lower batchSize, blockSize, nEmbd or nLayer$/,
        ),
      ),
    );
  });
});

describe("a resumed run", () => {
  test("visits the documents in the same order, from the same position", async () => {
    const run = await stoppedAt(3);
    const resumed = resumeRun(run, names);
    expect(resumed.data.train).toEqual(run.data.train);
    expect(resumed.progress).toEqual(run.progress);
    expect(resumed.progress.losses).toHaveLength(3);
  });

  test("accepts the same documents under another name", async () => {
    const run = await stoppedAt(3);
    expect(() => resumeRun(run, { ...names, name: "copy-of-names.txt" })).not.toThrow();
  });

  test("may get another end, on which its schedule then depends", async () => {
    const run = await stoppedAt(3);
    const longer = resumeRun(run, names, { numSteps: 8 });
    const records = [];
    for await (const record of train(longer)) records.push(record);
    expect(records.map(({ step, numSteps }) => [step, numSteps])).toEqual([4, 5, 6, 7, 8].map((step) => [step, 8]));
    expect(records[0]?.learningRate).toBeCloseTo(0.01 * (1 - 3 / 8), 15); // an ulp of 0.01 is 1.7e-18
  });

  test("may continue beyond its original end", async () => {
    const finished = await stoppedAt(5);
    const longer = resumeRun(finished, names, { numSteps: 7 });
    await trainTo(longer, 7);
    expect(longer.progress.losses).toHaveLength(7);
  });

  test.each<[what: string, documents: Corpus, other: string]>([
    ["one more", { name: "more.txt", docs: [...names.docs, "ada"] }, '"more.txt" (8 documents, CRC 12345678)'],
    [
      "as many, with other text",
      { name: "other.txt", docs: names.docs.with(0, "adb") },
      '"other.txt" (7 documents, CRC 12345678)',
    ],
    [
      "the same in another order",
      { name: "sorted.txt", docs: names.docs.toReversed() },
      '"sorted.txt" (7 documents, CRC 12345678)',
    ],
  ])("refuses other documents: %s", async (_, documents, other) => {
    const run = await stoppedAt(3);
    const { crc32 } = startRun(documents).progress.data;
    const now = other.replace("12345678", crc32);
    const message = `resume: expected the documents of the run, "names.txt" (7 documents, CRC ${run.progress.data.crc32}), got ${now}; resume with the same data, or fine-tune on this data with initFrom`;
    expect(() => resumeRun(run, documents)).toThrow(refusal(message));
  });

  test("may be opened after its end", async () => {
    const run = await stoppedAt(5);
    expect(() => resumeRun(run, names)).toThrow("a run that has done 5 of 5");
    const reopened = reopenRun(run, names);
    expect(reopened.progress).toEqual(run.progress);
    expect(reopened.sequences.at(3)).toEqual(run.sequences.at(3));
  });

  test("refuses a checkpoint without the state of a run", async () => {
    const { model, tokenizer } = await stoppedAt(3);
    const checkpoint: Checkpoint = { model, tokenizer };
    const message =
      "resume: expected a checkpoint with the state of its run, got a model only; fine-tune it in a new run, with initFrom";
    expect(() => resumeRun(checkpoint, names)).toThrow(refusal(message));
  });

  test.each<[what: string, done: number, options: ResumeOptions, got: string]>([
    ["a finished run", 5, {}, "a run that has done 5 of 5"],
    ["an end that is behind it", 3, { numSteps: 2 }, "a run that has done 3 of 2"],
    ["an end that is where it stands", 3, { numSteps: 3 }, "a run that has done 3 of 3"],
  ])("refuses %s", async (_, done, options, got) => {
    const run = await stoppedAt(done);
    const message = `resume: expected steps left to do, got ${got}; give numSteps above ${done}`;
    expect(() => resumeRun(run, names, options)).toThrow(refusal(message));
  });

  test("refuses an end that is not a number of steps", async () => {
    const run = await stoppedAt(3);
    const message = "train: expected numSteps to be a whole number, 1 or more, got 4.5; give a number in that range";
    expect(() => resumeRun(run, names, { numSteps: 4.5 })).toThrow(refusal(message));
  });
});
