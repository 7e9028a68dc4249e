/** microgpt bench, in its quickest form. */

import { expect, test } from "vitest";
import { absent } from "../../src/native/native-testing.ts";
import { Folder, recordsOf } from "../support/cli.ts";

const WORKS = ["train", "sample", "sample32"];
const MACHINES = absent ? [""] : ["", "native."];
const ROWS = ["microgpt", "small", "medium"].flatMap((size) =>
  MACHINES.flatMap((machine) =>
    [1, 2].flatMap((threads) => WORKS.map((work) => `${size}.${work}.${machine}${threads}`)),
  ),
);

test("--quick --json gives every row with numbers, the machine first and the time last", async () => {
  const { code, stdout, stderr } = await new Folder().microgpt("bench --quick --json --threads 2");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const records = recordsOf(stdout);
  expect(records[0]).toMatchObject({ type: "machine", node: process.versions.node, simd: "relaxed" });
  expect(records.at(-1)).toMatchObject({ type: "done", seconds: expect.any(Number) });
  const rows = records.slice(1, -1);
  expect(rows.map(({ id }) => id)).toEqual(ROWS);
  for (const { type, id, unit, median, low, high, runs, checks } of rows) {
    expect({ type, id, unit, runs }).toEqual({ type: "row", id, unit: "tokens/s", runs: 3 });
    expect(checks).toContain("the same bits with any number of threads");
    for (const figure of [median, low, high]) expect(figure).toBeGreaterThan(0);
  }
  // Up to 30 s, doubled for a machine that runs other tests meanwhile.
  expect(records.at(-1)?.seconds).toBeLessThan(90);
});

test("--strict and one thread, for people", async () => {
  const { code, stdout } = await new Folder().microgpt("bench --quick --strict --threads 1");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^.*; Node .*; strict SIMD\n\nmicrogpt: 1 layer/);
  expect(stdout).toContain("training, 1 thread");
  expect(stdout).toContain("checked: 20 losses as those of the scalar engine");
  expect(stdout).not.toContain("threads");
});
