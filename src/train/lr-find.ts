/**
 * Which learning rate to take: train for some hundred steps while the rate grows exponentially, and watch where the loss
 * falls and where it explodes. (Smith 2017, Cyclical Learning Rates for Training Neural Networks, arXiv:1506.01186)
 */

import type { EngineOptions, GPTState, TrainerOptions } from "../engine/engine.ts";
import { GPT } from "../engine/gpt.ts";
import { checkAbove, checkInteger } from "../util/checks.ts";
import { MicrogptError } from "../util/errors.ts";

/** A step of the sweep. */
export interface LearningRatePoint {
  readonly learningRate: number;
  /** The loss before the step, in nats a token. */
  readonly loss: number;
  /** The losses so far, the last ten or so counting most. */
  readonly smoothed: number;
}

export interface LearningRateSweep extends EngineOptions {
  /** How a step is taken, as of `GPT.trainer`. */
  readonly trainer: Omit<TrainerOptions, "steps">;
  /** What a step (0, 1, ...) learns from. */
  readonly batch: (step: number) => readonly (readonly number[])[];
  /** Steps of the sweep. Default 100. */
  readonly numSteps?: number;
  /** The rate of the first step, and of the last. Default 1e-5 and 1. */
  readonly from?: number;
  readonly to?: number;
}

/** The weight of the losses before in the running mean. */
const MEMORY = 0.9;
/** A running mean this many times the lowest tells that the loss has exploded. */
const EXPLODED = 1.5;
/** How long the sweep may hold the event loop, in milliseconds. */
const BREATH = 50;

/**
 * The sweep on a copy of a model, whose own weights stay as they are; optimizer moments begin anew. It ends when the loss
 * explodes, after all steps, or when it is left (`break`). Errors: a rate or a number of steps out of range, those of
 * the engine.
 */
export async function* findLearningRate(
  { config, weights }: GPTState,
  sweep: LearningRateSweep,
): AsyncGenerator<LearningRatePoint, void> {
  const { trainer: options, batch, numSteps = 100, from = 1e-5, to = 1, ...engine } = sweep;
  checkInteger("lr-find", "num_steps", numSteps, { min: 2 });
  checkAbove("lr-find", "from", from, 0);
  checkAbove("lr-find", "to", to, from);
  const model = new GPT({ config, weights }, engine);
  try {
    const trainer = await model.trainer({ ...options, steps: 0 });
    let [mean, weight, lowest, lastBreath] = [0, 0, Infinity, performance.now()];
    for (let step = 0; step < numSteps; step++) {
      const learningRate = from * (to / from) ** (step / (numSteps - 1));
      const loss = lossOf(() => trainer.step(batch(step), learningRate).loss);
      if (loss === undefined) return;
      mean = MEMORY * mean + (1 - MEMORY) * loss;
      weight = MEMORY * weight + (1 - MEMORY);
      const smoothed = mean / weight;
      lowest = Math.min(lowest, smoothed);
      yield { learningRate, loss, smoothed };
      if (smoothed > EXPLODED * lowest) return;
      if (performance.now() - lastBreath >= BREATH) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        lastBreath = performance.now();
      }
    }
  } finally {
    model.dispose();
  }
}

/** Undefined where the loss or the gradient is no longer finite, which ends a sweep and is what it looks for. */
function lossOf(step: () => number): number | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof MicrogptError && error.complaint.operation === "train") return undefined;
    throw error;
  }
}
