/** The benchmarks of bench/, in their quickest form. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

const ROWS = [
  ...["micro.step", "micro.train", "micro.batch", "micro.plain", "micro.scalar", "micro.ratio"],
  ...["nano.step.1", "nano.speed.1", "nano.step.2", "nano.speed.2", "nano.gain.2", "nano.memory"],
  ...["sample.one", "sample.many"],
  ...["stream.generate", "stream.weights", "stream.read", "stream.share"],
  ...["compile.first", "compile.micro", "compile.gpt2", "compile.gpt2-memory"],
];

async function bench(...args: readonly string[]): Promise<string> {
  const env = { ...process.env, TSX_TSCONFIG_PATH: "bench/tsconfig.json" };
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", ...args], { cwd: root, env });
  return stdout;
}

test("every figure of the compiled engine is measured, after its check", async () => {
  const lines = (await bench("bench/engine/main.ts", "--quick", "--threads", "2")).trimEnd().split("\n");
  const rows = lines.map((line): Record<string, unknown> => JSON.parse(line));
  expect(rows.map(({ id }) => id)).toEqual(ROWS);
  for (const { id, median, low, high, runs } of rows) {
    for (const figure of [median, low, high, runs]) {
      expect([id, typeof figure === "number" && Number.isFinite(figure) && figure > 0]).toEqual([id, true]);
    }
  }
});

test("two builds are compared, here one with itself", async () => {
  const printed = await bench("bench/compare.ts", ".", ".", "--rounds", "1", "size, 1", "train --quiet");
  for (const work of ["a step at microgpt's size", "a step at nanoGPT's size", "microgpt train --quiet"]) {
    expect(printed).toMatch(new RegExp(`^\\| ${work}.* \\| \\d+\\.\\d{3} \\|`, "m"));
  }
});
