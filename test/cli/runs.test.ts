/** `microgpt runs` lists and plots metrics files. */

import { mkdirSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { MetricsFile } from "microgpt/node";
import { beforeAll, describe, expect, test } from "vitest";
import { Folder, linesOf, recordsOf } from "../support/cli.ts";

interface Sketch {
  readonly label?: string;
  /** The training loss of each step. */
  readonly losses: readonly number[];
  /** For each tenth step. */
  readonly valLosses?: readonly number[];
  readonly end?: "done" | "interrupted" | "failed" | "early stopping";
}

/** Writes the metrics of a run of 40 steps. */
async function sketch(folder: Folder, name: string, { label, losses, valLosses = [], end }: Sketch): Promise<void> {
  const run = { data: "names.txt", numParams: 4192, config: { nEmbd: 16 }, settings: { numSteps: 40 } };
  const metrics = await MetricsFile.open(
    folder.at(`${name}.metrics.jsonl`),
    { ...run, ...(label === undefined ? {} : { label }) },
    { logInterval: 1 },
  );
  for (const [i, loss] of losses.entries()) {
    const valLoss = (i + 1) % 10 === 0 ? valLosses[(i + 1) / 10 - 1] : undefined;
    const step = { step: i + 1, loss, gradNorm: 1, learningRate: 0.1, tokens: 5 };
    metrics.step(valLoss === undefined ? step : { ...step, valLoss });
  }
  if (end === undefined) metrics.flush();
  else metrics.end(end);
}

const falling = (from: number, steps: number): number[] => Array.from({ length: steps }, (_, i) => from - i / 40);

describe("microgpt runs", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = new Folder();
    for (const name of ["sub", "sub/deep", ".hidden", "node_modules"]) mkdirSync(folder.at(name));
    await sketch(folder, "middle", { losses: falling(3, 40), valLosses: [2.9, 2.5, 2.6, 2.7], end: "done" });
    await sketch(folder, "sub/best", {
      label: "the best",
      losses: falling(3, 25),
      valLosses: [2.8, 2.4],
      end: "interrupted",
    });
    await sketch(folder, "sub/deep/none", { losses: falling(9, 40), end: "done" });
    await sketch(folder, "going", { losses: falling(3, 5) });
    await sketch(folder, "bad", { losses: [3, 4], end: "failed" });
    await sketch(folder, ".hidden/hidden", { losses: [1], end: "done" });
    await sketch(folder, "node_modules/not-ours", { losses: [1], end: "done" });
  });

  test("lists the runs here and below, the best first", async () => {
    const { code, stdout, stderr } = await folder.microgpt("runs");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const words = linesOf(stdout).map((line) => line.trim().split(/ {2,}/));
    // The time varies, and with it the room for the data.
    const spare = ["data", "names.txt"];
    expect(words.map((row) => row.filter((cell, i) => i !== row.length - 2 && !spare.includes(cell)))).toEqual([
      ["run", "params", "steps", "val loss", "at", "loss", "state"],
      ["the best", "4,192", "25/40", "2.4000", "20", "2.7000", "stopped"],
      ["middle", "4,192", "40", "2.5000", "20", "2.5125", "done"],
      ["going", "4,192", "5/40", "2.9500", "running"],
      ["bad", "4,192", "2/40", "3.5000", "failed"],
      ["sub/deep/none", "4,192", "40", "8.5125", "done"],
    ]);
  });

  test("reports them to programs with --json, with all steps", async () => {
    const records = recordsOf((await folder.microgpt("runs --json sub")).stdout);
    expect(records.map(({ type, path, name, state }) => ({ type, path, name, state }))).toEqual([
      { type: "run", path: "sub/best.metrics.jsonl", name: "the best", state: "stopped" },
      { type: "run", path: "sub/deep/none.metrics.jsonl", name: "sub/deep/none", state: "done" },
    ]);
    expect(records[0]).toMatchObject({ bestStep: 20, bestValLoss: 2.4, step: 25, data: "names.txt", numParams: 4192 });
    expect(records[0]?.steps).toHaveLength(25);
  });

  test.each<[words: string, title: string, marks: string]>([
    ["runs middle sub/best.safetensors", "validation loss against steps", "•x"],
    ["runs middle.metrics.jsonl going", "training loss against steps (1 without validation loss)", "•x"],
    ["runs --overlay", "training loss against steps", "•x+o*"],
    ["runs sub --y gradNorm --x tokens", "gradient norm against tokens", "•x"],
    ["runs sub --x time", "training loss against time", "•x"],
  ])("%s plots the curves, and the table is their legend", async (words, title, marks) => {
    const { code, stdout, stderr } = await folder.microgpt(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [first, ...lines] = linesOf(stdout);
    expect(title).toContain(first);
    const [chart, table] = [lines.slice(0, lines.indexOf("")), lines.slice(lines.indexOf("") + 2)];
    expect(table.map((line) => line[0])).toEqual([...marks]);
    for (const line of [...chart, ...table]) expect(line.length).toBeLessThanOrEqual(80);
    expect(stripVTControlCharacters(stdout)).toBe(stdout); // a pipe gets no colors
  });

  test("skips a damaged file, and says so", async () => {
    const other = new Folder();
    await sketch(other, "fine", { losses: [3], end: "done" });
    other.write("broken.metrics.jsonl", "{}\n");
    const { code, stdout } = await other.microgpt("runs");
    expect(code).toBe(0);
    expect(linesOf(stdout).slice(1)).toEqual([
      expect.stringMatching(/^fine /),
      expect.stringMatching(/^note: metrics broken.metrics.jsonl: expected a line of metrics in line 1, got /),
    ]);
  });

  test("says how to begin a first run if there is none", async () => {
    const { code, stdout } = await new Folder().microgpt("runs");
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual([expect.stringMatching(/^no runs in this folder; microgpt train /)]);
  });

  test.each<[what: string, words: string, code: number, message: RegExp]>([
    [
      "a run that is not there",
      "runs nothing",
      1,
      /^microgpt: runs: expected a run called nothing, got no nothing\.metrics/,
    ],
    ["a model without metrics", "runs a.safetensors", 1, /got no a\.metrics\.jsonl; name a model/],
    [
      "an axis that is none",
      "runs --x lines",
      2,
      /^microgpt: usage: expected --x to be one of step, time, tokens, got/,
    ],
  ])("refuses %s", async (_, words, code, message) => {
    const outcome = await folder.microgpt(words);
    expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
    expect(linesOf(outcome.stderr)).toHaveLength(1);
  });
});
