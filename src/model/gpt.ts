/**
 * The GPT, once, for every interpreter: Andrej Karpathy's microgpt.py, which is GPT-2's transformer with RMSNorm
 * instead of LayerNorm, no biases, and ReLU instead of GELU; and the variants of a config (config.ts).
 *
 * Its tokens are one list of rows, whatever documents they belong to: only attention combines rows, and a `Context`
 * limits its range. R rows (tokens), S visible rows, C channels (nEmbd), H heads, G heads of keys and values, D
 * channels of a head (C / H), F units of the MLP, V vocabulary.
 */

import { activations } from "../tensor/activations.ts";
import { knownSize } from "../tensor/fit.ts";
import { layernorm, linear, rmsnorm } from "../tensor/nn.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cappedLogits } from "../tensor/vocabulary.ts";
import { type Architecture, complete, type GPTConfig, headDim } from "./config.ts";
import type { LayerDict, StateDict } from "./params.ts";
import { rotate, rotations } from "./rope.ts";

/** Points in a layer that can be watched. */
type LayerPoint =
  | "attn_norm" // (R, C) the input of attention
  | "q" // (R, H, D)
  | "k" // (R, G, D) of these tokens, without those remembered
  | "v" // (R, G, D)
  | "heads" // (R, H, D) what each head has gathered, before attn_wo
  | "attn" // (R, C) the residual stream after attention
  | "mlp_norm" // (R, C) the input of the MLP
  | "hidden" // (R, F) after the non-linearity
  | "mlp"; // (R, C) the residual stream after the MLP

/** All points that can be watched: also the input of the layers (R, C), and the result (R, V). */
export type WatchPoint = "embedding" | `layer${number}.${LayerPoint}` | "logits";

/** The positions of the R tokens, and the rows they may see. */
export interface Context<X> {
  /** (R) each token's place in its document, from 0 */
  readonly positions: X;
  /** (R) the first row of keys that the token may see */
  readonly starts: X;
  /** (R) one past the last */
  readonly ends: X;
  /** Takes a layer's new keys and values (R, G, D) and returns all there are (S, G, D). Default: the new ones. */
  remember?(layer: number, k: X, v: X): readonly [k: X, v: X];
  /**
   * Applied in training to the embedding and to what each half of a layer adds (R, C): nanoGPT's dropout, except for that
   * of the attention weights, which no engine writes down. Default: nothing.
   */
  drop?(x: X): X;
  /** Called at each point, in order; its result is used instead: a hook, as in TransformerLens. Default: none. */
  watch?(point: WatchPoint, x: X): X;
}

/**
 * Logits for the token after each row: tokens (R) give (R, V). Errors: an id outside the vocabulary, a position outside
 * the model's context.
 */
export function gpt<X extends Tensor<X>>(params: StateDict<X>, tokens: X, context: Context<X>, given: GPTConfig): X {
  const config = complete(given);
  const logits = unembed(residualStream(params, tokens, context, config), params, config); // (R, V)
  return context.watch?.("logits", logits) ?? logits;
}

/** The residual stream (R, C) after the last layer. */
export function residualStream<X extends Tensor<X>>(
  params: StateDict<X>,
  tokens: X,
  context: Context<X>,
  config: Architecture,
): X {
  const { wte, wpe } = params;
  const drop = (y: X): X => context.drop?.(y) ?? y;
  const watch = (point: WatchPoint, y: X): X => context.watch?.(point, y) ?? y;

  let x = wte.embedding(tokens); // (R, C)
  if (wpe !== undefined) x = x.add(wpe.embedding(context.positions));
  if (config.embeddingNorm) x = norm(x, config, params.embedding_norm_gain, params.embedding_norm_bias);
  x = watch("embedding", drop(x));

  const embedding = x;
  params.layers.forEach((layer, i) => {
    const { residual_scale, embedding_scale } = layer;
    const at = (point: LayerPoint, y: X): X => watch(`layer${i}.${point}`, y);
    if (residual_scale && embedding_scale) x = x.mul(residual_scale).add(embedding.mul(embedding_scale));
    const forAttention = at("attn_norm", norm(x, config, layer.attn_norm_gain, layer.attn_norm_bias));
    x = at("attn", x.add(drop(selfAttention(forAttention, tokens, i, layer, at, context, config))));
    const forMLP = at("mlp_norm", norm(x, config, layer.mlp_norm_gain, layer.mlp_norm_bias));
    x = at("mlp", x.add(drop(mlp(forMLP, layer, at, config))));
  });
  return x;
}

/** Logits (R, V) from the residual stream (R, C) after the last layer, or after an earlier one (the logit lens). */
export function unembed<X extends Tensor<X>>(x: X, params: StateDict<X>, config: Architecture): X {
  return cappedLogits(finalNorm(x, params, config), params.lm_head ?? params.wte, config.logitSoftcap);
}

/** The rows (R, C) whose products with those of lm_head are the logits. */
export function finalNorm<X extends Tensor<X>>(x: X, params: StateDict<X>, config: Architecture): X {
  return config.finalNorm ? norm(x, config, params.final_norm_gain, params.final_norm_bias) : x;
}

type Watch<X> = (point: LayerPoint, x: X) => X;

function norm<X extends Tensor<X>>(x: X, { norm, normEps }: Architecture, gain?: X, bias?: X): X {
  return norm === "rmsnorm" ? rmsnorm(x, normEps, gain) : layernorm(x, normEps, gain, bias);
}

function selfAttention<X extends Tensor<X>>(
  x: X, // (R, C)
  tokens: X, // (R)
  i: number,
  layer: LayerDict<X>,
  at: Watch<X>,
  context: Context<X>,
  config: Architecture,
): X {
  const heads = (y: X): X => y.reshape(-1, knownSize("gpt", y.shape, -1) / headDim(config), headDim(config)); // to (R, H or G, D)
  let q = heads(linear(x, layer.attn_wq, layer.attn_wq_bias));
  let newK = heads(linear(x, layer.attn_wk, layer.attn_wk_bias));
  let newV = linear(x, layer.attn_wv, layer.attn_wv_bias);
  if (layer.value_embedding !== undefined) newV = newV.add(layer.value_embedding.embedding(tokens));
  if (config.qkNorm)
    [q, newK] = [rmsnorm(q, config.normEps, layer.q_norm_gain), rmsnorm(newK, config.normEps, layer.k_norm_gain)];
  if (config.positions === "rope") {
    const [cos, sin] = rotations(context.positions, config);
    [q, newK] = [rotate(q, cos, sin), rotate(newK, cos, sin)];
  }
  [q, newK, newV] = [at("q", q), at("k", newK), at("v", heads(newV))];
  const [k, v] = context.remember?.(i, newK, newV) ?? [newK, newV]; // (S, G, D)
  const mixed = at("heads", q.attention(k, v, context.starts, context.ends)); // (R, H, D)
  return linear(mixed.reshape(-1, config.nEmbd), layer.attn_wo, layer.attn_wo_bias); // (R, C)
}

function mlp<X extends Tensor<X>>(x: X, layer: LayerDict<X>, at: Watch<X>, config: Architecture): X {
  const active = activations[config.mlp](linear(x, layer.mlp_fc1, layer.mlp_fc1_bias)); // (R, F)
  const gate = layer.mlp_gate && linear(x, layer.mlp_gate, layer.mlp_gate_bias);
  const hidden = at("hidden", gate === undefined ? active : active.mul(gate));
  return linear(hidden, layer.mlp_fc2, layer.mlp_fc2_bias); // (R, C)
}
