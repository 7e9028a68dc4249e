import { describe, expect, test } from "vitest";
import type { Weights } from "../engine/engine.ts";
import { ENGINES, type EngineName, type EngineOptions } from "../engine/engine-options.ts";
import { GPT } from "../engine/gpt.ts";
import { MICROGPT } from "../model/config.ts";
import { sample } from "../model/generate.ts";
import { mapParams, namedParams } from "../model/params.ts";
import { snakeCase } from "../util/case.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { NO_CHECKSUM, seal } from "./checksum.ts";
import { type PresetName, presets } from "./presets.ts";
import type { Checkpoint, Run, RunOptions } from "./run.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import type { TrainingSettings } from "./settings.ts";
import { resumeRun, startRun } from "./start.ts";
import { train } from "./train.ts";

// Characters that JSON must escape, that take two UTF-16 units, and that some parsers read as line ends.
const documents = { name: 'a "name"\n', docs: ['"\\', "né\u2028e", "😀😁", "\ue000 b", "b"] };
const STEPS = 7; // more than documents, so that a run starts over with the first

// An odd number of weights (nEmbd and blockSize odd) leaves half of a pair of normal draws in the generator's state.
const sizes = {
  odd: { nEmbd: 3, nHead: 1, blockSize: 3 },
  layers: { nEmbd: 4, nHead: 2, nLayer: 2, blockSize: 4 },
};

interface Choice {
  readonly preset: PresetName;
  readonly size: keyof typeof sizes;
  readonly training?: Partial<TrainingSettings>;
}

function optionsOf({ preset, size, training }: Choice): RunOptions {
  const base = presets[preset];
  return {
    model: { ...base.model, ...sizes[size] },
    training: { ...base.training, numSteps: STEPS, seed: -3, ...training },
  };
}

const odd = optionsOf({ preset: "microgpt", size: "odd" });

async function runTo(run: Run, step: number): Promise<Run> {
  if (step > run.progress.losses.length) for await (const record of train(run)) if (record.step >= step) break;
  return run;
}

/** Everything that determines a checkpoint's future, to the bit. */
function contents({ model, tokenizer, progress }: Checkpoint): object {
  const { config, weights, slots } = model.state();
  const parts = { engine: model.engine, config, weights, tokenizer: tokenizer.toJSON() };
  if (progress === undefined) return parts;
  const { settings, data, random, losses } = progress;
  const zeros = Object.fromEntries(namedParams(weights).map(([name, numbers]) => [name, numbers.map(() => 0)]));
  const before = { m: zeros, v: zeros }; // the first step
  const run = { settings, data, losses, random: random.getState(), slots: slots ?? before };
  return { ...parts, run };
}

function samplesOf({ model, tokenizer, progress }: Run): string[] {
  const { random } = progress;
  return Array.from({ length: 5 }, () => sample(model, tokenizer, { random, temperature: 1 }));
}

const saveAndLoad = (checkpoint: Checkpoint, options?: EngineOptions): Checkpoint =>
  decodeCheckpoint("x.safetensors", encodeCheckpoint(checkpoint), options);

const batches = { batchSize: 3, weightDecay: 0.1, gradClip: 0.5 };
const choices: readonly Choice[] = [
  { preset: "microgpt", size: "odd" },
  { preset: "microgpt", size: "layers" },
  { preset: "microgpt-early", size: "odd" },
  { preset: "microgpt-early", size: "layers", training: batches },
];

describe.each(
  ENGINES.flatMap((engine) =>
    choices.map((choice) => ({ engine, ...choice, batchSize: choice.training?.batchSize ?? 1 })),
  ),
)("a run of $preset on $engine, size $size, $batchSize a step", (choice) => {
  const { engine } = choice;
  const start = (): Run => startRun(documents, { ...optionsOf(choice), engine });
  let whole: Promise<ReturnType<typeof endOf>> | undefined;
  const endOf = (run: Run) => ({ contents: contents(run), samples: samplesOf(run) });

  test.each([0, 1, 3, STEPS - 1])(
    "saved after step %i, loaded and trained on, equals the run that never stopped",
    async (k) => {
      whole ??= runTo(start(), STEPS).then(endOf);
      const loaded = saveAndLoad(await runTo(start(), k));
      const resumed = await runTo(resumeRun(loaded, documents), STEPS);
      expect(resumed.progress.losses).toHaveLength(STEPS);
      expect(endOf(resumed)).toEqual(await whole);
    },
  );

  test.each([0, STEPS])("after step %i is read as written, and written again gives the same bytes", async (k) => {
    const run = await runTo(start(), k);
    const file = encodeCheckpoint(run);
    const loaded = decodeCheckpoint("x", file);
    expect(loaded.model.engine).toBe(engine);
    expect(contents(loaded)).toEqual(contents(run));
    expect(encodeCheckpoint(loaded)).toEqual(file);
  });

  test("is neither changed nor retained by saving", async () => {
    const run = await runTo(start(), 2);
    const before = contents(run);
    const file = encodeCheckpoint(run);
    const bytes = file.slice();
    expect(contents(run)).toEqual(before);
    await runTo(run, STEPS);
    expect(file).toEqual(bytes);
  });

  test("continues on the other engine, with about the same losses", async () => {
    const other: EngineName = engine === "wasm" ? "scalar" : "wasm";
    const whole = await runTo(start(), STEPS);
    const moved = saveAndLoad(await runTo(start(), 3), { engine: other });
    expect(moved.model.engine).toBe(other);
    const resumed = await runTo(resumeRun(moved, documents), STEPS);
    expect(typesIn(encodeCheckpoint(resumed))).toEqual(new Set([other === "wasm" ? Float32Array : Float64Array]));
    resumed.progress.losses.forEach((loss, i) => {
      // Four steps in float32, with a loss of about 3.
      expect(Math.abs(loss - (whole.progress.losses[i] ?? NaN))).toBeLessThan(i < 3 ? 1e-300 : 1e-4);
    });
    // And back again.
    const back = saveAndLoad(await runTo(resumeRun(saveAndLoad(resumed), documents, { numSteps: 9 }), 8), { engine });
    await runTo(resumeRun(back, documents), 9);
    expect(back.model.engine).toBe(engine);
  });
});

/** The number types of the file's weights and moments. */
function typesIn(file: Uint8Array): Set<unknown> {
  const { tensors } = decodeSafetensors("read", file);
  return new Set([...tensors].filter(([name]) => name !== "history.loss").map(([, { data }]) => data.constructor));
}

test("any number of threads writes the same bytes", async () => {
  const options = optionsOf({ preset: "microgpt", size: "layers", training: batches });
  const files = await Promise.all(
    [1, 2, 3].map(async (threads) => {
      const run = await runTo(startRun(documents, { ...options, threads }), STEPS);
      const file = encodeCheckpoint(run);
      run.model.dispose();
      return file;
    }),
  );
  for (const file of files) expect(file).toEqual(files[0]);
});

describe("a file of 0.1.0, without batches, weight decay and clipping,", () => {
  /** A run of the scalar engine as 0.1.0 wrote it. */
  function inOldForm(run: Run): Uint8Array {
    const { tensors, metadata } = decodeSafetensors("read", encodeCheckpoint(run));
    const { batch_size, weight_decay, grad_clip, ...settings } = JSON.parse(metadata.get("settings") ?? "");
    expect([batch_size, weight_decay, grad_clip]).toEqual([1, 0, 0]);
    const old = { ...Object.fromEntries(metadata), checksum: NO_CHECKSUM, settings: JSON.stringify(settings) };
    const file = encodeSafetensors([...tensors.values()], old);
    seal(file);
    return file;
  }

  test("continues with the same bits", async () => {
    const start = (): Run => startRun(documents, { ...odd, engine: "scalar" });
    const whole = await runTo(start(), STEPS);
    const old = inOldForm(await runTo(start(), 3));
    const resumed = await runTo(resumeRun(decodeCheckpoint("x", old), documents), STEPS);
    expect(contents(resumed)).toEqual(contents(whole));
    expect(encodeCheckpoint(resumed)).toEqual(encodeCheckpoint(whole));
  });

  test("also continues on the compiled engine", async () => {
    const whole = await runTo(startRun(documents, { ...odd, engine: "scalar" }), STEPS);
    const old = inOldForm(await runTo(startRun(documents, { ...odd, engine: "scalar" }), 3));
    const resumed = await runTo(resumeRun(decodeCheckpoint("x", old, { engine: "wasm" }), documents), STEPS);
    expect(resumed.progress.settings).toEqual(whole.progress.settings);
    // As above.
    expect(resumed.progress.losses).toEqual(whole.progress.losses.map((loss) => expect.closeTo(loss, 4)));
  });
});

describe("a model without the state of a run", () => {
  test("is read as written, and cannot be resumed", () => {
    const { model, tokenizer } = startRun(documents, odd);
    const loaded = saveAndLoad({ model, tokenizer });
    expect(contents(loaded)).toEqual(contents({ model, tokenizer }));
    expect(loaded).not.toHaveProperty("progress");
    expect(() => resumeRun(loaded, documents)).toThrow("a checkpoint with the state of its run");
  });

  test("is the part of a run's file that other programs read: the weights by name", () => {
    const run = startRun(documents, odd);
    const names = (checkpoint: Checkpoint): string[] => [
      ...decodeSafetensors("read", encodeCheckpoint(checkpoint)).tensors.keys(),
    ];
    const weights = namedParams(run.model.state().weights).map(([name]) => name);
    expect(names({ model: run.model, tokenizer: run.tokenizer })).toEqual(weights);
    expect(names(run).slice(0, weights.length)).toEqual(weights);
  });

  test.each([
    { engine: "scalar", extremes: Float64Array.of(-0, Number.MIN_VALUE, -Number.MAX_VALUE, 1 / 3) },
    { engine: "wasm", extremes: Float32Array.of(-0, 2 ** -149, -(2 - 2 ** -23) * 2 ** 127, 1 / 3) },
  ] as const)("may hold any finite number of the $engine engine", ({ engine, extremes }) => {
    const { model, tokenizer } = withEntries(startRun(documents, { ...odd, engine }), "wte", extremes);
    const { wte } = saveAndLoad({ model, tokenizer }).model.state().weights;
    expect(wte.slice(0, 4)).toEqual(extremes);
  });
});

/** The checkpoint with other numbers at the beginning of a tensor of weights. */
function withEntries(checkpoint: Checkpoint, name: string, entries: ArrayLike<number>): Checkpoint {
  const { config, weights } = checkpoint.model.state();
  return {
    ...checkpoint,
    model: new GPT({ config, weights: changed(weights, name, entries) }, { engine: checkpoint.model.engine }),
  };
}

function changed(weights: Weights, name: string, entries: ArrayLike<number>): Weights {
  return mapParams(weights, (data, other) => {
    const copy = data.slice();
    if (other === name) copy.set(entries);
    return copy;
  });
}

test("all names on disk are microgpt.py's", () => {
  const file = encodeCheckpoint(startRun(documents, odd));
  const { metadata } = decodeSafetensors("read", file);
  const keysOf = (key: string): string[] => Object.keys(JSON.parse(metadata.get(key) ?? "") as object);
  expect([...metadata.keys()]).toEqual([
    "checksum",
    "format",
    "version",
    "config",
    "tokenizer",
    "mode",
    "settings",
    "data",
    "random",
  ]);
  expect(metadata.get("format")).toBe("microgpt");
  expect(metadata.get("version")).toBe("1");
  expect(new Set(keysOf("config"))).toEqual(
    new Set([...["vocab_size", "n_layer", "n_head", "n_embd", "block_size"], ...Object.keys(MICROGPT).map(snakeCase)]),
  );
  expect(new Set(keysOf("settings"))).toEqual(
    new Set([
      ...["num_steps", "learning_rate", "schedule", "beta1", "beta2", "eps", "seed"],
      ...["batch_size", "gradient_accumulation_steps", "warmup_iters", "min_lr"],
      ...["weight_decay", "grad_clip", "dropout", "eval_interval", "eval_iters", "patience"],
      ...["optimizer", "decoupled_weight_decay", "momentum", "muon_momentum", "muon_lr"],
    ]),
  );
  expect(keysOf("data")).toEqual(["name", "num_docs", "crc32", "mode", "val_fraction"]);
  expect(keysOf("random")).toEqual(["words", "index", "gauss_next"]);
});

describe.each(ENGINES)("a checkpoint that no reader would accept is not written (%s):", (engine) => {
  const run = startRun(documents, { ...odd, engine });

  test.each([NaN, Infinity, -Infinity])("a weight of %d", (bad) => {
    const message = `save: expected finite numbers in tensor "lm_head", got ${bad} at entry 1; the run has diverged: train again with a lower learningRate`;
    expect(() => encodeCheckpoint(withEntries(run, "lm_head", [0, bad]))).toThrow(
      expect.objectContaining({ name: "MicrogptError", message }),
    );
  });

  test("a slot of NaN", () => {
    const { config, weights } = run.model.state();
    const slots = { m: {}, v: Object.fromEntries(namedParams(changed(weights, "wpe", [NaN]))) };
    const model = new GPT({ config, weights, slots }, { engine });
    expect(() => encodeCheckpoint({ ...run, model })).toThrow(
      'finite numbers in tensor "adam.v.wpe", got NaN at entry 0',
    );
  });
});
