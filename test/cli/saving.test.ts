/** Saving replaces a model as a whole or not at all, whatever the disk does. */

import { mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CLI, Folder, folderWithNames, linesOf, type Outcome, TINY } from "../support/cli.ts";

/** Runs microgpt with a file size limit of 4 KiB, like a disk that fills up. */
function onFullDisk(folder: Folder, words: string): Promise<Outcome> {
  const command = `trap '' XFSZ; ulimit -f 8; exec "$0" "$1" ${words}`;
  return folder.startProgram("sh", ["-c", command, process.execPath, CLI]).ended;
}

const elsewhere = process.platform === "win32";
describe.skipIf(elsewhere)(elsewhere ? "skipped because Windows has no ulimit" : "when the disk is full", () => {
  test("the existing model stays, byte for byte, and no other file is left", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY}`);
    const before = folder.bytes("model.safetensors");
    expect(before.length).toBeGreaterThan(4096);

    const { code, stderr } = await onFullDisk(folder, `train names.txt ${TINY} --seed 2 --out model.safetensors`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^microgpt: save model\.safetensors: .*a file above the size limit; raise the limit .*\n$/);
    expect(folder.bytes("model.safetensors").equals(before)).toBe(true);
    expect(folder.names()).toEqual(["model.metrics.jsonl", "model.safetensors", "names.txt"]);
  });

  test("no new model is left", async () => {
    const folder = folderWithNames();
    const { code, stdout } = await onFullDisk(folder, `train names.txt ${TINY}`);
    expect(code).toBe(1);
    expect(linesOf(stdout).filter((line) => line.startsWith("saved"))).toEqual([]);
    expect(folder.names()).toEqual(["model.metrics.jsonl", "names.txt"]);
  });
});

test("--out may be a link to a model folder, and stays one", async () => {
  const folder = folderWithNames();
  const kept = folderWithNames();
  symlinkSync(kept.at("big.safetensors"), folder.at("link.safetensors"));
  for (const seed of [1, 2]) {
    const { code } = await folder.microgpt(`train names.txt ${TINY} --seed ${seed} --out link.safetensors`);
    expect(code).toBe(0);
    expect(kept.model("big.safetensors").progress?.settings.seed).toBe(seed);
    expect(folder.bytes("link.safetensors").equals(kept.bytes("big.safetensors"))).toBe(true);
  }
  expect(kept.names()).toEqual(["big.safetensors", "names.txt"]);
});

test("a run whose folder disappears before it saves is saved among the temporary files", async () => {
  const folder = folderWithNames();
  const temporary = new Folder();
  mkdirSync(folder.at("models"));
  const words = `train names.txt ${TINY} --num_steps 100000000 --engine wasm --out models/model.safetensors`;
  const run = folder.start(words, { env: { TMPDIR: temporary.path } });
  await run.says(/^step +10 /m);
  rmSync(folder.at("models"), { recursive: true });
  run.kill("SIGINT");

  const { code, stderr } = await run.ended;
  expect(code).toBe(1);
  const [, refuge = ""] =
    /^microgpt: save models.*got no such file.*; the model was saved as (\S+) instead: move it /.exec(stderr) ?? [];
  const [inFolder = ""] = temporary.names();
  expect(refuge).toBe(join(temporary.path, inFolder, "model.safetensors"));
  // Private, under an unpredictable name.
  if (process.platform !== "win32") expect(statSync(temporary.at(inFolder)).mode & 0o777).toBe(0o700);
  expect(temporary.model(join(inFolder, "model.safetensors")).progress?.losses.length).toBeGreaterThanOrEqual(10);
});
