/** The output of `train`: for people, for programs, and only samples; its numbers are the library's. */

import { type EngineOptions, encodeCheckpoint, type StepRecord, sample, startRun, train } from "microgpt";
import { describe, expect, test } from "vitest";
import { MICROGPT } from "../../src/model/config.ts";
import { CLI, Folder, folderWithNames, linesOf, names, recordsOf, samplesOf, stepsOf, TINY } from "../support/cli.ts";

describe("the text is microgpt.py's, line for line", async () => {
  const { code, stdout, stderr } = await folderWithNames().microgpt(`train names.txt ${TINY}`);
  const lines = linesOf(stdout);

  test("it ends well and without complaints", () => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("it begins with the size of the data and of the model", () => {
    // 17 distinct letters and BOS; two matrices of 18 x 8, one of 16 x 8, and 12 of 8 x 8 in the layer.
    expect(lines.slice(0, 3)).toEqual(["num docs: 12", "vocab size: 18", "num params: 1184"]);
  });

  test("each step has a line", () => {
    const steps = lines.filter((line) => line.startsWith("step"));
    expect(steps).toHaveLength(20);
    expect(steps[0]).toMatch(/^step {4}1 \/ {3}20 \| loss \d\.\d{4}$/);
    expect(steps[19]).toMatch(/^step {3}20 \/ {3}20 \| loss \d\.\d{4}$/);
  });

  test("the loss is plotted and summarized", () => {
    expect(lines).toContainEqual(expect.stringMatching(/^\d\.\d\d┤/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^loss: \d\.\d\d at first, \d\.\d\d on average over the last 20 steps$/),
    );
  });

  test("the samples are numbered, and the model is saved", () => {
    const samples = lines.filter((line) => line.startsWith("sample"));
    expect(samples).toHaveLength(3);
    for (const [i, line] of samples.entries()) expect(line).toMatch(new RegExp(`^sample {2}${i + 1}: [a-z]*$`));
    expect(lines).toContain("saved model.safetensors");
  });

  test("it ends with commands to type next", () => {
    expect(lines.slice(lines.findIndex((line) => line.startsWith("next:")))).toEqual([
      "next: microgpt sample model.safetensors --temperature 0.8 --seed 1",
      "      microgpt chat model.safetensors",
      "      microgpt lab model.safetensors",
      "      microgpt info model.safetensors",
    ]);
  });
});

test("after the packaged names, it suggests the user's own text", async () => {
  const { stdout } = await new Folder().microgpt(`train ${TINY}`);
  expect(linesOf(stdout).at(-1)).toBe("      microgpt train my-own-text.txt");
});

describe("--json has one record a line", async () => {
  const { code, stdout, stderr } = await folderWithNames().microgpt(`train names.txt ${TINY} --json`);
  const records = recordsOf(stdout);

  test("start, the steps, the samples and the file, in this order", () => {
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(records.map(({ type }) => type)).toEqual([
      "start",
      ...Array<string>(20).fill("step"),
      ...Array<string>(3).fill("sample"),
      "novelty",
      "saved",
    ]);
  });

  test("the start names the data, the model and the settings", () => {
    expect(records[0]).toEqual({
      type: "start",
      data: "names.txt",
      mode: "documents",
      numDocs: 12,
      numValDocs: 0,
      numDocsCut: 0,
      vocabSize: 18,
      numParams: 1184,
      step: 0,
      config: {
        ...{ vocabSize: 18, nLayer: 1, nHead: 2, nEmbd: 8, blockSize: 16 },
        ...MICROGPT,
      },
      settings: {
        ...{ numSteps: 20, learningRate: 0.01, schedule: "linear", beta1: 0.85, beta2: 0.99, eps: 1e-8, seed: 42 },
        ...{ batchSize: 1, gradientAccumulationSteps: 1, warmupIters: 0, minLr: 0, weightDecay: 0, gradClip: 0 },
        ...{ dropout: 0, evalInterval: 0, evalIters: 0, patience: 0 },
        ...{ optimizer: "adamw", decoupledWeightDecay: true, momentum: 0, muonMomentum: 0.95, muonLr: 0.02 },
      },
      engine: { name: "wasm", reason: "short" },
      notes: [],
    });
    expect(records.at(-1)).toEqual({ type: "saved", path: "model.safetensors" });
  });
});

describe("--quiet leaves", () => {
  test("in text only the bare samples", async () => {
    const folder = folderWithNames();
    const loud = await folder.microgpt(`train names.txt ${TINY} --json`);
    const { stdout, stderr } = await folder.microgpt(`train names.txt ${TINY} --quiet`);
    expect(linesOf(stdout)).toEqual(samplesOf(loud.stdout));
    expect(stderr).toBe("");
  });

  test("in JSON everything but the steps", async () => {
    const { stdout } = await folderWithNames().microgpt(`train names.txt ${TINY} --json --quiet`);
    expect(recordsOf(stdout).map(({ type }) => type)).toEqual([
      "start",
      "sample",
      "sample",
      "sample",
      "novelty",
      "saved",
    ]);
  });
});

describe.each<[flags: string, engine: EngineOptions]>([
  ["", {}],
  ["--engine wasm --threads 2", { engine: "wasm", threads: 2 }],
  ["--strict", { strict: true }],
  ["--engine scalar", { engine: "scalar" }],
])("the command line only shows what the library computes: %s", (engineFlags, engine) => {
  const settings = { nEmbd: 8, nHead: 2, nLayer: 2, blockSize: 12 };
  const sizes = "--preset microgpt --n_embd 8 --n_head 2 --n-layer=2 --block_size 12";
  const how =
    "--max-iters 15 --seed -5 --beta1 0.8 --schedule cosine --batch-size 3 --weight_decay 0.1 --grad-clip=0.5";

  test("each loss, learning rate, sample and byte of the file is the same", async () => {
    const folder = folderWithNames();
    const { stdout } = await folder.microgpt(
      `train names.txt ${sizes} ${how} ${engineFlags} --num_samples 4 --temperature 0.9 --json`,
    );

    const optimizer = { beta1: 0.8, batchSize: 3, weightDecay: 0.1, gradClip: 0.5 };
    const training = { numSteps: 15, seed: -5, schedule: "cosine", ...optimizer } as const;
    const run = startRun(names(), { model: settings, training, ...engine });
    const steps: StepRecord[] = [];
    for await (const record of train(run)) steps.push(record);
    const file = encodeCheckpoint(run);
    const samples = Array.from({ length: 4 }, () =>
      sample(run.model, run.tokenizer, { random: run.progress.random, temperature: 0.9 }),
    );

    expect(stepsOf(stdout)).toEqual(steps);
    expect(samplesOf(stdout)).toEqual(samples);
    expect(folder.bytes("model.safetensors").equals(file)).toBe(true);
  });
});

test("a preset is microgpt.py's other revision", async () => {
  const { stdout } = await folderWithNames().microgpt(
    "train names.txt --preset microgpt-early --num_steps 2 --num_samples 0 --json",
  );
  expect(recordsOf(stdout)[0]).toMatchObject({
    config: { blockSize: 8, mlp: "relu2", zeroInit: true },
    settings: { schedule: "cosine", beta1: 0.9, beta2: 0.95 },
  });
});

test.each(["--preset microgpt", "", "--engine scalar --preset tiny"])(
  "--dry_run shows the plan, and leaves nothing behind: %s",
  async (flags) => {
    const folder = folderWithNames();
    const { code, stdout, stderr } = await folder.microgpt(`train names.txt ${flags} --tensorboard --dry_run`);
    expect({ code, stderr, names: folder.names() }).toEqual({ code: 0, stderr: "", names: ["names.txt"] });
    const [params = ""] = /(?<=^num params: )\d+$/m.exec(stdout) ?? [];
    expect(stdout).toContain(`\nparameters: ${Number(params).toLocaleString("en")} (1 layers, 4 heads, `);
    expect(linesOf(stdout).at(-1)).toBe("dry run: nothing was trained or saved");
  },
);

test("--dry_run --json is a record", async () => {
  const { stdout } = await folderWithNames().microgpt(`train names.txt ${TINY} --dry_run --json`);
  expect(recordsOf(stdout).map(({ type }) => type)).toEqual(["start", "plan"]);
});

test("--threads changes no byte of the file", async () => {
  const folder = folderWithNames();
  const words = `train names.txt ${TINY} --n_layer 2 --batch_size 4 --weight_decay 0.1 --grad_clip 1`;
  for (const threads of [1, 2, 3]) await folder.microgpt(`${words} --threads ${threads} --out ${threads}`);
  expect(folder.bytes("2").equals(folder.bytes("1"))).toBe(true);
  expect(folder.bytes("3").equals(folder.bytes("1"))).toBe(true);
});

test("weight decay and clipping of 0 have no effect", async () => {
  const folder = folderWithNames();
  await folder.microgpt(`train names.txt ${TINY} --out plain`);
  const { code } = await folder.microgpt(`train names.txt ${TINY} --weight_decay 0 --grad_clip 0 --out zero`);
  expect(code).toBe(0);
  expect(folder.bytes("zero").equals(folder.bytes("plain"))).toBe(true);
});

describe("in a pipe", () => {
  test.each(["", "--json"])("there are no control codes, only text: train %s", async (form) => {
    const { stdout } = await folderWithNames().microgpt(`train names.txt ${TINY} ${form}`, {
      env: { TERM: "xterm-256color", FORCE_COLOR: "1" },
    });
    expect(stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  test("a reader that leaves early ends the run, which is saved without an error", async () => {
    const folder = folderWithNames();
    const command = `"$0" "$1" train names.txt --preset microgpt --n_embd 8 --n_head 2 --num_steps 10000000 --engine wasm | head -3`;
    const { stdout, stderr } = await folder.startProgram("sh", ["-c", command, process.execPath, CLI]).ended;
    expect({ stdout, stderr }).toEqual({ stdout: "num docs: 12\nvocab size: 18\nnum params: 1184\n", stderr: "" });
    expect(folder.model("model.safetensors").progress?.losses.length).toBeGreaterThan(0);
    expect(folder.names()).toEqual(["model.metrics.jsonl", "model.safetensors", "names.txt"]);
  });

  test("one that leaves during the samples leaves a finished run", async () => {
    const folder = folderWithNames();
    const command = `"$0" "$1" train names.txt ${TINY} --num_samples 100000000 | grep -m1 "^sample 20"`;
    const { stdout, stderr } = await folder.startProgram("sh", ["-c", command, process.execPath, CLI]).ended;
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^sample 20/), stderr: "" });
    expect(folder.bytes("model.metrics.jsonl").toString()).toMatch(/\n{"type":"end","step":20,"reason":"done"}\n$/);
  });

  test("and the samples", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY} --quiet`);
    const command = `"$0" "$1" sample --num_samples 100000000 --quiet | head -2 | wc -l`;
    const { stdout, stderr } = await folder.startProgram("sh", ["-c", command, process.execPath, CLI]).ended;
    expect({ lines: stdout.trim(), stderr }).toEqual({ lines: "2", stderr: "" });
  });
});
