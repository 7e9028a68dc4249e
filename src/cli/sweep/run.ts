/** Trains the combinations of a sweep, one process each. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { MicrogptError } from "../../index.ts";
import { loadCheckpoint, metricsPath, ownerOf } from "../../node.ts";
import { type FoundRun, readRun } from "../runs/list.ts";
import type { SweepRun } from "./file.ts";
import { type Sweep, saveSweep } from "./folder.ts";
import { type Flags, wordsOf } from "./plan.ts";
import type { StartTraining, TrainingProcess } from "./process.ts";

export interface SweepOptions {
  readonly start: StartTraining;
  /** Number of runs at a time. */
  readonly jobs: number;
  /** Flags for each run besides its own. */
  readonly extra: Flags;
  /** True to pass each run its name as --label. */
  readonly labelled: boolean;
  /** Flags that a resumed run already has, so that they must not be passed. */
  readonly notResumed: readonly string[];
  /** Called when a run begins or ends, with its index in `sweep.runs`. */
  readonly onChange: (index: number) => void;
  /** Saves the sweep whenever a run begins or ends. Default: to sweep.json. */
  readonly save?: (sweep: Sweep) => Promise<void>;
}

/** The task for a combination. */
export type Task = "done" | "train" | "resume";

/** The model file of a combination. */
export function modelOf({ folder }: Sweep, { name }: SweepRun): string {
  return join(folder, `${name}.safetensors`);
}

/** Trains the rest of a sweep, and keeps sweep.json up to date. A failed run does not stop the others. */
export class SweepRunner {
  readonly #sweep: Sweep;
  readonly #options: SweepOptions;
  readonly #running = new Map<number, TrainingProcess>();
  #stopped = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(sweep: Sweep, options: SweepOptions) {
    this.#sweep = sweep;
    this.#options = options;
  }

  /** The indices of the runs in training. */
  get running(): readonly number[] {
    return [...this.#running.keys()];
  }

  /** Lets current runs save and end, and begins no more. */
  stop(): void {
    this.#stopped = true;
    for (const process of this.#running.values()) process.stop();
  }

  /** Errors: sweep.json cannot be written, or a run is being trained by another process. */
  async run(tasks: readonly Task[]): Promise<void> {
    const queue = [...tasks.entries()].filter(([, task]) => task !== "done");
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined && !this.#stopped; next = queue.shift())
        await this.#train(...next);
    };
    try {
      await Promise.all(Array.from({ length: this.#options.jobs }, work));
    } finally {
      // After an error in one job the others are still running.
      this.stop();
      await Promise.all([...this.#running.values()].map(({ ended }) => ended));
      await this.#saving.catch(() => undefined);
    }
  }

  async #train(index: number, task: Task): Promise<void> {
    const run = this.#sweep.runs[index];
    if (run === undefined) return;
    const { name, flags } = run;
    await this.#set(index, { name, flags, state: "running" });
    // Stopped during the write.
    if (this.#stopped) return this.#set(index, run);
    const process = this.#options.start(wordsFor(this.#sweep, run, task, this.#options));
    this.#running.set(index, process);
    this.#options.onChange(index);
    const { exitCode, error } = await process.ended;
    this.#running.delete(index);
    const found = await readRun(metricsPath(modelOf(this.#sweep, run))).catch(() => undefined);
    // A signal that arrives before training listens to it ends the process, with nothing to lose.
    const stopped = exitCode === null ? this.#stopped : exitCode === 0 && found?.state === "stopped";
    const state = stopped ? "stopped" : exitCode === 0 ? "done" : "failed";
    await this.#set(index, {
      name,
      flags,
      state,
      ...(found && resultOf(found)),
      ...(state === "failed" ? error : {}),
    });
    this.#options.onChange(index);
  }

  /** Writes are queued, so that the last state is on the disk. */
  async #set(index: number, run: SweepRun): Promise<void> {
    this.#sweep.runs[index] = run;
    this.#saving = this.#saving.then(() => (this.#options.save ?? saveSweep)(this.#sweep));
    await this.#saving;
  }
}

/** The words after `microgpt` that train a combination. */
export function wordsFor(
  sweep: Sweep,
  run: SweepRun,
  task: Task,
  { extra, labelled, notResumed }: Pick<SweepOptions, "extra" | "labelled" | "notResumed">,
): string[] {
  const { files, fixed } = sweep.plan;
  const all: Flags = { ...extra, ...fixed, ...run.flags, ...(labelled ? { label: run.name } : {}) };
  const out = modelOf(sweep, run);
  if (task !== "resume") return ["train", ...files, ...wordsOf({ ...all, out }), "--quiet"];
  const kept = Object.entries(all).filter(([name]) => !notResumed.includes(name));
  return ["train", ...files, ...wordsOf({ ...Object.fromEntries(kept), resume: out, out }), "--quiet"];
}

/**
 * The task for each run, judging by its files, which know more than a killed sweep. Finished runs are marked as done.
 * Only the first `asked` runs are checked; others stay unchanged. Errors: a run that another process is training.
 */
export async function tasksOf(sweep: Sweep, asked: number): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const [index, run] of sweep.runs.entries()) {
    if (run.state === "done" || index >= asked) {
      tasks.push("done");
      continue;
    }
    const model = modelOf(sweep, run);
    const found = await readRun(metricsPath(model)).catch(() => undefined);
    const owner = (await ownerOf(model))?.pid ?? (found?.state === "running" ? found.metrics.run.pid : undefined);
    if (owner !== undefined) {
      throw new MicrogptError({
        code: "file-busy",
        operation: `sweep ${sweep.folder}`,
        expected: `no other process to train ${run.name}`,
        got: `process ${owner}`,
        fix: "wait for it, or stop it",
      });
    }
    const begun = run.state === "running" || run.state === "stopped";
    const task =
      !begun || !existsSync(model) ? "train" : found?.state === "done" || (await isAtEnd(model)) ? "done" : "resume";
    if (task === "done")
      sweep.runs[index] = { name: run.name, flags: run.flags, state: "done", ...(found && resultOf(found)) };
    tasks.push(task);
  }
  return tasks;
}

/** Killed between its last save and its last line. An unreadable file is left for train to report. */
async function isAtEnd(model: string): Promise<boolean> {
  const progress = (await loadCheckpoint(model).catch(() => undefined))?.progress;
  return progress !== undefined && progress.losses.length >= progress.settings.numSteps;
}

function resultOf({ best, loss, step, seconds }: FoundRun): Pick<SweepRun, "best" | "loss" | "step" | "seconds"> {
  return { ...(best && { best }), ...(loss === undefined ? {} : { loss }), step, seconds };
}
