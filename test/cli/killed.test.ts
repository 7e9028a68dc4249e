/**
 * A run that saves continually is killed a hundred times, at any moment, and resumed each time: it must end with the
 * same model and metrics as an uninterrupted one.
 */

import { existsSync } from "node:fs";
import { type Checkpoint, encodeCheckpoint, Random } from "microgpt";
import { expect, test } from "vitest";
import { type Folder, folderWithNames, type JsonRecord, linesOf } from "../support/cli.ts";

/** Number of concurrent runs, and of kills for each. */
const [LANES, KILLS] = [4, 25];
/** Longer than a few saves take. */
const MOST_MS = 60;
const MORE = "--save_interval 1 --eval_interval 1 --log_interval 1 --num_samples 0";
const TRAIN = `train names.txt --preset microgpt --n_embd 4 --n_head 1 --batch_size 2 --dropout 0.1 --schedule constant ${MORE} --json`;
const TARGETS = ["model.safetensors", "model.best.safetensors", "model.metrics.jsonl"];

/** Starts or resumes the run, and kills it some time after its second step, which is after its first save. */
async function killed(folder: Folder, random: Random): Promise<void> {
  const resume = existsSync(folder.at("model.safetensors"));
  const words = resume ? `train --resume model.safetensors --log_interval 1 --save_interval 1 --json` : TRAIN;
  const run = folder.start(resume ? words : `${words} --num_steps 100000000 --engine wasm --out model.safetensors`);
  await run.says(/"type":"step".*\n.*"type":"step"/);
  await new Promise((resolve) => setTimeout(resolve, MOST_MS * random.random()));
  run.kill("SIGKILL");
  expect(await run.ended).toMatchObject({ signal: "SIGKILL", stderr: "" });
}

/**
 * Checks the folder after a kill: whole models, no older than before, at most one partial file for each, and dead
 * claims. Returns the step.
 */
function inspect(folder: Folder, before: number): number {
  const rest = folder.names().filter((name) => !TARGETS.includes(name) && name !== "names.txt");
  for (const target of TARGETS) {
    const half = rest.filter((name) => name.startsWith(`.${target}.`) && name !== `.${target}.claim`);
    expect(half.length).toBeLessThanOrEqual(1);
    expect(half.every((name) => name.endsWith(".tmp"))).toBe(true);
  }
  expect(rest.every((name) => TARGETS.some((target) => name.startsWith(`.${target}.`)))).toBe(true);

  const stepIn = (name: string): number => {
    if (!existsSync(folder.at(name))) return 0;
    return folder.model(name).progress?.losses.length ?? 0;
  };
  const now = stepIn("model.safetensors");
  expect(now).toBeGreaterThanOrEqual(before);
  // The best is saved before the last.
  expect(stepIn("model.best.safetensors")).toBeLessThanOrEqual(now + 1);
  // The metrics are not behind either.
  const lines = linesOf(folder.bytes("model.metrics.jsonl").toString()).map((line) => JSON.parse(line) as JsonRecord);
  const steps = lines.filter(({ type }) => type === "step");
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
  expect(steps.length).toBeGreaterThanOrEqual(now);
  // No verdict is repeated.
  const kinds = lines.flatMap(({ type, kind }) => (type === "verdict" ? [kind] : []));
  expect(kinds).toEqual([...new Set(kinds)]);
  return now;
}

/** The metrics without times and process ids, and without the verdict on the estimated length of the run. */
function timeless(folder: Folder): object[] {
  const lines = linesOf(folder.bytes("model.metrics.jsonl").toString()).map((line) => JSON.parse(line) as JsonRecord);
  return lines
    .filter(({ kind }) => kind !== "data-too-small")
    .map(({ startedAt: _, pid: __, processStart: ___, elapsed: ____, tokensPerSecond: _____, ...rest }) => rest);
}

/** The file without the planned number of steps. */
function bytesOf(checkpoint: Checkpoint): Uint8Array {
  const { progress } = checkpoint;
  if (progress === undefined) throw new Error("no progress");
  return encodeCheckpoint({
    ...checkpoint,
    progress: { ...progress, settings: { ...progress.settings, numSteps: 1 } },
  });
}

test(`a run that is killed ${LANES * KILLS} times while it saves loses nothing`, { timeout: 200_000 }, async () => {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    const random = new Random(lane);
    const folder = folderWithNames();
    let step = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      await killed(folder, random);
      step = inspect(folder, step);
    }
    const end = step + 3;
    const outcome = await folder.microgpt(`train --resume model.safetensors --num_steps ${end} ${MORE}`);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(folder.names()).toEqual([...TARGETS, "names.txt"].sort());
    return { folder, end };
  });
  const runs = await Promise.all(lanes);
  expect(runs.map(({ end }) => end > KILLS)).toEqual(runs.map(() => true));

  for (const { folder, end } of runs) {
    const whole = folderWithNames();
    await whole.microgpt(`${TRAIN} --num_steps ${end} --out model.safetensors`);
    for (const name of ["model.safetensors", "model.best.safetensors"]) {
      expect(bytesOf(folder.model(name))).toEqual(bytesOf(whole.model(name)));
    }
    const [first, ...rest] = timeless(folder);
    const [expected, ...others] = timeless(whole);
    expect(first).toEqual(expected);
    expect(rest).toEqual(others);
  }
});
