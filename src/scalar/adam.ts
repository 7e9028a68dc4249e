import { mapParams, namedParams, type StateDict } from "../model/config.ts";
import type { ScalarTensor } from "../scalar/scalar-tensor.ts";

export interface AdamOptions {
  /** Decay of the mean gradient. Default 0.85, as in microgpt.py. */
  readonly beta1?: number;
  /** Decay of the mean squared gradient. Default 0.99. */
  readonly beta2?: number;
  /** Added to the root, so that nothing is divided by 0. Default 1e-8. */
  readonly eps?: number;
}

/** What Adam remembers: for each weight the running means of its gradient (m) and of its square (v). */
export interface AdamState {
  readonly m: StateDict<Float64Array>;
  readonly v: StateDict<Float64Array>;
  /** Steps taken. */
  readonly steps: number;
}

/** Adam with bias correction, without weight decay. (Kingma and Ba 2015, arXiv:1412.6980) */
export class Adam {
  readonly #params: StateDict<ScalarTensor>;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #eps: number;
  readonly #m: StateDict<Float64Array>;
  readonly #v: StateDict<Float64Array>;
  #steps: number;

  /** Starts from nothing, or from a state that it then owns. */
  constructor(params: StateDict<ScalarTensor>, options: AdamOptions = {}, state?: AdamState) {
    const { beta1 = 0.85, beta2 = 0.99, eps = 1e-8 } = options;
    this.#params = params;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#eps = eps;
    this.#m = state?.m ?? mapParams(params, ({ values }) => new Float64Array(values.length));
    this.#v = state?.v ?? mapParams(params, ({ values }) => new Float64Array(values.length));
    this.#steps = state?.steps ?? 0;
  }

  get state(): AdamState {
    return { m: this.#m, v: this.#v, steps: this.#steps };
  }

  /** Moves every weight against its gradient, then sets the gradients to 0. */
  step(learningRate: number): void {
    const [beta1, beta2, eps] = [this.#beta1, this.#beta2, this.#eps];
    this.#steps++;
    const correction1 = 1 - beta1 ** this.#steps;
    const correction2 = 1 - beta2 ** this.#steps;
    const ms = namedParams(this.#m);
    const vs = namedParams(this.#v);
    namedParams(this.#params).forEach(([, { values }], p) => {
      const m = ms[p]?.[1] as Float64Array;
      const v = vs[p]?.[1] as Float64Array;
      values.forEach((value, i) => {
        const mean = beta1 * (m[i] as number) + (1 - beta1) * value.grad;
        const square = beta2 * (v[i] as number) + (1 - beta2) * value.grad ** 2;
        m[i] = mean;
        v[i] = square;
        value.data -= (learningRate * (mean / correction1)) / (Math.sqrt(square / correction2) + eps);
        value.grad = 0;
      });
    });
  }
}
