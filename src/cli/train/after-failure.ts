/** What is left of a run that cannot go on. */

import { existsSync } from "node:fs";
import { DivergedError, MicrogptError, log as naturalLog, type Run } from "../../index.ts";
import type { RunKeeper } from "./files.ts";
import type { TrainingLog } from "./log.ts";
import { claimFree } from "./output.ts";
import type { Report } from "./report.ts";

/**
 * Keeps what is worth it of a run that failed, and writes into its metrics why it did.
 * @returns the error to tell the user, which names the file to go on from
 */
export async function afterFailure(
  error: unknown,
  run: Run,
  keeper: RunKeeper,
  log: TrainingLog,
  report: Report,
): Promise<unknown> {
  const told = error instanceof DivergedError ? await afterDivergence(error, run, keeper, log, report) : error;
  // Data that is gone, or the like: the model is as good as it was.
  if (told === error && error instanceof MicrogptError) await keep(run, keeper, report);
  log.failed(told);
  return told;
}

async function afterDivergence(
  error: DivergedError,
  run: Run,
  keeper: RunKeeper,
  log: TrainingLog,
  report: Report,
): Promise<MicrogptError> {
  const { step } = error;
  // A file whose model was much worse than guessing by the next step was on its way out already. The weights as they are
  // now may have failed in the gradient only.
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
  return new DivergedError({ ...error.complaint, fix: `the run has diverged: ${where}; ${advice}` }, step);
}

/** Saves the run as it stands, but not over a file of something else. Undefined if it learned nothing, or cannot be saved. */
async function keep(run: Run, keeper: RunKeeper, report: Report): Promise<string | undefined> {
  if (run.progress.losses.length === 0) return undefined;
  const others = existsSync(keeper.path) && keeper.stepIn(keeper.path) === undefined;
  const path = others ? (await claimFree()).path : keeper.path;
  if (!(await keeper.save(run, path))) return undefined;
  report.saved(path);
  return path;
}

/** What the model makes of the sequence that the run began with: NaN if it can predict nothing any more. */
async function lossNow({ model, sequences }: Run): Promise<number> {
  const evaluator = await model.evaluator(sequences.longest);
  return evaluator.loss([sequences.at(0)]).loss;
}
