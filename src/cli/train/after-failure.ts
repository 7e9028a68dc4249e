/** Saves what is left of a run that failed. */

import { existsSync } from "node:fs";
import { MicrogptError, log as naturalLog, type Run } from "../../index.ts";
import type { RunKeeper } from "./files.ts";
import type { TrainingLog } from "./log.ts";
import { claimFree } from "./output.ts";
import type { Report } from "./report.ts";

/**
 * Saves the useful part of a failed run, and writes the reason into its metrics.
 * @returns the error for the user, which names the file to resume from
 */
export async function afterFailure(
  error: unknown,
  run: Run,
  keeper: RunKeeper,
  log: TrainingLog,
  report: Report,
): Promise<unknown> {
  const told = error instanceof MicrogptError ? await afterDivergence(error, run, keeper, log, report) : error;
  // An error such as missing data: the model itself is fine.
  if (told === error && error instanceof MicrogptError) await keep(run, keeper, report);
  log.failed(told);
  return told;
}

async function afterDivergence(
  error: MicrogptError,
  run: Run,
  keeper: RunKeeper,
  log: TrainingLog,
  report: Report,
): Promise<MicrogptError> {
  const { step } = error.values;
  if (error.code !== "diverged" || typeof step !== "number") return error;
  // If the model in the file was much worse than guessing by the next step, the run was already diverging when it was
  // saved. The present weights may have failed only in the gradient.
  const guessing = naturalLog(run.model.config.vocabSize);
  let kept = [keeper.bestPath, keeper.path].find((path) => {
    const next = run.progress.losses[keeper.stepIn(path) ?? Number.NaN];
    return next !== undefined && next <= 2 * guessing;
  });
  if (kept === undefined && (await lossNow(run)) < 0.99 * guessing) kept = await keep(run, keeper, report);
  const advice = log.diverged(step, kept);
  const where =
    kept === undefined
      ? "no model was good enough to keep"
      : `the last good model, after step ${keeper.stepIn(kept)}, is in ${kept}`;
  return new MicrogptError({ ...error.complaint, fix: `the run has diverged: ${where}; ${advice}` });
}

/**
 * Saves the current run, but never over a file of another kind. Undefined if it learned nothing, or cannot be saved.
 */
async function keep(run: Run, keeper: RunKeeper, report: Report): Promise<string | undefined> {
  if (run.progress.losses.length === 0) return undefined;
  const others = existsSync(keeper.path) && keeper.stepIn(keeper.path) === undefined;
  const path = others ? (await claimFree()).path : keeper.path;
  if (!(await keeper.save(run, path))) return undefined;
  report.saved(path);
  return path;
}

/** The model's loss on the run's first sequence: NaN if it can no longer predict anything. */
async function lossNow({ model, sequences }: Run): Promise<number> {
  const evaluator = await model.evaluator(sequences.longest);
  return (await evaluator.loss([sequences.at(0)])).loss;
}
