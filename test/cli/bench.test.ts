/** microgpt bench, as quick as it gets. */

import { expect, test } from "vitest";
import { Folder, recordsOf } from "../support/cli.ts";

const ROWS = [
  ...["micro.step", "micro.train", "micro.batch", "micro.plain", "micro.scalar", "micro.ratio"],
  ...["nano.step.1", "nano.speed.1", "nano.step.2", "nano.speed.2", "nano.gain.2", "nano.memory"],
  ...["sample.one", "sample.many"],
  ...["stream.generate", "stream.weights", "stream.read", "stream.share"],
  ...["compile.first", "compile.micro", "compile.gpt2", "compile.gpt2-memory"],
];

test("--quick --json gives every row with numbers, the machine first and the time last", async () => {
  const { code, stdout, stderr } = await new Folder().microgpt("bench --quick --json --threads 2");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const records = recordsOf(stdout);
  expect(records[0]).toMatchObject({ type: "machine", node: process.versions.node, simd: "relaxed" });
  expect(records.at(-1)).toMatchObject({ type: "done", seconds: expect.any(Number) });
  const rows = records.slice(1, -1);
  expect(rows.map(({ id }) => id)).toEqual(ROWS);
  for (const { type, id, unit, median, low, high, runs } of rows) {
    expect({ type, id, unit }).toEqual({ type: "row", id, unit: expect.stringMatching(/./) });
    for (const figure of [median, low, high, runs]) {
      expect([id, typeof figure === "number" && Number.isFinite(figure) && figure > 0]).toEqual([id, true]);
    }
  }
  // Of at most 15 s, with as much again for a machine that runs other tests meanwhile.
  expect(records.at(-1)?.seconds).toBeLessThan(30);
});

test("--strict and one thread, for people", async () => {
  const { code, stdout } = await new Folder().microgpt("bench --quick --strict --threads 1");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^.*; Node .*; strict SIMD\n\ntraining at microgpt's size/);
  expect(stdout).toContain("a step, from the document to updated weights");
  expect(stdout).not.toContain("threads");
});
