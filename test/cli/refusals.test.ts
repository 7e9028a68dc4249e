/**
 * Refusals: each is one line that names the cause and the fix, comes before the first step, and leaves the folder
 * unchanged.
 */

import { mkdirSync } from "node:fs";
import { encodeCheckpoint, startRun } from "microgpt";
import { beforeAll, describe, expect, test } from "vitest";
import { Folder, folderWithNames, names, TINY } from "../support/cli.ts";

/** Failed, and wrong usage. */
type Code = 1 | 2;

/** Runs a command that must be refused. */
async function refused(folder: Folder, words: string | readonly string[], code: Code, message: RegExp): Promise<void> {
  const before = contents(folder);
  const outcome = await folder.microgpt(words);
  expect(outcome.stderr).toMatch(/^microgpt: [^\n]*\n$/);
  expect(outcome.stderr).toMatch(message);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(contents(folder)).toEqual(before);
}

function contents(folder: Folder): [name: string, content: string][] {
  return folder.names().map((name) => [name, name === "folder" ? "" : folder.bytes(name).toString("latin1")]);
}

/** A model that took hours to train. */
const PRECIOUS = encodeCheckpoint(startRun(names()));

/** names.txt, a folder, and a file that no refusal may touch. */
function furnished(): Folder {
  const folder = folderWithNames();
  mkdirSync(folder.at("folder"));
  folder.write("precious.safetensors", PRECIOUS);
  return folder;
}

describe("train refuses data:", () => {
  test.concurrent.for<[what: string, content: string | Uint8Array | undefined, message: RegExp]>([
    ["missing", undefined, /data data\.txt: .*no such file or folder; check the path/],
    ["empty", "", /data data\.txt: .*an empty file; name a text file/],
    ["all blank", "\n \t\r\n\u00a0\n", /data data\.txt: .*only blank lines; name a text file/],
    ["binary", Buffer.from([1, 2, 3, 4, 0, 0]), /data data\.txt: .*binary file \(byte 4 is NUL\); name a text/],
    [
      "not UTF-8",
      Buffer.from("ann\nzo\xeb\n", "latin1"),
      /data data\.txt: .*UTF-8 text, got byte 0xeb in line 2 .*; it looks like Latin-1: save it as UTF-8/,
    ],
    ["of one character", "aaa\na\naa\n", /only "a" \(U\+0061\); use text with more variety/],
  ])("%s", async ([, content, message]) => {
    const folder = furnished();
    if (content !== undefined) folder.write("data.txt", content);
    await refused(folder, `train data.txt ${TINY} --out precious.safetensors`, 1, message);
  });

  test.concurrent.for<[what: string, path: string, message: RegExp]>([
    ["a folder without text", "folder", /data folder: expected text files in the folder, got no file; name a folder/],
    ["a device", "/dev/null", /data \/dev\/null: expected a file or folder, got a device; name a file/],
    [
      "a path through a file",
      "names.txt/more",
      /data names\.txt\/more: .*through something that is not a folder; check/,
    ],
    ["nothing on standard input", "-", /data standard input: .*an empty file; name a text file/],
  ])("%s", async ([, path, message]) => {
    await refused(furnished(), `train ${path} ${TINY} --out precious.safetensors`, 1, message);
  });
});

describe("train refuses settings:", () => {
  test.concurrent.for<[flags: string, code: Code, message: RegExp]>([
    [
      "--n_embd 10 --n_head 4",
      1,
      /n_embd to be a multiple of n_head, got --n_embd 10 and --n_head 4; use 1, 2, 5, 10 for --n_head/,
    ],
    ["--n_embd 0", 2, /--n_embd to be a whole number, 1 or more, got "0"; give a number in that range/],
    ["--n_layer -1", 2, /--n_layer to be a whole number, 1 or more, got "-1"/],
    ["--n_embd 2.5", 2, /--n_embd to be a whole number, 1 or more, got "2\.5"/],
    ["--n_embd 1e30", 2, /--n_embd to be a whole number, 1 or more, got "1e30"/],
    ["--num_steps 0", 2, /--num_steps to be a whole number, 1 or more, got "0"/],
    ["--num_samples -1", 2, /--num_samples to be a whole number, 0 or more, got "-1"/],
    ["--seed x", 2, /--seed to be a whole number, got "x"/],
    ["--beta1 1", 2, /--beta1 to be at least 0 and below 1, got "1"/],
    ["--temperature NaN", 2, /--temperature to be a finite number, 0 or more, got "NaN"/],
    ["--temperature=-1", 2, /--temperature to be a finite number, 0 or more, got "-1"/],
    ["--learning_rate NaN", 2, /--learning_rate to be a finite number above 0, got "NaN"/],
    ["--learning_rate Infinity", 2, /--learning_rate to be a finite number above 0, got "Infinity"/],
    ["--schedule cubic", 2, /--schedule to be one of cosine, linear, constant, got "cubic"; pick one/],
    ["--preset micro", 2, /--preset to be one of auto, tiny, .*, xl, microgpt-early, microgpt, got "micro"; pick one/],
    ["--batch_size 0", 2, /--batch_size to be a whole number, 1 or more, got "0"/],
    ["--weight_decay=-0.1", 2, /--weight_decay to be a finite number, 0 or more, got "-0\.1"/],
    ["--grad_clip NaN", 2, /--grad_clip to be a finite number, 0 or more, got "NaN"/],
    ["--engine foo", 2, /--engine to be one of auto, native, wasm, scalar, got "foo"; pick one/],
    ["--threads 0", 2, /--threads to be a whole number, 1 or more, got "0"/],
    ["--threads 65", 1, /engine: expected threads to be a whole number from 1 to 64, got 65; give a number/],
    ["--data ssa", 2, /files or --data, got both names\.txt and --data ssa; leave one out/],
  ])("%s", async ([flags, code, message]) => {
    await refused(furnished(), `train names.txt ${flags} --out precious.safetensors`, code, message);
  });

  // Fast, since nothing is allocated yet; an unchecked size would crash much later.
  test.for<[flags: string, message: RegExp]>([
    ["--n_embd 1e9", /at most 268,435,456 parameters, got [\d,]+; lower --n_embd, --n_layer or --block_size/],
    ["--n_layer 1e9", /at most 268,435,456 parameters, got [\d,]+; lower --n_embd/],
    ["--block_size 1e12", /at most 268,435,456 parameters, got [\d,]+; lower --n_embd/],
    [
      "--preset microgpt --engine scalar --n_embd 2048",
      /can hold in \S+ .iB, got about \S+ .iB for 50,[\d,]+ parameters .*; lower --n_embd, .* or use the wasm engine/,
    ],
    [
      "--preset microgpt --engine scalar --batch_size 100000",
      /can hold in \S+ .iB, got about \S+ .iB for 3,904 parameters and 1000000 tokens a step; lower .* --batch_size/,
    ],
  ])("%s, at once", { timeout: 10_000 }, async ([flags, message]) => {
    await refused(furnished(), `train names.txt ${flags} --out precious.safetensors`, 1, message);
  });

  test.each([
    "--batch_size 1000000000",
    "--block_size 1024 --batch_size 50000000 --engine wasm",
    "--preset microgpt --batch_size 1000000000 --tensorboard",
  ])("more than there is memory, before the first step: %s", async (flags) => {
    const folder = furnished();
    const before = contents(folder);
    const words = `train names.txt ${flags} --out precious.safetensors`;
    const { code, stdout, stderr } = await folder.microgpt(words);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^microgpt: engine: expected at most [\d,]+ MiB, .*, got a program of [\d,]+ MiB; lower --batch_size, --block_size, --n_embd or --n_layer\n$/,
    );
    expect(stdout).not.toMatch(/^(step|saved)/m);
    expect(contents(folder)).toEqual(before);
  });
});

test("train --tensorboard refuses a file in place of its folder", async () => {
  const folder = furnished();
  folder.write("kept.tensorboard", "");
  const message = /TensorBoard events kept\.tensorboard: expected a folder or a free name, got a file; move it away/;
  await refused(folder, `train names.txt ${TINY} --tensorboard --out kept`, 1, message);
});

describe("train refuses, before the first step, a place to save:", () => {
  test.concurrent.for<[what: string, out: string, message: RegExp]>([
    ["in a missing folder", "missing/model", /output missing\/model: .*none called missing; create it first/],
    ["that is a folder", "folder", /output folder: .*got a folder; add a file name/],
    ["that names a folder", "new/", /output new\/: .*got a folder; add a file name/],
    ["that is a device", "/dev/null", /output \/dev\/null: .*got a device; name a file/],
    ["through a file", "names.txt/model", /output names\.txt\/model: .*names\.txt, which is not a folder; create it/],
    ["without a name", "", /output : expected the name of a file, got none; add a file name/],
    ["with an endless name", "m".repeat(300), /a name that is too long; choose a shorter one/],
  ])("%s", async ([, out, message]) => {
    await refused(furnished(), ["train", "names.txt", ...TINY.split(" "), "--out", out], 1, message);
  });

  const elsewhere = process.platform !== "linux";
  test.skipIf(elsewhere)(
    elsewhere ? "that may not be written (skipped because only Linux has /proc)" : "that may not be written",
    async () => {
      await refused(furnished(), `train names.txt ${TINY} --out /proc/model`, 1, /output \/proc\/model: .*; /);
    },
  );
});

describe("sample and info refuse", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = furnished();
    await folder.microgpt(`train names.txt ${TINY} --out model`);
    folder.write("caps", "Zoe\n");
    folder.write("half", folder.bytes("model").subarray(0, -1000));
    folder.write("start", folder.bytes("model").subarray(0, 1000));
    const changed = folder.bytes("model");
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    folder.write("changed", changed);
  });

  test.concurrent.for<[what: string, words: string, code: Code, message: RegExp]>([
    ["a missing model", "info missing", 1, /checkpoint missing: .*no such file or folder; check the path/],
    [
      "half a model",
      "info half",
      1,
      /checkpoint half: expected \d+ bytes by its header, got only \d+; .*copy the file again/,
    ],
    [
      "a model's start",
      "sample start",
      1,
      /checkpoint start: expected a header of at most \d+ bytes.*use another copy/,
    ],
    ["a model with one wrong bit", "info changed", 1, /checkpoint changed: expected checksum .*; the file is damaged/],
    ["another file", "sample names.txt", 1, /checkpoint names\.txt: .*; the file is damaged or not a model/],
    ["a folder", "info folder", 1, /checkpoint folder: expected a file, got a folder; name a file/],
    [
      "a start with an unknown character",
      "sample model --start Zoe",
      1,
      /got "Z" \(U\+005A\); leave it out, or train on/,
    ],
    ["a start with an unknown emoji", "sample model --start 😀", 1, /got "😀" \(U\+1F600\); leave it out, or train on/],
    ["a start too long", "sample model --start mamamamamamamama", 1, /fewer than 16 tokens.*got 16; shorten it/],
    [
      "a start in a missing file",
      "sample model --start FILE:missing",
      1,
      /text missing: .*no such file or folder; check/,
    ],
    [
      "a start in a file that is no text",
      "sample model --start FILE:model",
      1,
      /expected UTF-8 text, got a model \(safetensors\)/,
    ],
    [
      "a start out of a file with an unknown character",
      "sample model --start FILE:caps",
      1,
      /got "Z" \(U\+005A\); leave/,
    ],
    ["missing training data", "sample model --novelty missing", 1, /data missing: .*no such file or folder; check/],
    [
      "two of one standard input",
      "sample model --start - --novelty -",
      2,
      /for only one of --start and --novelty, got both;/,
    ],
    ["no likeliest token", "sample model --top_k 0", 2, /--top_k to be a whole number, 1 or more, got "0"/],
    ["half a likeliest token", "sample model --top-k 1.5", 2, /--top_k to be a whole number, 1 or more, got "1.5"/],
    ["a probability of 0", "sample model --top_p 0", 2, /--top_p to be a finite number above 0 and at most 1, got "0"/],
    [
      "a probability above 1",
      "sample model --top_p=1.01",
      2,
      /--top_p to be a finite number above 0 and at most 1, got "1.01"/,
    ],
    ["a share of 1", "sample model --min_p 1", 2, /--min_p to be at least 0 and below 1, got "1"/],
    ["no penalty", "sample model --repetition_penalty 0", 2, /--repetition_penalty to be at least 0.01 and below/],
    ["a stop of nothing", "sample model --stop=", 2, /--stop to be a character or more, got ""; leave it out/],
    ["a seed that is none", "sample model --seed x", 2, /--seed to be a whole number, got "x"/],
    [
      "to chat with a missing model",
      "chat missing.st",
      1,
      /checkpoint missing\.st: .*no such file or folder; check the/,
    ],
    ["to chat by a wrong setting", "chat model --top_k 0", 2, /--top_k to be a whole number, 1 or more, got "0"/],
    ["no new token", "sample model --max_new_tokens 0", 2, /--max_new_tokens to be a whole number, 1 or more, got "0"/],
  ])("%s", async ([, words, code, message]) => {
    await refused(folder, words, code, message);
  });
});

describe("an invalid command line is refused:", () => {
  test.concurrent.for<[what: string, words: string, message: RegExp]>([
    [
      "an unknown flag, with the nearest one",
      "train --n_lyer 3",
      /'--n_lyer' \(Did you mean --n_layer\?\); see microgpt train --help/,
    ],
    ["an unknown command", "frobnicate", /unknown command 'frobnicate'; see microgpt --help/],
    ["a misspelt command, with the right one", "trian", /'trian' \(Did you mean train\?\); see microgpt --help/],
    ["a flag without its value", "train --n_layer", /'--n_layer <n>' argument missing; see microgpt train --help/],
    ["a word too many", "info one two", /too many arguments for 'info'.* got 2; see microgpt info --help/],
    [
      "an unknown data set",
      "train --data words",
      /--data to be one of ssa, names, got "words"; to train on a file, leave/,
    ],
  ])("%s", async ([, words, message]) => {
    await refused(new Folder(), words, 2, message);
  });

  test("with --json as a record too", async () => {
    const { code, stdout } = await new Folder().microgpt("train --json --n_lyer 3");
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      type: "error",
      code: "usage",
      values: {},
      message: expect.stringMatching(/^unknown option '--n_lyer' \(Did you mean --n_layer\?\)$/),
    });
  });
});
