/** The help. */

import { presets } from "microgpt";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { Folder } from "../support/cli.ts";

/** The help as one line, without its wrapping. */
async function help(words: string): Promise<string> {
  const { code, stdout, stderr } = await new Folder().microgpt(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.replaceAll(/\s+/g, " ");
}

test("--version is the package's", async () => {
  expect(await new Folder().microgpt("--version")).toMatchObject({ code: 0, stdout: `${packageJson.version}\n` });
});

test.each(["--help", "-h", "help"])("microgpt %s lists the commands and the spelling of flags", async (words) => {
  const text = await help(words);
  for (const command of [
    "train [options] [files...]",
    "lr-find [options] [files...]",
    "prepare [options] <files...>",
    "sample [options] [model]",
    "chat [options] [model]",
    "eval [options] <files...>",
    "info [options] [model]",
    "runs [options] [path...]",
    "tokenizer [options] [file]",
    "sweep [options] [files...]",
  ]) {
    expect(text).toContain(command);
  }
  expect(text).toContain("--n_layer 2, --n-layer 2 or --n_layer=2");
});

test("no command gives the help, with an error code", async () => {
  const { code, stdout, stderr } = await new Folder().microgpt("");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^Usage: microgpt /);
});

describe("each default is in the help of", async () => {
  const { model, training } = presets.microgpt;
  const early = presets["microgpt-early"];
  const train = await help("train --help");
  const sample = await help("sample --help");

  test.each<[flag: string, value: string]>([
    ["files", "the names of --data ssa"],
    ["--cache_dir", "$MICROGPT_CACHE_DIR, or your cache folder"],
    ["--preset", "auto for your own text, microgpt for the names"],
    ["--val_fraction", "0.1; 0 in microgpt.py's presets"],
    ["--tokenizer", "char"],
    ["--minutes", "1"],
    ["--n_layer", both(model.nLayer, early.model.nLayer)],
    ["--n_head", both(model.nHead, early.model.nHead)],
    ["--n_embd", both(model.nEmbd, early.model.nEmbd)],
    ["--block_size", both(model.blockSize, early.model.blockSize)],
    ["--mlp", both(model.mlp, early.model.mlp, "relu2")],
    ["--init_std", both(model.initStd, early.model.initStd)],
    ["--zero_init", both("no", "yes", "yes")],
    ["--num_steps", both(training.numSteps, early.training.numSteps)],
    ["--batch_size", both(training.batchSize, early.training.batchSize)],
    ["--gradient_accumulation_steps", "1"],
    ["--learning_rate", both(training.learningRate, early.training.learningRate)],
    ["--schedule", both(training.schedule, early.training.schedule, "cosine")],
    ["--warmup_iters", both(training.warmupIters, early.training.warmupIters)],
    ["--min_lr", both(training.minLr, early.training.minLr)],
    ["--beta1", both(training.beta1, early.training.beta1, "0.9")],
    ["--beta2", both(training.beta2, early.training.beta2, "0.99")],
    ["--weight_decay", both(training.weightDecay, early.training.weightDecay, "0.1")],
    ["--grad_clip", both(training.gradClip, early.training.gradClip, "1")],
    ["--dropout", `${training.dropout}`],
    ["--eval_interval", both(training.evalInterval, early.training.evalInterval)],
    ["--eval_iters", both(training.evalIters, early.training.evalIters)],
    ["--patience", "6; 0 in microgpt.py's presets"],
    ["--seed", `${training.seed}`],
    ["--engine", "auto, or what saved the model"],
    ["--threads", "the fastest, found by the first steps"],
    ["--out", "model.safetensors, or the next free name; with --resume that model"],
    ["--save_interval", "once a minute"],
    ["--num_samples", "20 documents, or 3 pieces of running text"],
    ["--temperature", "0.5; 0.8 for running text"],
  ])("train %s", (flag, value) => {
    expect(defaultOf(train, flag)).toBe(value);
  });

  test.each<[flag: string, value: string]>([
    ["[model]", "the newest run's best here, or else its last"],
    ["--num_samples", "20"],
    ["--temperature", "0.5; 0.8 for running text"],
    ["--start", '""'],
    ["--max_new_tokens", "up to block_size; 500 for running text"],
    ["--seed", "42"],
    ["--engine", "auto, or what saved the model"],
    ["--threads", "the fastest, found by the first steps"],
  ])("sample %s", (flag, value) => {
    expect(defaultOf(sample, flag)).toBe(value);
  });

  test("info [model]", async () => {
    expect(defaultOf(await help("info --help"), "[model]")).toBe("the newest run's best here, or else its last");
  });
});

/** The default of a flag that microgpt.py's two revisions fix. */
function both(published: number | string, early: number | string, own = "depends on the data"): string {
  const fixed =
    published === early ? `${early} in microgpt.py's presets` : `${published} in microgpt, ${early} in microgpt-early`;
  return `${own}; ${fixed}`;
}

/** The first `(default: ...)` after the flag or argument in its list. */
function defaultOf(text: string, flag: string): string | undefined {
  const list = text.slice(text.indexOf("Arguments:"));
  const entry = list.slice(list.indexOf(` ${flag.replace(/[[\]]/g, "")} `));
  return /\(default: (.*?)\)/.exec(entry)?.[1];
}

describe("row 35: the help is in groups, with examples", async () => {
  const names = ["train", "lr-find", "prepare", "sample", "chat", "lab", "eval"];
  const commands = [...names, "info", "runs", "tokenizer", "sweep", "graph", "bench"];

  test.concurrent.for(commands)("%s", async (command, { expect }) => {
    const { stdout } = await new Folder().microgpt(`${command} --help`);
    const lines = stdout.split("\n");
    const examples = lines.slice(lines.indexOf("Examples:")).filter((line) => line.startsWith("  microgpt "));
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const example of examples) expect(example).toContain(`  microgpt ${command}`);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    // Commands that train have about fifty flags: no group is longer than half a screen.
    const groups = stdout.split(/\n\n/).filter((part) => /^[A-Z][\w ]*:\n {2}-/.test(part));
    for (const group of groups) expect(group.match(/^ {2}-/gm)?.length).toBeLessThanOrEqual(16);
    if (["train", "sweep", "lr-find"].includes(command)) expect(groups.length).toBeGreaterThanOrEqual(7);
  });
});
