import { dropping, stepKey } from "../model/dropout.ts";
import { countRows, type Packed, pack, partsOf } from "../model/pack.ts";
import { namedParams } from "../model/params.ts";
import { checkFinite, checkStepOptions, type StepOptions, type StepResult } from "../model/step.ts";
import { hash24 } from "../util/hash.ts";
import type { ScalarGPT } from "./scalar-gpt.ts";
import type { ScalarOptimizer } from "./scalar-optimizer.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import type { Value } from "./value.ts";

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
