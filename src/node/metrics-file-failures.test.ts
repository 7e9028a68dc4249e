import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { MicrogptError } from "../util/errors.ts";
import { MetricsFile, type MetricsFileOptions } from "./metrics-file.ts";
import { metricsOf, RUN } from "./metrics-testing.ts";
import { readMetrics } from "./read-metrics.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-failing-metrics-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "run-"));
  path = join(folder, "model.metrics.jsonl");
});

describe("a write failure is reported once, and training continues:", () => {
  async function errorsOf(target: string, options: MetricsFileOptions = {}): Promise<string[]> {
    const errors: string[] = [];
    const metrics = await MetricsFile.open(target, RUN, {
      ...options,
      logInterval: 1,
      onError: ({ message }) => errors.push(message),
    });
    for (let step = 1; step <= 20; step++) metrics.step(metricsOf(step, 5));
    metrics.sample("mary");
    metrics.end("done");
    return errors;
  }

  test("a folder at the file's path", async () => {
    mkdirSync(path);
    expect(await errorsOf(path)).toEqual([expect.stringMatching(/got a folder; name a file$/)]);
    expect(readdirSync(folder)).toEqual(["model.metrics.jsonl"]);
  });

  test("a folder that is missing", async () => {
    expect(await errorsOf(join(folder, "missing", "x"))).toEqual([expect.stringMatching(/no such file or folder/)]);
  });

  // A full disk while the file is created is tested in test/trust/metrics.test.ts, which can set limits of its own.
  test.each<[what: string, from: number]>([
    ["a new run's", 0],
    ["that of a run that goes on", 3],
  ])("row 10: %s file that cannot be created is retried at each flush", async (_, from) => {
    const later = join(folder, "later");
    path = join(later, "model.metrics.jsonl");
    const errors: string[] = [];
    const onError = ({ message }: MicrogptError): unknown => errors.push(message);
    const metrics = await MetricsFile.open(path, RUN, { from, logInterval: 1, onError });
    metrics.step(metricsOf(from + 1));
    metrics.flush();
    metrics.flush();
    expect(errors).toEqual([expect.stringMatching(/no such file or folder/)]);
    mkdirSync(later);
    metrics.step(metricsOf(from + 2));
    expect(existsSync(path)).toBe(false);
    metrics.flush();
    expect((await readMetrics(path)).steps.map(({ step }) => step)).toEqual([from + 1, from + 2]);
    metrics.end("done");
    expect((await readMetrics(path)).end?.reason).toBe("done");
    expect(readdirSync(later)).toEqual(["model.metrics.jsonl"]);
    expect(errors).toHaveLength(1);
  });

  test.skipIf(process.platform === "win32")("a pipe or a device at the file's path, which is kept", async () => {
    spawnSync("sh", ["-c", `mkfifo "$0"`, path]);
    expect(await errorsOf(path)).toEqual([expect.stringMatching(/got no file; name a file$/)]);
    expect(statSync(path).isFIFO()).toBe(true);
    expect(readdirSync(folder)).toEqual(["model.metrics.jsonl"]);
  });

  test("but a TensorBoard folder that cannot be created is refused at once", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(errorsOf(path, { tensorboard: join(folder, "file", "events") })).rejects.toThrow(
      /^TensorBoard events .*: expected to make the folder, got a path through something that is not a folder/,
    );
    expect(existsSync(path)).toBe(false);
  });
});
