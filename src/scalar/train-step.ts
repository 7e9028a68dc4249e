import { dropping, stepKey } from "../model/dropout.ts";
import { countRows, type Packed, pack, partsOf } from "../model/pack.ts";
import { namedParams } from "../model/params.ts";
import { checkBelow, checkInteger } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";
import { say, set } from "../util/words.ts";
import type { ScalarGPT } from "./scalar-gpt.ts";
import type { ScalarOptimizer } from "./scalar-optimizer.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import type { Value } from "./value.ts";

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

/**
 * One step of training on a batch of documents: forward, backward, update. Errors: options out of range, a loss or a
 * gradient that is not finite; the weights are then unchanged.
 */
export function trainStep(
  model: ScalarGPT,
  optimizer: ScalarOptimizer,
  documents: readonly (readonly number[])[],
  learningRate: number,
  options: StepOptions = {},
): StepResult {
  const parts = partsOf(documents, checkStepOptions(options).gradientAccumulationSteps);
  const step = new ScalarStep(model, optimizer, countRows(documents, model.config.blockSize), learningRate, options);
  for (const part of parts) step.add(part);
  return step.finish();
}

/** A step in progress: the gradients of its parts add up in the weights by themselves. */
export class ScalarStep {
  readonly #model: ScalarGPT;
  readonly #optimizer: ScalarOptimizer;
  readonly #rows: number;
  readonly #learningRate: number;
  readonly #dropout: number;
  readonly #step: number;
  readonly #key: number;
  #loss = 0;
  /** Rows so far. */
  #first = 0;

  /** `rows`: R of all parts together. Errors: options out of range. */
  constructor(model: ScalarGPT, optimizer: ScalarOptimizer, rows: number, learningRate: number, options: StepOptions) {
    const { dropout, seed } = checkStepOptions(options);
    this.#model = model;
    this.#optimizer = optimizer;
    this.#rows = rows;
    this.#learningRate = learningRate;
    this.#dropout = dropout;
    this.#step = optimizer.steps + 1;
    this.#key = stepKey(seed, this.#step);
  }

  /** Errors: those of `trainStep`; the step is then abandoned. */
  add(documents: readonly (readonly number[])[]): void {
    this.#orLeave(() => {
      const part = pack(documents, this.#model.config.blockSize);
      const share = losses(this.#model, part, this.#dropout, this.#key, this.#first).sum(0).div(this.#rows).item();
      checkFinite("loss", share.data, this.#step);
      share.backward(); // adds to the gradients of earlier parts
      this.#loss += share.data;
      this.#first += part.tokens.length;
    });
  }

  /** Updates the weights. Errors: those of `trainStep`. */
  finish(): StepResult {
    return this.#orLeave(() => {
      let squares = 0;
      for (const { grad } of this.#values) squares += grad * grad;
      const gradNorm = Math.sqrt(squares);
      checkFinite("gradient", gradNorm, this.#step);
      this.#optimizer.step(this.#learningRate, gradNorm);
      return { loss: this.#loss, gradNorm };
    });
  }

  /** Abandons the step: weights and gradients are then unchanged. */
  leave(): void {
    for (const value of this.#values) value.grad = 0;
  }

  #orLeave<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  get #values(): Value[] {
    return namedParams(this.#model.params).flatMap(([, { values }]) => values);
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
  const fix = say`the run has diverged: start again with a lower ${set("learningRate")}`;
  const expected = `a finite ${what}`;
  throw mistake("diverged", "train", expected, `${x} at step ${step}`, fix, { values: { step, what } });
}
