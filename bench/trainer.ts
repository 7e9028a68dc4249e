/**
 * Measures the cost of watching a run: `microgpt train`'s own loop (records, live line, metrics, history for verdicts)
 * against the bare engine taking the same steps, in turns. `npx tsx bench/trainer.ts`
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { learningRateAt, maxRowsOf, namedParams, type Run, type RunOptions, startRun } from "microgpt";
import { loadDataset } from "microgpt/node";
import { Terminal } from "../src/cli/terminal/terminal.ts";
import { RunKeeper } from "../src/cli/train/files.ts";
import { TrainingLog } from "../src/cli/train/log.ts";
import { trainUntilStopped } from "../src/cli/train/loop.ts";
import { TextReport } from "../src/cli/train/text-report.ts";
import { machineLine } from "./machine.ts";

const ROUNDS = 7;
const folder = mkdtempSync(join(tmpdir(), "microgpt-bench-"));

async function bare(run: Run, steps: number): Promise<number> {
  const { model, sequences, progress } = run;
  const trainer = await model.trainer({ ...progress.settings, steps: 0, maxRows: maxRowsOf(run) });
  const size = progress.settings.batchSize;
  const begin = performance.now();
  for (let i = 0; i < steps; i++) {
    const batch = Array.from({ length: size }, (_, j) => sequences.at(i * size + j));
    trainer.step(batch, learningRateAt(i, progress.settings));
  }
  return performance.now() - begin;
}

async function watched(run: Run): Promise<number> {
  const screen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = new Terminal(Object.assign(screen, { isTTY: true, columns: 100 }), {});
  const report = new TextReport(terminal, false);
  const out = join(folder, "model.safetensors");
  const flags = { temperature: 0.5, num_samples: 0 };
  const log = new TrainingLog(out, run, flags, report);
  await run.model.trainer({ ...run.progress.settings, steps: 0, maxRows: maxRowsOf(run) });
  const output = { path: out, held: true, release: () => undefined };
  const keeper = new RunKeeper(output, undefined, () => undefined);
  const begin = performance.now();
  await trainUntilStopped(run, flags, keeper, log, { terminal, report, env: {} }, new AbortController());
  return performance.now() - begin;
}

const median = (xs: readonly number[]): number => xs.toSorted((x, y) => x - y)[Math.floor(xs.length / 2)] ?? Number.NaN;

async function compare(what: string, options: RunOptions, numSteps: number): Promise<void> {
  const names = await loadDataset("ssa");
  const start = (): Run => startRun(names, { threads: 1, ...options, training: { ...options.training, numSteps } });
  const flat = (run: Run): number[] => namedParams(run.model.state().weights).flatMap(([, part]) => [...part]);
  const [one, other] = [start(), start()];
  await bare(one, numSteps);
  await watched(other);
  const expected = flat(one);
  if (!flat(other).every((x, i) => x === expected[i])) throw new Error(`${what}: the two loops do not train alike`);
  const times: { bare: number[]; watched: number[] } = { bare: [], watched: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const runs = [start(), start()] as const;
    times.bare.push(await bare(runs[0], numSteps));
    times.watched.push(await watched(runs[1]));
    for (const run of runs) run.model.dispose();
  }
  const perStep = (ms: readonly number[]): string => `${((1000 * median(ms)) / numSteps).toFixed(2)} µs`;
  const ratio = median(times.watched.map((ms, i) => ms / (times.bare[i] ?? Number.NaN)));
  console.log(
    `${what}: bare ${perStep(times.bare)}, watched ${perStep(times.watched)}: ${(100 * (ratio - 1)).toFixed(1)} % more`,
  );
}

console.log(machineLine());
await compare("microgpt's size, 200,000 steps", {}, 200_000);
await compare("batches of 16, 20,000 steps", { training: { batchSize: 16 } }, 20_000);
await compare(
  "small, 2 x 64, batches of 32, 1,000 steps",
  { model: { nLayer: 2, nEmbd: 64 }, training: { batchSize: 32 } },
  1_000,
);
rmSync(folder, { recursive: true });
