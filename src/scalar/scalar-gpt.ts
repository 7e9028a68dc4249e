import { checkConfig, type GPTConfig, type StateDict } from "../model/config.ts";
import { gpt } from "../model/gpt.ts";
import { initParams } from "../model/init.ts";
import { KVCache } from "../model/kv-cache.ts";
import { crossEntropy } from "../tensor/nn.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Random } from "../util/random.ts";
import { checkMemory } from "./memory.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import type { Value } from "./value.ts";

/** A GPT whose every weight is a `Value`: the readable engine, exact to the last bits of float64. */
export class GPT {
  readonly config: GPTConfig;
  readonly params: StateDict<ScalarTensor>;

  constructor(config: GPTConfig, params: StateDict<ScalarTensor>) {
    this.config = config;
    this.params = params;
  }

  /** A GPT with fresh weights drawn from `random`. Errors: a config out of range or too large for the memory. */
  static init(config: GPTConfig, random: Random): GPT {
    checkMemory(checkConfig(config));
    return new GPT(config, initParams(config, random, ScalarTensor.from));
  }

  /**
   * The mean loss (nats a token) of predicting each token of a document from those before it, as the root of the graph
   * that made it. What is beyond blockSize is left out. Errors: fewer than two tokens, an id outside the vocabulary.
   */
  loss(tokens: readonly number[]): Value {
    const T = Math.min(this.config.blockSize, tokens.length - 1);
    if (T < 1) {
      const got = `${tokens.length}`;
      throw new MicrogptError({ operation: "loss", expected: "at least 2 tokens", got, fix: "add BOS at both ends" });
    }
    const inputs = ScalarTensor.from([1, T], tokens.slice(0, T));
    const targets = ScalarTensor.from([1, T], tokens.slice(1, T + 1));
    return crossEntropy(gpt(this.params, inputs, this.config), targets).item();
  }

  /** Begins a sequence of at most blockSize tokens: each call takes the next one and gives the logits (V) after it. */
  decoder(): (token: number) => Float64Array {
    const cache = new KVCache<ScalarTensor>();
    return (token) => gpt(this.params, ScalarTensor.from([1, 1], [token]), this.config, cache).data();
  }
}
