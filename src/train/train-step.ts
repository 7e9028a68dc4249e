import type { GPT } from "../scalar/scalar-gpt.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Adam } from "./adam.ts";

/**
 * One step of training on one document: forward, backward, update. Returns the loss before the update (nats a
 * token). Errors: a loss that is not finite; the weights are then as they were.
 */
export function trainStep(model: GPT, adam: Adam, tokens: readonly number[], learningRate: number): number {
  const loss = model.loss(tokens);
  if (!Number.isFinite(loss.data)) {
    throw new MicrogptError({
      operation: "train",
      expected: "a finite loss",
      got: `${loss.data} at step ${adam.state.steps + 1}`,
      fix: "the run has diverged: start again with a lower learning_rate",
    });
  }
  loss.backward();
  adam.step(learningRate);
  return loss.data;
}
