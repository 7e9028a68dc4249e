/** The default model, and the message that names it. */

import { utimesSync, writeFileSync } from "node:fs";
import { encodeCheckpoint, startRun } from "microgpt";
import { describe, expect, test } from "vitest";
import { Folder, linesOf } from "../support/cli.ts";

/** A state of a run, last changed at a minute of today: its number of steps, its seed, and its evaluations. */
function model(folder: Folder, name: string, minute: number, steps: number, seed: number): void {
  const run = startRun({ name: "x", docs: ["ab", "ba"] }, { model: { nEmbd: 4, nHead: 1 }, training: { seed } });
  for (let step = 1; step <= steps; step++) run.progress.losses.push(3 - step / 100 + seed);
  folder.write(name, encodeCheckpoint(run));
  seen(folder, name, minute);
}

function seen(folder: Folder, name: string, minute: number): void {
  const time = new Date(2026, 0, 1, 12, minute);
  utimesSync(folder.at(name), time, time);
}

describe("row 33: the default model is that of the newest run, at its best:", () => {
  // Similar cases: any name, any command, a best of another run, files that are not models.
  test.each<[what: string, make: (folder: Folder) => void, expected: string]>([
    [
      "a run of any name",
      (folder) => {
        model(folder, "model.safetensors", 1, 9, 1);
        model(folder, "poems.safetensors", 2, 9, 2);
      },
      "poems.safetensors, the newest here, after step 9",
    ],
    [
      "the newest run's best here, or else its last",
      (folder) => {
        model(folder, "poems.best.safetensors", 1, 5, 1);
        model(folder, "poems.safetensors", 3, 9, 1);
        model(folder, "model.safetensors", 2, 9, 2);
      },
      "poems.best.safetensors, the newest here, at its best after step 5",
    ],
    [
      "not the best of an older run of that name",
      (folder) => {
        model(folder, "poems.best.safetensors", 1, 5, 1);
        model(folder, "poems.safetensors", 2, 9, 2);
      },
      "poems.safetensors, the newest here, after step 9",
    ],
    [
      "the best of a newer run, which was killed before its first save",
      (folder) => {
        model(folder, "poems.safetensors", 1, 9, 1);
        model(folder, "poems.best.safetensors", 2, 5, 2);
      },
      "poems.best.safetensors, the newest here, at its best after step 5",
    ],
    [
      "a last that is the best itself",
      (folder) => {
        model(folder, "poems.best.safetensors", 1, 9, 1);
        model(folder, "poems.safetensors", 2, 9, 1);
      },
      "poems.safetensors, the newest here, after step 9",
    ],
    [
      "nothing that is no model, or hidden",
      (folder) => {
        model(folder, "old.safetensors", 1, 9, 1);
        model(folder, ".hidden.safetensors", 5, 9, 2);
        const header = JSON.stringify({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }).padEnd(64);
        const theirs = [new Uint8Array(new BigUint64Array([64n]).buffer), Buffer.from(header), Buffer.alloc(4)];
        for (const [i, bytes] of [Buffer.concat(theirs), Buffer.from("{}"), Buffer.alloc(0)].entries()) {
          writeFileSync(folder.at(`${i}.safetensors`), bytes);
          seen(folder, `${i}.safetensors`, 3 + i);
        }
      },
      "old.safetensors, the newest here, after step 9",
    ],
  ])("%s", async (_, make, expected) => {
    const folder = new Folder();
    make(folder);
    const { code, stderr } = await folder.microgpt("sample --num_samples 1");
    expect([code, linesOf(stderr)]).toEqual([0, [`model: ${expected}`]]);
  });

  test("each command names it; --quiet and --json do not", async () => {
    const folder = new Folder();
    model(folder, "poems.best.safetensors", 1, 5, 1);
    model(folder, "poems.safetensors", 2, 9, 1);
    folder.write("x.txt", "ab\nba\n");
    const said = ["model: poems.best.safetensors, the newest here, at its best after step 5"];
    for (const words of ["sample --num_samples 1", "chat", "tokenizer --text ab"]) {
      const { code, stderr } = await folder.microgpt(words);
      expect([words, code, linesOf(stderr)]).toEqual([words, 0, said]);
    }
    for (const words of ["sample --quiet --num_samples 1", "sample --json", "eval x.txt --json", "tokenizer --json"]) {
      expect(await folder.microgpt(words)).toMatchObject({ code: 0, stderr: "" });
    }
    for (const words of ["info", "eval x.txt", "tokenizer"]) {
      const { stdout, stderr } = await folder.microgpt(words);
      expect([linesOf(stdout)[0], stderr]).toEqual([expect.stringMatching(/(^|: )poems\.best\.safetensors/), ""]);
    }
    expect(JSON.parse((await folder.microgpt("info --json")).stdout)).toMatchObject({ path: "poems.best.safetensors" });
    const none = await new Folder().microgpt("sample");
    expect([none.code, linesOf(none.stderr)]).toEqual([
      1,
      ["microgpt: sample: expected a model, got none in this folder; name a file, or train a model: microgpt train"],
    ]);
  });
});
