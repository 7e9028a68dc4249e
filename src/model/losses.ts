import { crossEntropy } from "../tensor/nn.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { linearCrossEntropy } from "../tensor/vocabulary.ts";
import { complete, type GPTConfig } from "./config.ts";
import { type Context, finalNorm, gpt, residualStream } from "./gpt.ts";
import type { StateDict } from "./params.ts";

/** From here on the logits of a step take more memory than its layers, and are not held whole. */
export const LARGE_VOCABULARY = 8192;

/**
 * The loss (R) of each of the tokens (R) on its target (R), in nats. A large vocabulary's logits are computed in chunks,
 * and "logits" cannot be watched then.
 */
export function losses<X extends Tensor<X>>(
  params: StateDict<X>,
  tokens: X,
  targets: X,
  context: Context<X>,
  given: GPTConfig,
): X {
  const config = complete(given);
  if (config.vocabSize < LARGE_VOCABULARY) return crossEntropy(gpt(params, tokens, context, config), targets);
  const x = finalNorm(residualStream(params, tokens, context, config), params, config);
  return linearCrossEntropy(x, params.lm_head ?? params.wte, targets, config.logitSoftcap);
}
