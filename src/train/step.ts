/** A run's steps, each of the sequences that its number stands for. */

import type { Trainer } from "../engine/engine.ts";
import type { StepResult } from "../scalar/train-step.ts";
import { type Run, stepSize } from "./run.ts";

/** A step and the tokens that it predicted. */
export interface Taken extends StepResult {
  readonly tokens: number;
}

/** Takes step number `step`, from 0 on, at once. */
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

/** The same, part by part: yields between two parts, where it may be left, and gathers one only when it is computed. */
export function* takeStepInParts(
  trainer: Trainer,
  { sequences, progress: { settings } }: Run,
  step: number,
  learningRate: number,
): Generator<undefined, Taken | undefined> {
  const { batchSize, gradientAccumulationSteps } = settings;
  const size = stepSize(settings);
  const tokens = sequences.tokensIn(step * size, size);
  const parts = function* (): Generator<(readonly number[])[], void> {
    for (let part = 0; part < gradientAccumulationSteps; part++) {
      const first = step * size + part * batchSize;
      yield Array.from({ length: batchSize }, (_, i) => sequences.at(first + i));
    }
  };
  return { ...(yield* trainer.stepInParts(parts(), tokens, learningRate)), tokens };
}
