/**
 * The GPT, once, for every interpreter: GPT-2's transformer with RMSNorm instead of LayerNorm, no biases, and ReLU
 * (or its square) instead of GELU, as in Andrej Karpathy's microgpt.py.
 *
 * B batch, T time (tokens now), S time (all tokens so far), C channels (nEmbd), H heads, D channels of a head (C / H),
 * V vocabulary.
 */

import { attention, causalMask, linear, rmsnorm } from "../tensor/nn.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { MicrogptError } from "../util/errors.ts";
import type { GPTConfig, LayerDict, StateDict } from "./config.ts";
import type { KVCache } from "./kv-cache.ts";

/**
 * Logits for the token after each position: tokens (B, T) give (B, T, V). With a cache, the tokens continue those it
 * has seen, and it takes up their keys and values. Errors: more tokens than blockSize, an id outside the vocabulary.
 */
export function gpt<X extends Tensor<X>>(params: StateDict<X>, tokens: X, config: GPTConfig, cache?: KVCache<X>): X {
  const T = tokens.shape[1] ?? 1;
  const past = cache?.length ?? 0;
  if (past + T > config.blockSize) throw tooLong(past + T, config.blockSize);
  const mask = tokens.constant([T, past + T], causalMask(T, past + T));

  const tokenEmbedding = params.wte.embedding(tokens); // (B, T, C)
  const positionEmbedding = params.wpe.slice(0, past, past + T); // (T, C)
  let x = rmsnorm(tokenEmbedding.add(positionEmbedding));
  params.layers.forEach((layer, i) => {
    x = x.add(selfAttention(rmsnorm(x), layer, config, mask, (k, v) => cache?.append(i, k, v) ?? [k, v]));
    x = x.add(mlp(rmsnorm(x), layer, config));
  });
  return linear(x, params.lm_head); // (B, T, V)
}

function selfAttention<X extends Tensor<X>>(
  x: X, // (B, T, C)
  layer: LayerDict<X>,
  { nHead, nEmbd }: GPTConfig,
  mask: X, // (T, S)
  remember: (k: X, v: X) => readonly [k: X, v: X], // (B, H, T, D) to (B, H, S, D)
): X {
  const [B = 1, T = 1] = x.shape;
  const heads = (y: X): X => y.reshape(B, T, nHead, nEmbd / nHead).transpose(1, 2); // (B, T, C) to (B, H, T, D)
  const q = heads(linear(x, layer.attn_wq));
  const [k, v] = remember(heads(linear(x, layer.attn_wk)), heads(linear(x, layer.attn_wv)));
  const mixed = attention(q, k, v, mask); // (B, H, T, D)
  return linear(mixed.transpose(1, 2).reshape(B, T, nEmbd), layer.attn_wo); // (B, T, C)
}

function mlp<X extends Tensor<X>>(x: X, layer: LayerDict<X>, { activation }: GPTConfig): X {
  const hidden = linear(x, layer.mlp_fc1).relu(); // (B, T, 4C)
  return linear(activation === "relu" ? hidden : hidden.pow(2), layer.mlp_fc2); // (B, T, C)
}

function tooLong(length: number, blockSize: number): MicrogptError {
  const expected = `at most ${blockSize} tokens, the model's block_size`;
  return new MicrogptError({ operation: "gpt", expected, got: `${length}`, fix: "cut the beginning off" });
}
