/** Updates of the readable engine: the optimizers of optim/, run in float64 on plain arrays, a parameter at a time. */

import { namedParams, paramTable } from "../model/params.ts";
import { clipped } from "../optim/clip.ts";
import {
  type At,
  mapSlots,
  type NamedSlots,
  namedSlots,
  type Slots,
  type Treatment,
  updated,
} from "../optim/optimizer.ts";
import { type OptimizerSettings, treatmentOf } from "../optim/optimizers.ts";
import { ArrayTensor } from "../tensor/array-tensor.ts";
import { internalError } from "../util/errors.ts";
import { pow } from "../util/math.ts";
import type { ScalarGPT } from "./scalar-gpt.ts";
import type { ScalarTensor } from "./scalar-tensor.ts";

/** Default: AdamW as in microgpt.py, with beta1 0.85, beta2 0.99, eps 1e-8, and neither weight decay nor clipping. */
export interface ScalarOptimizerOptions extends Partial<OptimizerSettings> {
  /** Upper limit of the gradient's norm. Default 0, for no limit. */
  readonly gradClip?: number;
}

/** The state of an optimizer. */
export interface OptimizerState {
  readonly slots: NamedSlots<ArrayLike<number>>;
  /** Steps taken. */
  readonly steps: number;
}

interface Param {
  readonly name: string;
  readonly tensor: ScalarTensor;
  readonly treatment: Treatment;
  slots: Slots<ArrayTensor>;
}

export class ScalarOptimizer {
  readonly #params: readonly Param[];
  readonly #gradClip: number;
  #steps: number;

  /** Updates a model's parameters, which it owns. Starts from zero, or from a state. */
  constructor(
    { config, params }: Pick<ScalarGPT, "config" | "params">,
    options: ScalarOptimizerOptions = {},
    state?: OptimizerState,
  ) {
    const settings = { beta1: 0.85, beta2: 0.99, eps: 1e-8, weightDecay: 0, ...options };
    this.#gradClip = options.gradClip ?? 0;
    this.#steps = state?.steps ?? 0;
    const tensors = new Map(namedParams(params));
    this.#params = paramTable(config).map((row) => {
      const { name, shape } = row;
      const tensor = tensors.get(name);
      if (tensor === undefined) throw internalError(`no parameter ${name}`);
      const { values } = tensor;
      const treatment = treatmentOf(settings, row);
      const numbers = (slot: string): ArrayLike<number> =>
        state?.slots[slot]?.[name] ?? new Float64Array(values.length);
      const slots = treatment.optimizer.slots.map((slot) => [slot, ArrayTensor.from(shape, numbers(slot))] as const);
      return { name, tensor, treatment, slots: Object.fromEntries(slots) };
    });
  }

  /** Steps taken. */
  get steps(): number {
    return this.#steps;
  }

  /** A state to resume from. */
  get state(): OptimizerState & { readonly slots: NamedSlots<Float64Array> } {
    const slots = this.#params.map(({ name, slots }) => [name, mapSlots(slots, ({ data }) => data)] as const);
    return { slots: namedSlots(slots), steps: this.#steps };
  }

  /** Updates every parameter by its gradient, then sets the gradients to 0. Clipping needs the norm of the whole gradient. */
  step(learningRate: number, gradNorm = 0): void {
    this.#steps++;
    const one = (x: number): ArrayTensor => ArrayTensor.from([], [x]);
    const norm = one(gradNorm);
    const at: At<ArrayTensor> = { learningRate: one(learningRate), power: (base) => one(pow(base, this.#steps)) };
    for (const param of this.#params) {
      const { tensor, treatment, slots } = param;
      const p = ArrayTensor.from(tensor.shape, tensor.data());
      const g = ArrayTensor.from(tensor.shape, tensor.grad());
      const next = updated(treatment, { p, g: clipped(g, norm, this.#gradClip), slots }, at);
      param.slots = next.slots;
      tensor.values.forEach((value, i) => {
        value.data = next.p.data[i] ?? Number.NaN;
        value.grad = 0;
      });
    }
  }
}
