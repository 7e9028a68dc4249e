/** A training step of any engine: its options and its result. */

import { checkBelow, checkInteger } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";

/** Options of a training step. */
export interface StepOptions {
  /**
   * The share of entries set to 0 at random, in the embedding and in the output of each half layer: 0 or more, below 1.
   * (Srivastava et al. 2014) Default 0.
   */
  readonly dropout?: number;
  /** Seed of the dropped entries, together with the step's number and the row's position in the step. Default 0. */
  readonly seed?: number;
  /**
   * Number of consecutive parts of equal count that the documents are split into. The parts are computed one after the
   * other, in the memory of one; the gradients add up to that of all documents at once. Default 1.
   */
  readonly gradientAccumulationSteps?: number;
}

/** The options with their defaults. Errors: one that is out of range. */
export function checkStepOptions(options: StepOptions): Required<StepOptions> {
  const { dropout = 0, seed = 0, gradientAccumulationSteps = 1 } = options;
  return {
    dropout: checkBelow("train", "dropout", dropout, 0, 1),
    seed: checkInteger("train", "seed", seed, {}),
    gradientAccumulationSteps: checkInteger("train", "gradientAccumulationSteps", gradientAccumulationSteps, {
      min: 1,
    }),
  };
}

/** The result of a training step, for the weights before its update. */
export interface StepResult {
  /** Mean loss of the batch, in nats per token. */
  readonly loss: number;
  /** Norm of the whole gradient, before clipping. */
  readonly gradNorm: number;
}

/** Errors: a number of the step that is not finite. */
export function checkFinite(what: string, x: number, step: number): void {
  if (Number.isFinite(x)) return;
  const fix = say`the run has diverged: start again with a lower ${set("learningRate")}`;
  const expected = `a finite ${what}`;
  throw mistake("diverged", "train", expected, `${x} at step ${step}`, fix, { values: { step, what } });
}
