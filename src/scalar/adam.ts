import { mapParams, namedParams, type StateDict } from "../model/params.ts";
import { pow } from "../util/math.ts";
import type { ScalarTensor } from "./scalar-tensor.ts";

export interface AdamOptions {
  /** Decay of the mean gradient. Default 0.85, as in microgpt.py. */
  readonly beta1?: number;
  /** Decay of the mean squared gradient. Default 0.99. */
  readonly beta2?: number;
  /** Added to the root, so that nothing is divided by 0. Default 1e-8. */
  readonly eps?: number;
  /** Decoupled weight decay: each weight loses this share of the learning rate at a step. Default 0. */
  readonly weightDecay?: number;
  /** The gradient's norm is held to this. Default 0, for no limit. */
  readonly gradClip?: number;
}

/** The state of Adam: for each weight the running means of its gradient (m) and of its square (v). */
export interface AdamState {
  readonly m: StateDict<Float64Array>;
  readonly v: StateDict<Float64Array>;
  /** Steps taken. */
  readonly steps: number;
}

/**
 * Adam with bias correction (Kingma and Ba 2015, arXiv:1412.6980), with decoupled weight decay on request, which makes
 * it AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101).
 */
export class Adam {
  readonly #params: StateDict<ScalarTensor>;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #eps: number;
  readonly #weightDecay: number;
  readonly #gradClip: number;
  readonly #m: StateDict<Float64Array>;
  readonly #v: StateDict<Float64Array>;
  #steps: number;

  /** Starts from nothing, or from a state that it then owns. */
  constructor(params: StateDict<ScalarTensor>, options: AdamOptions = {}, state?: AdamState) {
    const { beta1 = 0.85, beta2 = 0.99, eps = 1e-8, weightDecay = 0, gradClip = 0 } = options;
    this.#params = params;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#eps = eps;
    this.#weightDecay = weightDecay;
    this.#gradClip = gradClip;
    this.#m = state?.m ?? mapParams(params, ({ values }) => new Float64Array(values.length));
    this.#v = state?.v ?? mapParams(params, ({ values }) => new Float64Array(values.length));
    this.#steps = state?.steps ?? 0;
  }

  get state(): AdamState {
    return { m: this.#m, v: this.#v, steps: this.#steps };
  }

  /** Moves every weight against its gradient, then sets the gradients to 0. Clipping must know the gradient's norm. */
  step(learningRate: number, gradNorm = 0): void {
    const scale = this.#gradClip === 0 ? 1 : Math.min(1, this.#gradClip / (gradNorm + 1e-6));
    const kept = 1 - learningRate * this.#weightDecay;
    const [beta1, beta2, eps] = [this.#beta1, this.#beta2, this.#eps];
    this.#steps++;
    const correction1 = 1 - pow(beta1, this.#steps);
    const correction2 = 1 - pow(beta2, this.#steps);
    const ms = namedParams(this.#m);
    const vs = namedParams(this.#v);
    namedParams(this.#params).forEach(([, { values }], p) => {
      const m = ms[p]?.[1] as Float64Array;
      const v = vs[p]?.[1] as Float64Array;
      values.forEach((value, i) => {
        const grad = value.grad * scale;
        const mean = beta1 * (m[i] as number) + (1 - beta1) * grad;
        const square = beta2 * (v[i] as number) + (1 - beta2) * (grad * grad);
        m[i] = mean;
        v[i] = square;
        const update = (learningRate * (mean / correction1)) / (Math.sqrt(square / correction2) + eps);
        value.data = value.data * kept - update;
        value.grad = 0;
      });
    });
  }
}
