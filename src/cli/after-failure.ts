/** What is left of a run that cannot go on. */

import { existsSync } from "node:fs";
import { DivergedError, MicrogptError, Random, type Run, sample } from "../index.ts";
import { freeModelPath } from "./model-files.ts";
import type { Report } from "./report.ts";
import type { RunKeeper } from "./run-files.ts";
import type { TrainingLog } from "./training-log.ts";

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
  const last = run.progress.losses.length;
  // The weights are those whose loss was not finite, unless it was the gradient. The best were evaluated; of those that
  // were saved on the way only the last may be as bad as these.
  const usable = canSample(run);
  const good = [keeper.bestPath, keeper.path].filter((path) => {
    const saved = keeper.stepIn(path);
    return saved !== undefined && (saved < last || usable);
  });
  const kept = good[0] ?? (usable ? await keep(run, keeper, report) : undefined);
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
  const path = existsSync(keeper.path) && keeper.stepIn(keeper.path) === undefined ? freeModelPath() : keeper.path;
  if (!(await keeper.save(run, path))) return undefined;
  report.saved(path);
  return path;
}

/** Whether the weights, finite as they are, still make probabilities. */
function canSample({ model, tokenizer, mode }: Run): boolean {
  try {
    sample(model, tokenizer, { random: new Random(1), mode, maxNewTokens: Math.min(100, model.config.blockSize - 1) });
    return true;
  } catch (error) {
    if (error instanceof MicrogptError) return false;
    throw error;
  }
}
