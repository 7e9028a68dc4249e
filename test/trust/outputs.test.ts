/** The output of a command never replaces something else. */

import { linkSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { readMetrics } from "microgpt/node";
import { beforeAll, describe, expect, test } from "vitest";
import { CLI, Folder, folderWithNames, linesOf, NAMES, TINY } from "../support/cli.ts";

const TEXT = `${NAMES}and more\n`;

describe("row 7: an output may not be an input, nor a file of another kind:", () => {
  // Similar cases: any spelling of an input, links to it, the files beside the model, the other inputs, other commands.
  let folder: Folder;
  beforeAll(async () => {
    folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY} --out base.safetensors`);
    await folder.microgpt("tokenizer base.safetensors --out tokenizer.json");
    mkdirSync(folder.at("texts"));
    for (const name of ["mine.txt", "texts/mine.txt", "x.best.safetensors", "y.metrics.jsonl", "table.csv"]) {
      folder.write(name, TEXT);
    }
    mkdirSync(folder.at("sweep"));
    folder.write(
      "sweep/sweep.json",
      JSON.stringify({ type: "sweep", version: 1, files: ["sweep/sweep.json"], fixed: {}, varied: ["seed"], runs: [] }),
    );
    folder.write("their.safetensors", theirSafetensors());
    symlinkSync("mine.txt", folder.at("link.txt"));
    linkSync(folder.at("mine.txt"), folder.at("hard.txt"));
  }, 60_000);

  test.each<[words: string, file: string, message: RegExp]>([
    [
      "train mine.txt --out mine.txt",
      "mine.txt",
      /output mine.txt: expected a file that is not an input, got the input mine.txt; /,
    ],
    ["train mine.txt --out ./texts/../mine.txt", "mine.txt", /got the input mine.txt; /],
    ["train mine.txt --out link.txt", "mine.txt", /got the input mine.txt; /],
    ["train link.txt --out hard.txt", "mine.txt", /got the input link.txt; /],
    [
      "train texts --out texts/mine.txt",
      "texts/mine.txt",
      /expected a new file, or a model of microgpt to replace, got another/,
    ],
    ["train names.txt --out table.csv", "table.csv", /a new file, or a model of microgpt to replace/],
    ["train names.txt --out their.safetensors", "their.safetensors", /a new file, or a model of microgpt to replace/],
    [
      "train names.txt --out x.safetensors",
      "x.best.safetensors",
      /output x.best.safetensors: expected a new file, or a model/,
    ],
    [
      "train names.txt --out y",
      "y.metrics.jsonl",
      /output y.metrics.jsonl: expected a new file, or metrics of microgpt/,
    ],
    ["train base.metrics.jsonl --out base.safetensors", "base.metrics.jsonl", /got the input base.metrics.jsonl; /],
    ["train names.txt --init_from base.safetensors --out base.safetensors", "base.safetensors", /got the input base/],
    [
      "train names.txt --tokenizer ./tokenizer.json --out tokenizer.json",
      "tokenizer.json",
      /got the input .\/tokenizer.json/,
    ],
    ["tokenizer base.safetensors --out mine.txt", "mine.txt", /expected a new file, or a tokenizer.json to replace/],
    ["tokenizer base.safetensors --out base.safetensors", "base.safetensors", /got the input base.safetensors/],
    ["tokenizer tokenizer.json --out ./tokenizer.json", "tokenizer.json", /got the input tokenizer.json/],
    ["sweep sweep/sweep.json --seed 1,2 --out sweep", "sweep/sweep.json", /got the input sweep\/sweep.json/],
    ["graph --wasm mine.txt", "mine.txt", /expected a new file, or a WebAssembly module to replace/],
    ["graph base.safetensors --wasm base.safetensors", "base.safetensors", /got the input base.safetensors/],
  ])("%s", async (words, file, message) => {
    const before = readFileSync(folder.at(file));
    const { code, stdout, stderr } = await folder.microgpt(words);
    expect([code, stdout]).toEqual([1, ""]);
    expect(linesOf(stderr)).toEqual([expect.stringMatching(message)]);
    expect(readFileSync(folder.at(file)).equals(before)).toBe(true);
    expect(folder.names().filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("its own output is replaced, and so is an empty file", async () => {
    const own = folderWithNames();
    own.write("m.safetensors", "");
    for (const seed of [1, 2]) {
      const words = `train names.txt ${TINY} --seed ${seed} --out m.safetensors`;
      expect(await own.microgpt(words)).toMatchObject({ code: 0, stderr: "" });
    }
    expect(own.model("m.safetensors").progress?.settings.seed).toBe(2);
    for (let i = 0; i < 2; i++) {
      expect(await own.microgpt("tokenizer m.safetensors --out t.json")).toMatchObject({ code: 0, stderr: "" });
      expect(await own.microgpt("graph --only memory --wasm g.wasm")).toMatchObject({ code: 0, stderr: "" });
    }
  });

  test("without --out it takes a name whose files are not read, and none is lost", async () => {
    const own = folderWithNames();
    own.write("model.metrics.jsonl", TEXT);
    expect(await own.microgpt(`train model.metrics.jsonl --field text ${TINY}`)).toMatchObject({ code: 1 });
    expect(await own.microgpt(`train names.txt ${TINY}`)).toMatchObject({ code: 0 });
    expect(own.bytes("model.metrics.jsonl").toString()).toBe(TEXT);
    expect(own.names()).toContain("model-2.safetensors");
  });
});

/** A safetensors file of another program. */
function theirSafetensors(): Uint8Array {
  const header = JSON.stringify({ weight: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }).padEnd(64);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(8)]);
}

const posix = process.platform !== "win32";
describe.skipIf(!posix)(posix ? "on a disk that is full" : "skipped because Windows has no ulimit", () => {
  const small = (folder: Folder, words: string, blocks: number, TMPDIR: string): ReturnType<Folder["microgpt"]> => {
    const command = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$1" ${words}`;
    return folder.startProgram("sh", ["-c", command, process.execPath, CLI], { env: { TMPDIR } }).ended;
  };

  test("row 8: the emergency copy of a model has an unpredictable name", async () => {
    // Files in the temporary folder are neither followed nor overwritten.
    const [folder, temporary] = [folderWithNames(), new Folder()];
    folder.write("precious.txt", TEXT);
    const command = `trap '' XFSZ
      ln -s ${folder.at("precious.txt")} "$TMPDIR/microgpt-$$.safetensors"
      ln -s ${folder.at("precious.txt")} "$TMPDIR/microgpt-$$"
      ulimit -f 8; exec "$0" "$1" train names.txt ${TINY}`;
    const env = { TMPDIR: temporary.path };
    const { code } = await folder.startProgram("sh", ["-c", command, process.execPath, CLI], { env }).ended;
    expect(code).toBe(1);
    expect(folder.bytes("precious.txt").toString()).toBe(TEXT);
    expect(temporary.names()).toHaveLength(2);
  });

  test("row 10: metrics that cannot be created leave no other run's beside the model", async () => {
    const folder = folderWithNames();
    const words = `train names.txt ${TINY} --out m.safetensors`;
    expect(await folder.microgpt(`${words} --label old`)).toMatchObject({ code: 0 });
    // Less than the first line of the metrics.
    expect(await small(folder, `${words} --seed 2`, 1, folder.path)).toMatchObject({ code: 1 });
    expect(folder.names()).toEqual(["m.safetensors", "names.txt"]);
  });

  test("row 10: a resumed run does not take over another run's metrics", async () => {
    const folder = folderWithNames();
    const words = `train names.txt ${TINY} --out m.safetensors`;
    await folder.microgpt(words);
    await folder.microgpt(`train names.txt ${TINY} --seed 2 --out other.safetensors`);
    folder.write("m.metrics.jsonl", folder.bytes("other.metrics.jsonl"));
    const { code, stdout } = await folder.microgpt("train --resume m.safetensors --num_steps 25 --num_samples 0");
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning: metrics m\.metrics\.jsonl: expected metrics of this run, got /);
    const { steps, run } = await readMetrics(folder.at("m.metrics.jsonl"));
    expect([steps.map(({ step }) => step), run.settings.numSteps]).toEqual([[21, 22, 23, 24, 25], 25]);
    expect(folder.bytes("m.metrics.jsonl.old").equals(folder.bytes("other.metrics.jsonl"))).toBe(true);
  });
});
