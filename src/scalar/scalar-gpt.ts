import { checkConfig, checkLength } from "../model/check-config.ts";
import type { GPTConfig } from "../model/config.ts";
import { type Context, gpt } from "../model/gpt.ts";
import { initParams } from "../model/init.ts";
import { KVCache } from "../model/kv-cache.ts";
import { losses } from "../model/losses.ts";
import { type Packed, pack } from "../model/pack.ts";
import type { StateDict } from "../model/params.ts";
import type { Random } from "../util/random.ts";
import { checkMemory } from "./memory.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import type { Value } from "./value.ts";

/** A GPT whose every weight is a `Value`: the readable engine, exact to the last bits of float64. */
export class ScalarGPT {
  readonly config: GPTConfig;
  readonly params: StateDict<ScalarTensor>;

  constructor(config: GPTConfig, params: StateDict<ScalarTensor>) {
    this.config = config;
    this.params = params;
  }

  /** A GPT with fresh weights drawn from `random`. Errors: a config out of range or too large for the memory. */
  static init(config: GPTConfig, random: Random): ScalarGPT {
    checkMemory(checkConfig(config));
    return new ScalarGPT(config, initParams(config, random, ScalarTensor.from));
  }

  /**
   * The mean loss (nats per token) of predicting each token of a document, or of several, from those before it, as the
   * root of its graph. Tokens beyond blockSize are ignored. Errors: no document, one of fewer than two tokens, an id
   * outside the vocabulary.
   */
  loss(...documents: readonly (readonly number[])[]): Value {
    return this.losses(pack(documents, this.config.blockSize)).mean(0).item();
  }

  /** The loss of each row of packed documents (R), with `drop` and `watch` of a Context. Errors: those of `loss`. */
  losses(
    { tokens, targets, positions, starts, ends }: Packed,
    options: Pick<Context<ScalarTensor>, "drop" | "watch"> = {},
  ): ScalarTensor {
    const context = { ...options, positions: vector(positions), starts: vector(starts), ends: vector(ends) };
    return losses(this.params, vector(tokens), vector(targets), context, this.config);
  }

  /**
   * Begins a document: each call takes the next token and returns the logits (V) after it. Errors: more tokens than
   * blockSize, an id outside the vocabulary.
   */
  decoder(): (token: number) => Float64Array {
    const cache = new KVCache<ScalarTensor>();
    return (token) => {
      const length = checkLength(cache.length + 1, this.config);
      const context: Context<ScalarTensor> = {
        positions: vector([length - 1]),
        starts: vector([0]),
        ends: vector([length]),
        remember: (layer, k, v) => cache.remember(layer, k, v),
      };
      return gpt(this.params, vector([token]), context, this.config).data();
    };
  }
}

function vector(numbers: readonly number[]): ScalarTensor {
  return ScalarTensor.from([numbers.length], numbers);
}
