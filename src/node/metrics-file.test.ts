import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { MicrogptError } from "../util/errors.ts";
import type { EndLine } from "./metrics.ts";
import { defaultLogInterval, MetricsFile, type MetricsFileOptions } from "./metrics-file.ts";
import { metricsOf, RUN } from "./metrics-testing.ts";
import { metricsPath, readMetrics } from "./read-metrics.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-metrics-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, "run-"));
  path = join(folder, "model.metrics.jsonl");
});

/** All events of a run after step `from`, until `to`. */
interface Life {
  readonly evalInterval: number;
  readonly saveInterval: number;
  readonly sampleInterval: number;
}

function live(
  metrics: MetricsFile,
  from: number,
  to: number,
  { evalInterval, saveInterval, sampleInterval }: Life,
): void {
  for (let step = from + 1; step <= to; step++) {
    metrics.step(metricsOf(step, evalInterval));
    if (step % sampleInterval === 0) {
      metrics.sample(`after ${step}\n"é"`);
      metrics.verdict("odd", `at ${step}`);
    }
    if (step % saveInterval === 0) metrics.flush();
  }
}

/** The file's lines without the fields that depend on the clock. */
function timeless(file: string): unknown[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { elapsed: _, tokensPerSecond: __, startedAt: ___, processStart: ____, ...rest } = JSON.parse(line);
    return rest;
  });
}

async function written(to: number, options: MetricsFileOptions, end?: EndLine["reason"]): Promise<void> {
  const metrics = await MetricsFile.open(path, RUN, options);
  live(metrics, 0, to, { evalInterval: Infinity, saveInterval: Infinity, sampleInterval: Infinity });
  if (end === undefined) metrics.flush();
  else metrics.end(end);
}

describe("a metrics file", () => {
  test("has one line for the run, one for groups of steps, and one for the end", async () => {
    const metrics = await MetricsFile.open(path, RUN, { logInterval: 2 });
    const steps = [1, 2, 3, 4, 5].map((step) => metricsOf(step, 5));
    for (const step of steps) metrics.step(step);
    metrics.verdict("overfitting", "since step 3");
    metrics.sample("mary");
    metrics.end("failed", "loss is NaN");
    const mean = (of: "loss" | "gradNorm", a: number, b: number): number =>
      (steps[a - 1]?.[of] ?? 0) / 2 + (steps[b - 1]?.[of] ?? 0) / 2;
    expect(timeless(path)).toEqual([
      { type: "run", version: 1, ...RUN, pid: process.pid },
      {
        type: "step",
        step: 2,
        loss: mean("loss", 1, 2),
        gradNorm: mean("gradNorm", 1, 2),
        learningRate: 0.005,
        tokens: 3,
      },
      {
        type: "step",
        step: 4,
        loss: mean("loss", 3, 4),
        gradNorm: mean("gradNorm", 3, 4),
        learningRate: 0.0025,
        tokens: 10,
      },
      { type: "step", ...metricsOf(5, 5), tokens: 15 },
      { type: "verdict", step: 5, kind: "overfitting", text: "since step 3" },
      { type: "sample", step: 5, text: "mary" },
      { type: "end", step: 5, reason: "failed", message: "loss is NaN" },
    ]);
  });

  test("reports tokens per second of training alone, and the total time", async () => {
    const metrics = await MetricsFile.open(path, RUN, { logInterval: 1 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    metrics.aside(0.05);
    metrics.step({ ...metricsOf(1), tokens: 1000 });
    metrics.end("done");
    const [line] = (await readMetrics(path)).steps;
    expect(line?.elapsed).toBeGreaterThan(0.055);
    // 1,000 tokens in the remaining 10 ms or more of at least 60.
    expect((line?.tokensPerSecond ?? 0) * ((line?.elapsed ?? 0) - 0.05)).toBeCloseTo(1000, -1);
  });

  test("is written at each evaluation, flush and end, and otherwise after a second", async () => {
    const size = (): number => readFileSync(path).length;
    const metrics = await MetricsFile.open(path, RUN, { logInterval: 1 });
    const sizes = [size()];
    const grows = (action: () => void): void => {
      action();
      sizes.push(size());
    };
    grows(() => metrics.step(metricsOf(1)));
    expect(sizes[1]).toBe(sizes[0]);
    grows(() => metrics.flush());
    grows(() => metrics.step(metricsOf(2, 2)));
    grows(() => metrics.end("done"));
    expect(sizes.slice(1)).toEqual([...new Set(sizes)].sort((x, y) => x - y));
  });

  test.each([
    [1, 1],
    [500, 1],
    [501, 2],
    [1000, 2],
    [1001, 5],
    [5000, 10],
    [1_000_000, 2000],
    [7_000_001, 20_000],
  ])("of %d steps has a line every %d", (numSteps, interval) => {
    expect(defaultLogInterval(numSteps)).toBe(interval);
  });

  test("replaces that of another run", async () => {
    await written(9, {}, "done");
    await written(2, { logInterval: 1 }, "done");
    expect((await readMetrics(path)).steps.map(({ step }) => step)).toEqual([1, 2]);
  });

  test.each([
    ["model.safetensors", "model.metrics.jsonl"],
    ["a/b.safetensors", "a/b.metrics.jsonl"],
    ["odd", "odd.metrics.jsonl"],
    ["v1.5", "v1.5.metrics.jsonl"],
  ])("of %s is %s", (model, metrics) => {
    expect(metricsPath(model)).toBe(metrics);
  });
});

describe("a resumed run", () => {
  const interval = fc.integer({ min: 1, max: 12 });

  test("after a kill has the lines of one that was never killed", async () => {
    const life = fc.record({ evalInterval: interval, saveInterval: interval, sampleInterval: interval });
    const property = fc.asyncProperty(
      life,
      interval,
      fc.nat(30),
      fc.nat(12),
      fc.nat(200),
      async (life, logInterval, saves, over, cut) => {
        const settings = { numSteps: 40 };
        const whole = await MetricsFile.open(path, { ...RUN, settings }, { logInterval });
        live(whole, 0, 40, life);
        whole.end("done");
        const expected = timeless(path);

        // Killed `over` steps after a checkpoint, in the middle of a line.
        const from = Math.min(saves * life.saveInterval, 40);
        const first = await MetricsFile.open(path, { ...RUN, settings }, { logInterval });
        live(first, 0, Math.min(from + over, 40), life);
        first.flush();
        const text = readFileSync(path, "utf8");
        const checkpointed =
          from === 0 ? 0 : text.split("\n").findIndex((line) => line.startsWith(`{"type":"step","step":${from},`)) + 1;
        const least =
          text
            .split("\n")
            .slice(0, Math.max(1, checkpointed + (from % life.sampleInterval === 0 && from > 0 ? 2 : 0)))
            .join("\n").length + 1;
        writeFileSync(path, text.slice(0, Math.max(least, text.length - cut)));
        const second = await MetricsFile.open(path, { ...RUN, settings }, { logInterval, from });
        live(second, from, 40, life);
        second.end("done");
        expect(timeless(path)).toEqual(expected);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test("keeps its start time, adds up its duration, and drops its previous end", async () => {
    await written(10, { logInterval: 1 }, "interrupted");
    const before = await readMetrics(path);
    await new Promise((resolve) => setTimeout(resolve, 2));
    const metrics = await MetricsFile.open(path, { ...RUN, settings: { numSteps: 30 } }, { from: 10, logInterval: 1 });
    metrics.step(metricsOf(11));
    metrics.flush();
    const after = await readMetrics(path);
    expect(after.run).toEqual({ ...before.run, settings: { numSteps: 30 } });
    expect(after.end).toBeUndefined();
    expect(after.steps.slice(0, 10)).toEqual(before.steps);
    expect(after.steps.at(-1)?.elapsed).toBeGreaterThan(before.steps.at(-1)?.elapsed ?? Infinity);
    expect(after.steps.at(-1)?.tokens).toBe(66);
  });

  test("under another name copies its lines and leaves the old file", async () => {
    await written(10, { logInterval: 1 }, "done");
    const before = readFileSync(path, "utf8");
    const longer = join(folder, "longer.metrics.jsonl");
    const metrics = await MetricsFile.open(longer, RUN, { from: 10, continues: path, logInterval: 1 });
    metrics.step(metricsOf(11));
    metrics.end("done");
    expect((await readMetrics(longer)).steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("row 10: does not take over another run's lines, and keeps that file", async () => {
    // Lines of 4 steps each: first the run's own losses, then another run's that differ only late.
    const losses = Array.from({ length: 20 }, (_, i) => metricsOf(i + 1).loss);
    const from = 18;
    const open = async (losses: readonly number[]): Promise<string[]> => {
      const errors: string[] = [];
      const onError = ({ message }: MicrogptError): unknown => errors.push(message);
      const metrics = await MetricsFile.open(path, RUN, { from, logInterval: 4, losses, onError });
      metrics.step(metricsOf(19));
      metrics.end("done");
      return errors;
    };
    const steps = async (): Promise<number[]> => (await readMetrics(path)).steps.map(({ step }) => step);
    await written(from, { logInterval: 4 }, "interrupted");
    expect(await open(losses)).toEqual([]);
    expect(await steps()).toEqual([4, 8, 12, 16, 18, 19]);
    const before = readFileSync(path, "utf8");
    expect(await open(losses.with(12, 9))).toEqual([
      expect.stringMatching(
        /expected metrics of this run, got a loss of \S+ at step 16, which is another run's; new lines are written from step 19 on; the file is now .*\.old$/,
      ),
    ]);
    expect(await steps()).toEqual([19]);
    expect(readFileSync(`${path}.old`, "utf8")).toBe(before);
    // Missing lines, as after a full disk, do not make it another run.
    writeFileSync(path, before.split("\n").toSpliced(2, 2).join("\n"));
    expect(await open(losses)).toEqual([]);
    expect(await steps()).toEqual([4, 16, 18, 19]);
  });

  test("row 4: records its end before the conclusions, in a single line, the last one", async () => {
    const metrics = await MetricsFile.open(path, RUN, { logInterval: 1 });
    metrics.step(metricsOf(1));
    metrics.ended("early stopping");
    const read = async (): Promise<unknown[]> => {
      const { end, verdicts } = await readMetrics(path);
      const lines = readFileSync(path, "utf8").trimEnd().split("\n");
      return [end?.reason, verdicts.length, lines.length, JSON.parse(lines.at(-1) ?? "").type];
    };
    expect(await read()).toEqual(["early stopping", 0, 3, "end"]);
    metrics.verdict("copies", "all of it");
    expect(await read()).toEqual(["early stopping", 0, 3, "end"]);
    metrics.flush();
    expect(await read()).toEqual(["early stopping", 1, 4, "end"]);
    metrics.end("done");
    expect(await read()).toEqual(["done", 1, 4, "end"]);
  });

  test("without its old file starts a new one at its place", async () => {
    const metrics = await MetricsFile.open(path, RUN, { from: 10, logInterval: 1 });
    metrics.step(metricsOf(11));
    metrics.end("done");
    expect((await readMetrics(path)).steps.map(({ step }) => step)).toEqual([11]);
  });

  test("keeps a damaged old file, reports it, and starts a new one", async () => {
    await written(10, { logInterval: 5 });
    appendFileSync(path, "oops\n");
    const damaged = readFileSync(path, "utf8");
    const errors: MicrogptError[] = [];
    const metrics = await MetricsFile.open(path, RUN, {
      from: 10,
      logInterval: 1,
      onError: (error) => errors.push(error),
    });
    metrics.step(metricsOf(11));
    metrics.end("done");
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /expected JSON in line 4, got "oops"; new lines are written from step 11 on; the file is now .*\.jsonl\.old$/,
      ),
    ]);
    expect(readFileSync(`${path}.old`, "utf8")).toBe(damaged);
    expect((await readMetrics(path)).steps.map(({ step }) => step)).toEqual([11]);
  });
});
