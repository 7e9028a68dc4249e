import { describe, expect, test } from "vitest";
import { namedParams } from "../model/config.ts";
import { sample } from "../model/generate.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { type PresetName, presets } from "./presets.ts";
import { type Checkpoint, type Run, type RunOptions, resumeRun, startRun } from "./run.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { train } from "./train.ts";

// What JSON must escape, what UTF-16 writes in two, what some parsers take for a line end.
const documents = { name: 'a "name"\n', docs: ['"\\', "né\u2028e", "😀😁", "\ue000 b", "b"] };
const STEPS = 7; // more than documents, so that a run begins again with the first

// An odd number of weights (nEmbd and blockSize odd) leaves half of a pair of normal draws in the generator's state.
const sizes = {
  odd: { nEmbd: 3, nHead: 1, blockSize: 3 },
  layers: { nEmbd: 4, nHead: 2, nLayer: 2, blockSize: 4 },
};

function optionsOf(preset: PresetName, size: keyof typeof sizes): RunOptions {
  const { model, training } = presets[preset];
  return { model: { ...model, ...sizes[size] }, training: { ...training, numSteps: STEPS, seed: -3 } };
}

async function runTo(run: Run, step: number): Promise<Run> {
  if (step > run.progress.losses.length) for await (const record of train(run)) if (record.step >= step) break;
  return run;
}

/** All that decides what a checkpoint will ever do, down to the bit. */
function contents({ model, tokenizer, progress }: Checkpoint): object {
  const weights = namedParams(model.params).map(([name, { shape, values }]) => ({
    ...{ name, shape },
    data: values.map(({ data }) => data),
  }));
  if (progress === undefined) return { config: model.config, weights, tokenizer: tokenizer.toJSON() };
  const { settings, data, random, adam, losses } = progress;
  const run = { settings, data, losses, random: random.getState(), adam: adam.state };
  return { config: model.config, weights, tokenizer: tokenizer.toJSON(), run };
}

function samplesOf({ model, tokenizer, progress }: Run): string[] {
  const { random } = progress;
  return Array.from({ length: 5 }, () => sample(model, tokenizer, { random, temperature: 1 }));
}

const saveAndLoad = (checkpoint: Checkpoint): Checkpoint =>
  decodeCheckpoint("x.safetensors", encodeCheckpoint(checkpoint));

describe.each([
  ["microgpt", "odd"],
  ["microgpt", "layers"],
  ["microgpt-early", "odd"],
  ["microgpt-early", "layers"],
] as const)("a run of %s, size %s", (preset, size) => {
  const start = (): Run => startRun(documents, optionsOf(preset, size));

  test.each([0, 1, 3, STEPS - 1])(
    "saved after step %i, loaded and trained on, is the run that never stopped",
    async (k) => {
      const whole = await runTo(start(), STEPS);
      const loaded = saveAndLoad(await runTo(start(), k));
      const resumed = await runTo(resumeRun(loaded, documents), STEPS);
      expect(resumed.progress.losses).toHaveLength(STEPS);
      expect(contents(resumed)).toEqual(contents(whole));
      expect(samplesOf(resumed)).toEqual(samplesOf(whole));
    },
  );

  test.each([0, STEPS])(
    "after step %i it is read as it was written, and written again gives the same bytes",
    async (k) => {
      const run = await runTo(start(), k);
      const file = encodeCheckpoint(run);
      const loaded = decodeCheckpoint("x", file);
      expect(contents(loaded)).toEqual(contents(run));
      expect(encodeCheckpoint(loaded)).toEqual(file);
    },
  );

  test("is neither changed nor kept by saving it", async () => {
    const run = await runTo(start(), 2);
    const before = contents(run);
    const file = encodeCheckpoint(run);
    const bytes = file.slice();
    expect(contents(run)).toEqual(before);
    await runTo(run, STEPS);
    expect(file).toEqual(bytes);
  });
});

describe("a model without the state of a run", () => {
  test("is read as it was written, and cannot be resumed", () => {
    const { model, tokenizer } = startRun(documents, optionsOf("microgpt", "odd"));
    const loaded = saveAndLoad({ model, tokenizer });
    expect(contents(loaded)).toEqual(contents({ model, tokenizer }));
    expect(loaded).not.toHaveProperty("progress");
    expect(() => resumeRun(loaded, documents)).toThrow("a checkpoint with the state of its run");
  });

  test("is the part of a run's file that other programs read: the weights under their names", () => {
    const run = startRun(documents, optionsOf("microgpt", "odd"));
    const names = (checkpoint: Checkpoint): string[] => [
      ...decodeSafetensors("read", encodeCheckpoint(checkpoint)).tensors.keys(),
    ];
    const weights = namedParams(run.model.params).map(([name]) => name);
    expect(names({ model: run.model, tokenizer: run.tokenizer })).toEqual(weights);
    expect(names(run).slice(0, weights.length)).toEqual(weights);
  });

  test("may hold any finite number", () => {
    const { model, tokenizer } = startRun(documents, optionsOf("microgpt", "odd"));
    const extremes = [-0, Number.MIN_VALUE, -Number.MAX_VALUE, 1 / 3];
    extremes.forEach((x, i) => {
      const value = model.params.wte.values[i];
      if (value !== undefined) value.data = x;
    });
    expect([...saveAndLoad({ model, tokenizer }).model.params.wte.data().slice(0, 4)]).toEqual(extremes);
  });
});

test("on disk everything is called as in microgpt.py", () => {
  const file = encodeCheckpoint(startRun(documents, optionsOf("microgpt", "odd")));
  const { metadata } = decodeSafetensors("read", file);
  const keysOf = (key: string): string[] => Object.keys(JSON.parse(metadata.get(key) ?? "") as object);
  expect([...metadata.keys()]).toEqual([
    "checksum",
    "format",
    "version",
    "config",
    "tokenizer",
    "settings",
    "data",
    "random",
  ]);
  expect(metadata.get("format")).toBe("microgpt");
  expect(metadata.get("version")).toBe("1");
  expect(new Set(keysOf("config"))).toEqual(
    new Set(["vocab_size", "n_layer", "n_head", "n_embd", "block_size", "activation", "init_std", "zero_init"]),
  );
  expect(new Set(keysOf("settings"))).toEqual(
    new Set(["num_steps", "learning_rate", "schedule", "beta1", "beta2", "eps", "seed"]),
  );
  expect(keysOf("data")).toEqual(["name", "num_docs", "crc32"]);
  expect(keysOf("random")).toEqual(["words", "index", "gauss_next"]);
});

describe("files of other programs", () => {
  const run = startRun(documents, optionsOf("microgpt", "odd"));

  /** The file with its numbers as float32 and without a checksum, as a converter would write it. */
  const halved = (checkpoint: Checkpoint): Uint8Array => {
    const { tensors, metadata } = decodeSafetensors("read", encodeCheckpoint(checkpoint));
    const { checksum: _, ...rest } = Object.fromEntries(metadata);
    const narrow = [...tensors.values()].map((tensor) => ({ ...tensor, data: Float32Array.from(tensor.data) }));
    return encodeSafetensors(narrow, rest);
  };

  test("may keep the weights, and the moments, in float32", () => {
    for (const checkpoint of [run, { model: run.model, tokenizer: run.tokenizer }]) {
      const loaded = decodeCheckpoint("x", halved(checkpoint));
      const rounded = namedParams(run.model.params).map(([, weight]) => weight.data().map(Math.fround));
      expect(namedParams(loaded.model.params).map(([, weight]) => weight.data())).toEqual(rounded);
      expect(loaded.progress === undefined).toBe(!("progress" in checkpoint));
    }
  });

  test("may leave the checksum out", () => {
    const { tensors, metadata } = decodeSafetensors("read", encodeCheckpoint(run));
    const { checksum: _, ...rest } = Object.fromEntries(metadata);
    const loaded = decodeCheckpoint("x", encodeSafetensors([...tensors.values()].toReversed(), rest));
    expect(contents(loaded)).toEqual(contents(run));
  });
});

describe("what no reader would take back is not written", () => {
  test.each([NaN, Infinity, -Infinity])("a weight of %d", (bad) => {
    const run = startRun(documents, optionsOf("microgpt", "odd"));
    const value = run.model.params.lm_head.values[4];
    if (value !== undefined) value.data = bad;
    const message = `save: expected finite numbers in tensor "lm_head", got ${bad} at entry 4; the run has diverged: train again with a lower learning_rate`;
    expect(() => encodeCheckpoint(run)).toThrow(expect.objectContaining({ name: "MicrogptError", message }));
  });

  test("a moment of NaN", () => {
    const run = startRun(documents, optionsOf("microgpt", "odd"));
    run.progress.adam.state.v.wpe[0] = NaN;
    expect(() => encodeCheckpoint(run)).toThrow('finite numbers in tensor "adam.v.wpe", got NaN at entry 0');
  });
});
