import { namedParams } from "../model/config.ts";
import type { GPT } from "../scalar/scalar-gpt.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Adam } from "./adam.ts";

/**
 * One step of training on one document: forward, backward, update. Returns the loss before the update (nats a
 * token). Errors: a loss or a gradient that is not finite; the weights are then as they were.
 */
export function trainStep(model: GPT, adam: Adam, tokens: readonly number[], learningRate: number): number {
  const loss = model.loss(tokens);
  checkFinite("loss", loss.data, adam);
  loss.backward();
  for (const [, { values }] of namedParams(model.params))
    for (const { grad } of values) checkFinite("gradient", grad, adam);
  adam.step(learningRate);
  return loss.data;
}

function checkFinite(what: string, x: number, adam: Adam): void {
  if (Number.isFinite(x)) return;
  throw new MicrogptError({
    operation: "train",
    expected: `a finite ${what}`,
    got: `${x} at step ${adam.state.steps + 1}`,
    fix: "the run has diverged: start again with a lower learning_rate",
  });
}
