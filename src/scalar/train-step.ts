import { namedParams } from "../model/config.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Adam } from "./adam.ts";
import type { ScalarGPT } from "./scalar-gpt.ts";

/** What a step of training tells, both of the weights before its update. */
export interface StepResult {
  /** Mean loss of the batch, in nats a token. */
  readonly loss: number;
  /** Length of the gradient as one vector, before clipping. */
  readonly gradNorm: number;
}

/**
 * One step of training on a batch of documents: forward, backward, update. Errors: a loss or a gradient that is not
 * finite; the weights are then as they were.
 */
export function trainStep(
  model: ScalarGPT,
  adam: Adam,
  documents: readonly (readonly number[])[],
  learningRate: number,
): StepResult {
  const step = adam.state.steps + 1;
  const loss = model.loss(...documents);
  checkFinite("loss", loss.data, step);
  loss.backward();
  let squares = 0;
  for (const [, { values }] of namedParams(model.params)) for (const { grad } of values) squares += grad * grad;
  const gradNorm = Math.sqrt(squares);
  checkFinite("gradient", gradNorm, step);
  adam.step(learningRate, gradNorm);
  return { loss: loss.data, gradNorm };
}

/** Errors: a number of the step that is not finite. */
export function checkFinite(what: string, x: number, step: number): void {
  if (Number.isFinite(x)) return;
  throw new MicrogptError({
    operation: "train",
    expected: `a finite ${what}`,
    got: `${x} at step ${step}`,
    fix: "the run has diverged: start again with a lower learning_rate",
  });
}
