import { checkFunction } from "../util/checks.ts";
import { openLoop } from "./loop.ts";
import type { StepRecord, TrainOptions } from "./record.ts";
import type { Run } from "./run.ts";

/**
 * Trains from the run's current step to its last, or until its patience runs out; each step takes the next sequences,
 * every evalInterval-th evaluates. Between two records the run may be saved, sampled from, or left (`break`) and
 * resumed. Threads live as long as the loop, however it ends. Two loops over one run share its steps. Errors: code
 * `diverged` at a loss that is not finite.
 */
export async function* train(run: Run, options: TrainOptions = {}): AsyncGenerator<StepRecord, void> {
  const loop = await openLoop(run, options);
  try {
    for (let record = await loop.next(); record !== undefined; record = await loop.next()) yield record;
  } finally {
    await loop.close();
  }
}

/**
 * The same for small models, whose steps take no longer than a turn of an asynchronous loop: calls `onStep` after each
 * step, waits if that returns a promise, and stops if it returns `false`. `isFinished` then tells if the run has
 * finished.
 */
export async function trainEach(
  run: Run,
  onStep: (record: StepRecord) => false | undefined | Promise<false | undefined>,
  options: TrainOptions = {},
): Promise<void> {
  checkFunction("train", "onStep", onStep);
  const loop = await openLoop(run, options);
  try {
    await loop.each(onStep);
  } finally {
    await loop.close();
  }
}
