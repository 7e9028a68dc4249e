/** A run's steps on its numbered sequences. */

import type { Trainer } from "../engine/engine.ts";
import { countRows } from "../model/pack.ts";
import type { StepResult } from "../scalar/train-step.ts";
import { type Run, stepSize } from "./run.ts";

/** The result of a step, with the tokens that it predicted. */
export interface Taken extends StepResult {
  readonly tokens: number;
}

/** Takes step number `step`, from 0 on, synchronously. */
export function takeStep(trainer: Trainer, run: Run, step: number, learningRate: number): Taken {
  const { batchSize, gradientAccumulationSteps } = run.progress.settings;
  if (gradientAccumulationSteps > 1) {
    const work = takeStepInParts(trainer, run, step, learningRate);
    for (;;) {
      const { value } = work.next();
      if (value !== undefined) return value;
    }
  }
  const { sequences, model } = run;
  const { blockSize } = model.config;
  const batch: (readonly number[])[] = [];
  let tokens = 0;
  for (let i = step * batchSize; i < (step + 1) * batchSize; i++) {
    const sequence = sequences.at(i);
    tokens += Math.min(sequence.length - 1, blockSize);
    batch.push(sequence);
  }
  const { loss, gradNorm } = trainer.step(batch, learningRate);
  return { loss, gradNorm, tokens };
}

/** Sequences that a step may hold in memory at once; more of them are gathered part by part. */
const MOST_HELD = 4096;

/** The same, part by part: yields between two parts, where it may be left. */
export function* takeStepInParts(
  trainer: Trainer,
  run: Run,
  step: number,
  learningRate: number,
): Generator<undefined, Taken | undefined> {
  const size = stepSize(run.progress.settings);
  const first = step * size;
  const { sequences, model } = run;
  const held = size > MOST_HELD ? undefined : Array.from({ length: size }, (_, i) => sequences.at(first + i));
  const tokens = held === undefined ? sequences.tokensIn(first, size) : countRows(held, model.config.blockSize);
  const parts = partsFrom(run, first, held);
  const { loss, gradNorm } = yield* trainer.stepInParts(parts, tokens, learningRate);
  return { loss, gradNorm, tokens };
}

function* partsFrom(
  { sequences, progress: { settings } }: Run,
  first: number,
  held: readonly (readonly number[])[] | undefined,
): Generator<readonly (readonly number[])[], void> {
  const { batchSize, gradientAccumulationSteps } = settings;
  for (let part = 0; part < gradientAccumulationSteps; part++) {
    const from = part * batchSize;
    yield held?.slice(from, from + batchSize) ??
      Array.from({ length: batchSize }, (_, i) => sequences.at(first + from + i));
  }
}
