import { namedParams } from "../model/config.ts";
import { dropping, stepKey } from "../model/dropout.ts";
import { countRows, type Packed, pack, partsOf } from "../model/pack.ts";
import { checkBelow, checkInteger } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";
import type { Adam } from "./adam.ts";
import type { ScalarGPT } from "./scalar-gpt.ts";
import { ScalarTensor } from "./scalar-tensor.ts";

/** How a step learns from its documents. */
export interface StepOptions {
  /**
   * The share of entries that are set to 0 at random, in the embedding and in what each half of a layer adds: 0 or more,
   * below 1. (Srivastava et al. 2014) Default 0.
   */
  readonly dropout?: number;
  /** Which entries: with the step's number and the row's place in the step, it decides. Default 0. */
  readonly seed?: number;
  /**
   * Into how many parts of equal count the documents are cut, as they follow each other. One part is computed after the
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

/** What a step of training tells, both of the weights before its update. */
export interface StepResult {
  /** Mean loss of the batch, in nats a token. */
  readonly loss: number;
  /** Length of the gradient as one vector, before clipping. */
  readonly gradNorm: number;
}

/**
 * One step of training on a batch of documents: forward, backward, update. Errors: options out of range, a loss or a
 * gradient that is not finite; the weights are then as they were.
 */
export function trainStep(
  model: ScalarGPT,
  adam: Adam,
  documents: readonly (readonly number[])[],
  learningRate: number,
  options: StepOptions = {},
): StepResult {
  const parts = partsOf(documents, checkStepOptions(options).gradientAccumulationSteps);
  const work = trainStepInParts(
    model,
    adam,
    parts,
    countRows(documents, model.config.blockSize),
    learningRate,
    options,
  );
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/**
 * The same step from its parts, each of which is asked for when the one before is computed; `rows` is R of all of them.
 * It yields between two parts, where it may be left: weights and gradients are then as they were.
 */
export function* trainStepInParts(
  model: ScalarGPT,
  adam: Adam,
  parts: Iterable<readonly (readonly number[])[]>,
  rows: number,
  learningRate: number,
  options: StepOptions,
): Generator<undefined, StepResult> {
  const { dropout, seed } = checkStepOptions(options);
  const step = adam.state.steps + 1;
  const key = stepKey(seed, step);
  const parameters = namedParams(model.params).flatMap(([, { values }]) => values);
  let whole = false;
  try {
    let [loss, first] = [0, 0];
    for (const documents of parts) {
      if (first > 0) yield;
      const part = pack(documents, model.config.blockSize);
      const share = losses(model, part, dropout, key, first).sum(0).div(rows).item();
      checkFinite("loss", share.data, step);
      share.backward(); // adds to what the parts before have left
      loss += share.data;
      first += part.tokens.length;
    }
    let squares = 0;
    for (const { grad } of parameters) squares += grad * grad;
    const gradNorm = Math.sqrt(squares);
    checkFinite("gradient", gradNorm, step);
    adam.step(learningRate, gradNorm);
    whole = true;
    return { loss, gradNorm };
  } finally {
    if (!whole) for (const value of parameters) value.grad = 0;
  }
}

/** The loss of each row, with dropout's masks for rows of the step from `first` on. */
function losses(model: ScalarGPT, packed: Packed, dropout: number, key: number, first: number): ScalarTensor {
  if (dropout === 0) return model.losses(packed);
  const keys = packed.tokens.map((_, r) => hash24(key, first + r));
  return model.losses(packed, { drop: dropping(ScalarTensor.from([keys.length], keys), dropout) });
}

/** Errors: a number of the step that is not finite. */
export function checkFinite(what: string, x: number, step: number): void {
  if (Number.isFinite(x)) return;
  const fix = "the run has diverged: start again with a lower learning_rate";
  const expected = `a finite ${what}`;
  throw mistake("diverged", "train", expected, `${x} at step ${step}`, fix, { values: { step, what } });
}
