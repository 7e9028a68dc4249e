import { type Optimizer, slotOf } from "./optimizer.ts";

export interface AdamSettings {
  /** Decay of the mean gradient. */
  readonly beta1: number;
  /** Decay of the mean squared gradient. */
  readonly beta2: number;
  /** Added to the root, so that nothing is divided by 0. */
  readonly eps: number;
}

/**
 * Adam with bias correction (Kingma and Ba 2015, arXiv:1412.6980). Its slots are running means: m of the gradient, v of
 * its square. With decoupled weight decay it is AdamW, with an L2 penalty the paper's Adam.
 */
export function adamW({ beta1, beta2, eps }: AdamSettings): Optimizer {
  return {
    name: "adamw",
    slots: ["m", "v"],
    rate: 1,
    elementwise: true,
    advance: (slots, g) => ({
      m: slotOf(slots, "m")
        .mul(beta1)
        .add(g.mul(1 - beta1)),
      v: slotOf(slots, "v")
        .mul(beta2)
        .add(g.mul(g).mul(1 - beta2)),
    }),
    move: (slots, _, at) => {
      const mean = slotOf(slots, "m").div(at.power(beta1).neg().add(1)); // m / (1 - beta1^t)
      const square = slotOf(slots, "v").div(at.power(beta2).neg().add(1));
      return mean.mul(at.learningRate).div(square.pow(0.5).add(eps));
    },
  };
}
