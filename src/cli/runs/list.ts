/** Finds runs by their metrics files, and summarizes each in a line. */

import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MicrogptError } from "../../index.ts";
import { isTraining, metricsPath, type RunMetrics, readMetrics } from "../../node.ts";
import { explain } from "../words.ts";

const SUFFIX = ".metrics.jsonl";

/** Losses of single lines are noisy: the last loss is a mean over this many steps. */
const WINDOW = 50;

/** `running`: its process is alive; `stopped`: it can be resumed, whether it was interrupted or killed. */
export type RunState = "done" | "stopped" | "running" | "failed";

/** The result of a run, for ranking. */
export interface Ranked {
  /** The best validation loss, if it was evaluated. */
  readonly best?: { readonly step: number; readonly valLoss: number };
  /** Mean training loss of the last 50 steps; undefined before the first. */
  readonly loss?: number;
}

export interface FoundRun extends Ranked {
  /** The path of the metrics file. */
  readonly path: string;
  /** Its label, or the path without the extension. */
  readonly name: string;
  readonly metrics: RunMetrics;
  readonly state: RunState;
  /** Steps done. */
  readonly step: number;
  readonly seconds: number;
}

export interface FoundRuns {
  /** The best first. */
  readonly runs: readonly FoundRun[];
  /** An error for each file below a folder that could not be read. */
  readonly unreadable: readonly string[];
  /** Number of paths that named a run rather than a folder. */
  readonly named: number;
}

/**
 * The runs of metrics files, models, names without an extension, and of all metrics files below folders. Errors: a
 * named run that is missing or unreadable.
 */
export async function findRuns(paths: readonly string[]): Promise<FoundRuns> {
  const files = new Map<string, "named" | "found">();
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) {
      for (const file of await filesBelow(path)) files.set(file, files.get(file) ?? "found");
    } else files.set(metricsOf(path), "named");
  }
  const runs: FoundRun[] = [];
  const unreadable: string[] = [];
  // In the order of their names, which decides among equally good runs.
  for (const [path, how] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    try {
      runs.push(await readRun(path));
    } catch (error) {
      if (how === "named" || !(error instanceof MicrogptError)) throw error;
      unreadable.push(explain(error));
    }
  }
  return { runs: runs.sort(byLoss), unreadable, named: [...files.values()].filter((how) => how === "named").length };
}

/** Reads a run. Errors: a file that is missing, or not metrics. */
export async function readRun(path: string): Promise<FoundRun> {
  const metrics = await readMetrics(path);
  const { run, steps, end } = metrics;
  const last = steps.at(-1);
  const evaluated = steps.flatMap(({ step, valLoss }) =>
    valLoss === undefined || Number.isNaN(valLoss) ? [] : [{ step, valLoss }],
  );
  const best = evaluated.reduce<FoundRun["best"]>(
    (least, one) => (least === undefined || one.valLoss < least.valLoss ? one : least),
    undefined,
  );
  const loss = lastLoss(metrics);
  return {
    path,
    name: run.label ?? stemOf(path),
    metrics,
    state: end === undefined ? ((await isTraining(path, run)) ? "running" : "stopped") : STATES[end.reason],
    step: end?.step ?? last?.step ?? 0,
    ...(best === undefined ? {} : { best }),
    ...(loss === undefined ? {} : { loss }),
    seconds: last?.elapsed ?? 0,
  };
}

const STATES: { readonly [R in NonNullable<RunMetrics["end"]>["reason"]]: RunState } = {
  done: "done",
  "early stopping": "done",
  interrupted: "stopped",
  failed: "failed",
};

/** Orders runs by their best validation loss; runs without one come after, by their last training loss. */
export function byLoss(one: Ranked, other: Ranked): number {
  const compare = (x = Infinity, y = Infinity): number => (x === y ? 0 : x - y || 0);
  return compare(one.best?.valLoss, other.best?.valLoss) || compare(one.loss, other.loss);
}

/** `a` for `a.metrics.jsonl`. */
export function stemOf(path: string): string {
  return path.endsWith(SUFFIX) ? path.slice(0, -SUFFIX.length) : path;
}

/** The metrics file for its own path, the model's, or the name without extension. */
function metricsOf(path: string): string {
  if (path.endsWith(SUFFIX)) return path;
  const beside = metricsPath(path);
  if (existsSync(beside)) return beside;
  if (existsSync(path) && !path.endsWith(".safetensors")) return path;
  throw new MicrogptError({
    code: "file-missing",
    operation: "runs",
    expected: `a run called ${path}`,
    got: `no ${beside}`,
    fix: "name a model, its .metrics.jsonl, or a folder",
  });
}

/** Skips hidden folders and node_modules, which hold no runs, and links, which could form a circle. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(SUFFIX));
  const folders = entries.filter(
    (entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules",
  );
  const below = await Promise.all(folders.map(({ name }) => filesBelow(join(folder, name))));
  return [...files.map(({ name }) => join(folder, name)), ...below.flat()];
}

function lastLoss({ steps }: RunMetrics): number | undefined {
  let [sum, count] = [0, 0];
  for (let i = steps.length - 1; i >= 0 && count < WINDOW; i--) {
    const [line, before] = [steps[i], steps[i - 1]];
    if (line === undefined) break;
    const weight = Math.max(1, line.step - (before?.step ?? 0));
    sum += line.loss * weight;
    count += weight;
  }
  return count === 0 ? undefined : sum / count;
}
