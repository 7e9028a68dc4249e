/** What microgpt says about itself. */

import { presets } from "microgpt";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { Folder } from "../support/cli.ts";

/** The help as one line, however it was wrapped. */
async function help(words: string): Promise<string> {
  const { code, stdout, stderr } = await new Folder().microgpt(words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.replaceAll(/\s+/g, " ");
}

test("--version is the package's", async () => {
  expect(await new Folder().microgpt("--version")).toMatchObject({ code: 0, stdout: `${packageJson.version}\n` });
});

test.each(["--help", "-h", "help"])("microgpt %s lists the commands and how flags are written", async (words) => {
  const text = await help(words);
  for (const command of [
    "train [options] [file]",
    "sample [options] [model]",
    "chat [options] [model]",
    "info [options] [model]",
  ]) {
    expect(text).toContain(command);
  }
  expect(text).toContain("--n_layer 2, --n-layer 2 or --n_layer=2");
});

test("no command at all is answered with the help, as a mistake", async () => {
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
    ["[file]", "the names of --data ssa"],
    ["--cache_dir", "$MICROGPT_CACHE_DIR, or your cache folder"],
    ["--preset", "microgpt"],
    ["--n_layer", `${model.nLayer}`],
    ["--n_head", `${model.nHead}`],
    ["--n_embd", `${model.nEmbd}`],
    ["--block_size", `${model.blockSize}; ${early.model.blockSize} in microgpt-early`],
    ["--num_steps", `${training.numSteps}; ${early.training.numSteps} in microgpt-early`],
    ["--batch_size", `${training.batchSize}`],
    ["--learning_rate", `${training.learningRate}`],
    ["--schedule", `${training.schedule}; ${early.training.schedule} in microgpt-early`],
    ["--beta1", `${training.beta1}; ${early.training.beta1} in microgpt-early`],
    ["--beta2", `${training.beta2}; ${early.training.beta2} in microgpt-early`],
    ["--weight_decay", `${training.weightDecay}`],
    ["--grad_clip", `${training.gradClip}`],
    ["--seed", `${training.seed}`],
    ["--engine", "wasm, or as the model was saved"],
    ["--threads", "as many as pay"],
    ["--out", "model.safetensors, or the next free name; with --resume that model"],
    ["--num_samples", "20"],
    ["--temperature", "0.5"],
  ])("train %s", (flag, value) => {
    expect(defaultOf(train, flag)).toBe(value);
  });

  test.each<[flag: string, value: string]>([
    ["[model]", "the newest model*.safetensors here"],
    ["--num_samples", "20"],
    ["--temperature", "0.5"],
    ["--start", '""'],
    ["--max_new_tokens", "until block_size; 500 of running text"],
    ["--seed", "42"],
    ["--engine", "wasm, or as the model was saved"],
    ["--threads", "as many as pay"],
  ])("sample %s", (flag, value) => {
    expect(defaultOf(sample, flag)).toBe(value);
  });

  test("info [model]", async () => {
    expect(defaultOf(await help("info --help"), "[model]")).toBe("the newest model*.safetensors here");
  });
});

/** What stands in the first `(default: ...)` after the flag or argument in its list. */
function defaultOf(text: string, flag: string): string | undefined {
  const list = text.slice(text.indexOf("Arguments:"));
  const entry = list.slice(list.indexOf(` ${flag.replace(/[[\]]/g, "")} `));
  return /\(default: (.*?)\)/.exec(entry)?.[1];
}
