import { type Optimizer, slotOf } from "./optimizer.ts";

/**
 * Gradient descent, with momentum if that is above 0: the slot `momentum` accumulates the gradients, multiplied by
 * `momentum` at each step. (Sutskever et al. 2013, proceedings.mlr.press/v28/sutskever13.html, in torch.optim.SGD's
 * form)
 */
export function sgd({ momentum }: { readonly momentum: number }): Optimizer {
  const plain = momentum === 0;
  return {
    name: "sgd",
    slots: plain ? [] : ["momentum"],
    rate: 1,
    elementwise: true,
    advance: (slots, g) => (plain ? {} : { momentum: slotOf(slots, "momentum").mul(momentum).add(g) }),
    move: (slots, g, { learningRate }) => (plain ? g : slotOf(slots, "momentum")).mul(learningRate),
  };
}
