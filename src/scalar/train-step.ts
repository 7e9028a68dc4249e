import { dropping, stepKey } from "../model/dropout.ts";
import { countRows, type Packed, pack, partsOf } from "../model/pack.ts";
import { namedParams } from "../model/params.ts";
import { type Ranks, shareOf } from "../model/ranks.ts";
import { checkFinite, checkStepOptions, type StepOptions, type StepResult } from "../model/step.ts";
import { hash24 } from "../util/hash.ts";
import type { ScalarGPT } from "./scalar-gpt.ts";
import type { ScalarOptimizer } from "./scalar-optimizer.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import type { Value } from "./value.ts";

export interface ScalarStepOptions extends StepOptions {
  /** The processes that share the step. Default: this one alone. */
  readonly ranks?: Ranks | undefined;
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
  options: ScalarStepOptions = {},
): StepResult {
  const { blockSize } = model.config;
  const [{ length } = []] = partsOf(documents, checkStepOptions(options).gradientAccumulationSteps);
  const { from, to } = shareOf(documents.length, options.ranks);
  const before = from === 0 ? 0 : countRows(documents.slice(0, from), blockSize);
  const step = new ScalarStep(model, optimizer, countRows(documents, blockSize), learningRate, options, before);
  for (let i = from; i < to; i += length) step.add(documents.slice(i, Math.min(to, i + length)));
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
  readonly #ranks: Ranks | undefined;
  #loss = 0;
  /** Rows so far. */
  #first: number;

  /** `rows`: R of all parts together, `before` of those before the first one. Errors: options out of range. */
  constructor(
    model: ScalarGPT,
    optimizer: ScalarOptimizer,
    rows: number,
    learningRate: number,
    options: ScalarStepOptions,
    before = 0,
  ) {
    const { dropout, seed } = checkStepOptions(options);
    this.#ranks = options.ranks;
    this.#first = before;
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
      // The other ranks wait for the numbers of this one, finite or not.
      if (this.#ranks === undefined) checkFinite("loss", share.data, this.#step);
      share.backward(); // adds to the gradients of earlier parts
      this.#loss += share.data;
      this.#first += part.tokens.length;
    });
  }

  /** Updates the weights. Errors: those of `trainStep`. */
  finish(): StepResult {
    return this.#orLeave(() => {
      if (this.#ranks !== undefined) this.#sum(this.#ranks);
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

  #sum(ranks: Ranks): void {
    const values = this.#values;
    const [loss, gradient] = [Float64Array.of(this.#loss), Float64Array.from(values, ({ grad }) => grad)];
    ranks.sum(loss, gradient);
    this.#loss = loss[0] ?? Number.NaN;
    values.forEach((value, i) => {
      value.grad = gradient[i] ?? Number.NaN;
    });
    checkFinite("loss", this.#loss, this.#step);
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
