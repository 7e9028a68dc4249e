/**
 * The GPT, once, for every interpreter: GPT-2's transformer with RMSNorm instead of LayerNorm, no biases, and ReLU
 * (or its square) instead of GELU, as in Andrej Karpathy's microgpt.py.
 *
 * Its tokens are one list of rows, whatever documents they are of: only attention looks from one row to another, and
 * a `Context` says how far. R rows (tokens), S rows that may be seen, C channels (nEmbd), H heads, D channels of a
 * head (C / H), V vocabulary.
 */

import { linear, rmsnorm } from "../tensor/nn.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { GPTConfig, LayerDict, StateDict } from "./config.ts";

/** What can be watched in a layer. */
type LayerPoint =
  | "attn_norm" // (R, C) what attention is given
  | "q" // (R, H, D), as are the next three
  | "k" // of these tokens, without those remembered
  | "v"
  | "heads" // what each head has gathered, before attn_wo
  | "attn" // (R, C) the residual stream after attention
  | "mlp_norm" // (R, C) what the MLP is given
  | "hidden" // (R, 4C) after the activation
  | "mlp"; // (R, C) the residual stream after the MLP

/** What can be watched: also what the layers are given (R, C), and what comes out in the end (R, V). */
export type WatchPoint = "embedding" | `layer${number}.${LayerPoint}` | "logits";

/** Where the R tokens stand and what they may see. */
export interface Context<X> {
  /** (R) each token's place in its document, from 0 */
  readonly positions: X;
  /** (R) the first row of keys that the token may see */
  readonly starts: X;
  /** (R) one past the last */
  readonly ends: X;
  /** Takes up a layer's new keys and values (R, H, D) and gives all there are (S, H, D). Default: the new ones. */
  remember?(layer: number, k: X, v: X): readonly [k: X, v: X];
  /**
   * What is done in training to the embedding and to what each half of a layer adds (R, C): nanoGPT's dropout, but for
   * that of the attention's weights, which an engine never writes down. Default: nothing.
   */
  drop?(x: X): X;
  /**
   * Is told of each point, in the order in which they come about, and answers with what goes on in its place: a hook
   * point, as in TransformerLens. Default: what it is told.
   */
  watch?(point: WatchPoint, x: X): X;
}

/**
 * Logits for the token after each row: tokens (R) give (R, V). Errors: an id outside the vocabulary, a position outside
 * the model's context.
 */
export function gpt<X extends Tensor<X>>(params: StateDict<X>, tokens: X, context: Context<X>, config: GPTConfig): X {
  const tokenEmbedding = params.wte.embedding(tokens); // (R, C)
  const positionEmbedding = params.wpe.embedding(context.positions); // (R, C)
  const drop = (y: X): X => context.drop?.(y) ?? y;
  const watch = (point: WatchPoint, y: X): X => context.watch?.(point, y) ?? y;
  let x = watch("embedding", drop(rmsnorm(tokenEmbedding.add(positionEmbedding))));
  params.layers.forEach((layer, i) => {
    const at = (point: LayerPoint, y: X): X => watch(`layer${i}.${point}`, y);
    x = at("attn", x.add(drop(selfAttention(at("attn_norm", rmsnorm(x)), i, layer, at, context, config))));
    x = at("mlp", x.add(drop(mlp(at("mlp_norm", rmsnorm(x)), layer, at, config))));
  });
  return watch("logits", linear(x, params.lm_head)); // (R, V)
}

type Watch<X> = (point: LayerPoint, x: X) => X;

function selfAttention<X extends Tensor<X>>(
  x: X, // (R, C)
  i: number,
  layer: LayerDict<X>,
  at: Watch<X>,
  context: Context<X>,
  { nHead, nEmbd }: GPTConfig,
): X {
  const heads = (y: X): X => y.reshape(-1, nHead, nEmbd / nHead); // (R, C) to (R, H, D)
  const q = at("q", heads(linear(x, layer.attn_wq)));
  const newK = at("k", heads(linear(x, layer.attn_wk)));
  const newV = at("v", heads(linear(x, layer.attn_wv)));
  const [k, v] = context.remember?.(i, newK, newV) ?? [newK, newV]; // (S, H, D)
  const mixed = at("heads", q.attention(k, v, context.starts, context.ends)); // (R, H, D)
  return linear(mixed.reshape(-1, nEmbd), layer.attn_wo); // (R, C)
}

function mlp<X extends Tensor<X>>(x: X, layer: LayerDict<X>, at: Watch<X>, { activation }: GPTConfig): X {
  const positive = linear(x, layer.mlp_fc1).relu(); // (R, 4C)
  const hidden = at("hidden", activation === "relu" ? positive : positive.pow(2));
  return linear(hidden, layer.mlp_fc2); // (R, C)
}
