/**
 * Finds a learning rate: trains for about a hundred steps while the rate grows exponentially, and watches where the
 * loss falls and where it explodes. (Smith 2017, Cyclical Learning Rates for Training Neural Networks,
 * arXiv:1506.01186)
 */

import { ENGINE_FIELDS, type EngineOptions } from "../engine/engine-options.ts";
import { GPT } from "../engine/gpt.ts";
import type { StepResult } from "../model/step.ts";
import { checkAbove, checkFields, checkInteger } from "../util/checks.ts";
import { MicrogptError, mistake } from "../util/errors.ts";
import { pow } from "../util/math.ts";
import { breather } from "./breather.ts";
import { checkRun } from "./check-run.ts";
import { maxRowsOf, type Run } from "./run.ts";
import { takeStep } from "./step.ts";

/** A step of the sweep. */
export interface LearningRatePoint {
  readonly learningRate: number;
  /** The loss before the step, in nats per token. */
  readonly loss: number;
  /** A running mean of the losses, mostly of the last ten. */
  readonly smoothed: number;
}

export interface LearningRateSweep extends EngineOptions {
  /** Steps of the sweep. Default 100. */
  readonly numSteps?: number;
  /** The rate of the first step. Default 1e-5. */
  readonly from?: number;
  /** The rate of the last. Default 1. */
  readonly to?: number;
}

/** The weight of previous losses in the running mean. */
const MEMORY = 0.9;
/** The loss has exploded when its running mean is this many times the lowest. */
const EXPLODED = 1.5;
/**
 * The suggestion is the rate at which the loss explodes, divided by this. In 26 sweeps over three texts, from 1 layer
 * of 16 channels to 4 of 128, the best of the two to four rates tried in whole runs was 8 to 50 times below it, 22 on
 * average. It was 2 to 22 times below the rate with the lowest loss, and from 3 times below to 19 times above the one
 * with the steepest fall.
 */
const BELOW = 20;

/**
 * Sweeps the rate on a copy of a run's model, with its data and settings; the run is not changed, and Adam's moments
 * start from zero. Ends when the loss explodes, after all steps, or when it is left (`break`). Errors: a rate or a
 * number of steps out of range, those of the engine.
 */
export async function* findLearningRate(
  run: Run,
  sweep: LearningRateSweep = {},
): AsyncGenerator<LearningRatePoint, void> {
  checkRun("lr-find", run);
  checkFields("lr-find", "the options", sweep, [...ENGINE_FIELDS, "numSteps", "from", "to"]);
  const { numSteps = 100, from = 1e-5, to = 1, ...options } = sweep;
  checkInteger("lr-find", "numSteps", numSteps, { min: 2 });
  checkAbove("lr-find", "from", from, 0);
  checkAbove("lr-find", "to", to, from);
  const { model, progress } = run;
  const { config, weights } = model.state();
  const copy = new GPT({ config, weights }, { engine: model.engine, ...options });
  try {
    const trainer = await copy.trainer({ ...progress.settings, steps: 0, maxRows: maxRowsOf(run) });
    const breathe = breather();
    let [mean, weight, lowest] = [0, 0, Infinity];
    for (let step = 0; step < numSteps; step++) {
      const learningRate = from * pow(to / from, step / (numSteps - 1));
      const loss = await lossOf(() => takeStep(trainer, run, step, learningRate));
      if (loss === undefined) return;
      mean = MEMORY * mean + (1 - MEMORY) * loss;
      weight = MEMORY * weight + (1 - MEMORY);
      const smoothed = mean / weight;
      lowest = Math.min(lowest, smoothed);
      const pause = breathe();
      if (pause !== undefined) await pause;
      yield { learningRate, loss, smoothed };
      if (smoothed > EXPLODED * lowest) return;
    }
  } finally {
    copy.dispose();
  }
}

/**
 * The suggested rate for the points of a sweep, as one would type it: 0.004. If the loss never exploded, the sweep's
 * highest rate is used instead. Errors: no points.
 */
export function suggestLearningRate(points: readonly LearningRatePoint[]): number {
  const last = points.at(-1);
  if (last === undefined) {
    const fix = "start with a lower rate";
    throw mistake("diverged", "lr-find", "steps with a finite loss", "none", fix);
  }
  return Number((last.learningRate / BELOW).toPrecision(1));
}

/** Undefined if the loss or the gradient is no longer finite, which is a normal end of a sweep. */
async function lossOf(step: () => StepResult | Promise<StepResult>): Promise<number | undefined> {
  try {
    return (await step()).loss;
  } catch (error) {
    if (error instanceof MicrogptError && error.code === "diverged") return undefined;
    throw error;
  }
}
