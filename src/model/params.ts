/**
 * The table of parameters: every weight of a config, with its shape, its initial values, and its treatment by an
 * optimizer. Draws, counts, files and optimizers all read it. C channels (nEmbd), V vocabulary, T blockSize, H heads, G
 * heads of keys and values, D channels of a head, F units of the MLP.
 */

import { type Shape, sizeOf } from "../util/shape.ts";
import { type Architecture, complete, type GPTConfig, headDim, innerSize, kvHeads } from "./config.ts";

/**
 * The weights of a GPT, each a `T`. On disk `layers[0].attn_wq` is named `layer0.attn_wq`. Matrices are (out, in), as
 * in microgpt.py. An entry is absent if the config does not use it.
 */
export interface StateDict<T> extends OuterDict<T> {
  readonly layers: readonly LayerDict<T>[];
}

export interface OuterDict<T> {
  /** token embedding (V, C) */
  readonly wte: T;
  /** learned position embedding (T, C) */
  readonly wpe?: T;
  /** (V, C); absent if `tied`, where wte replaces it */
  readonly lm_head?: T;
  /** gain and bias of the norm after the embedding (C), like those of all norms */
  readonly embedding_norm_gain?: T;
  readonly embedding_norm_bias?: T;
  readonly final_norm_gain?: T;
  readonly final_norm_bias?: T;
}

export interface LayerDict<T> {
  /** (H D, C), where H D = C */
  readonly attn_wq: T;
  /** (G D, C), like attn_wv */
  readonly attn_wk: T;
  readonly attn_wv: T;
  /** (C, C) */
  readonly attn_wo: T;
  /** (F, C) */
  readonly mlp_fc1: T;
  /** (C, F) */
  readonly mlp_fc2: T;
  /** (F, C): SwiGLU's gate */
  readonly mlp_gate?: T;
  /** (V, G D): added to the values, by token */
  readonly value_embedding?: T;
  /** biases of the six matrices, as long as their outputs */
  readonly attn_wq_bias?: T;
  readonly attn_wk_bias?: T;
  readonly attn_wv_bias?: T;
  readonly attn_wo_bias?: T;
  readonly mlp_fc1_bias?: T;
  readonly mlp_fc2_bias?: T;
  readonly mlp_gate_bias?: T;
  readonly attn_norm_gain?: T;
  readonly attn_norm_bias?: T;
  readonly mlp_norm_gain?: T;
  readonly mlp_norm_bias?: T;
  /** gains of the norms of queries and keys (D) */
  readonly q_norm_gain?: T;
  readonly k_norm_gain?: T;
  /** one number each: the weight of the residual stream, and of the embedding, in the layer's input */
  readonly residual_scale?: T;
  readonly embedding_scale?: T;
}

/** A weight of the table. */
export interface Param {
  /** The name in files: `layer0.attn_wq`. */
  readonly name: string;
  readonly shape: Shape;
  /** Drawn from N(0, std²), or filled with one number. */
  readonly init: { readonly std: number } | { readonly fill: number };
  /** True if weight decay applies: to matrices and embeddings, not to gains, biases and scales. */
  readonly decays: boolean;
  /** Optimizers may treat the groups differently: Muon takes only the matrices. */
  readonly group: "matrix" | "embedding" | "head" | "vector";
}

type Row = Omit<Param, "name">;
type Rows<Dict> = { readonly [K in keyof Required<Dict>]: Row | undefined };

/** The rows outside the layers, in the order of draws. */
function outerRows(config: Architecture): Rows<OuterDict<unknown>> {
  const { vocabSize: V, nEmbd: C, blockSize: T, initStd, embeddingNorm, finalNorm } = config;
  const [gain, bias] = normRows(config, C);
  return {
    wte: { shape: [V, C], init: { std: initStd }, decays: true, group: "embedding" },
    wpe: when(config.positions === "learned", {
      shape: [T, C],
      init: { std: initStd },
      decays: true,
      group: "embedding",
    }),
    lm_head: when(!config.tied, { shape: [V, C], init: { std: initStd }, decays: true, group: "head" }),
    embedding_norm_gain: when(embeddingNorm, gain),
    embedding_norm_bias: when(embeddingNorm, bias),
    final_norm_gain: when(finalNorm, gain),
    final_norm_bias: when(finalNorm, bias),
  };
}

/** The rows of each layer. */
function layerRows(config: Architecture): Rows<LayerDict<unknown>> {
  const { vocabSize: V, nEmbd: C, initStd, zeroInit } = config;
  const [D, F] = [headDim(config), innerSize(config)];
  const kv = kvHeads(config) * D;
  const matrix = (...shape: number[]): Row => ({ shape, init: { std: initStd }, decays: true, group: "matrix" });
  // A matrix that writes into the residual stream. It draws even if it starts at 0, so that later ones are unchanged.
  const residual = (...shape: number[]): Row => ({ ...matrix(...shape), init: { std: zeroInit ? 0 : initStd } });
  const bias = (size: number): Row | undefined => when(config.bias, vector(size, 0));
  const [gain, normBias] = normRows(config, C);
  const headGain = when(config.qkNorm && config.normGain, vector(D, 1));
  const gated = config.mlp === "swiglu";
  return {
    attn_wq: matrix(C, C),
    attn_wk: matrix(kv, C),
    attn_wv: matrix(kv, C),
    attn_wo: residual(C, C),
    mlp_fc1: matrix(F, C),
    mlp_fc2: residual(C, F),
    mlp_gate: when(gated, matrix(F, C)),
    value_embedding: when(config.valueEmbeddings, { ...matrix(V, kv), group: "embedding" }),
    attn_wq_bias: bias(C),
    attn_wk_bias: bias(kv),
    attn_wv_bias: bias(kv),
    attn_wo_bias: bias(C),
    mlp_fc1_bias: bias(F),
    mlp_fc2_bias: bias(C),
    mlp_gate_bias: when(gated, bias(F)),
    attn_norm_gain: gain,
    attn_norm_bias: normBias,
    mlp_norm_gain: gain,
    mlp_norm_bias: normBias,
    q_norm_gain: headGain,
    k_norm_gain: headGain,
    residual_scale: when(config.residualScales, vector(1, 1)),
    embedding_scale: when(config.residualScales, vector(1, 0)),
  };
}

function normRows(
  { norm, normGain, bias }: Architecture,
  size: number,
): [gain: Row | undefined, bias: Row | undefined] {
  return [when(normGain, vector(size, 1)), when(bias && norm === "layernorm", vector(size, 0))];
}

function vector(size: number, fill: number): Row {
  return { shape: [size], init: { fill }, decays: false, group: "vector" };
}

function when<T>(condition: boolean, row: T): T | undefined {
  return condition ? row : undefined;
}

/** The weights of a config, in the order in which they are drawn and saved. */
export function paramTable(config: GPTConfig): Param[] {
  return namedParams(paramRows(config)).map(([name, row]) => ({ name, ...row }));
}

/** The shape of every weight. */
export function paramShapes(config: GPTConfig): StateDict<Shape> {
  return mapParams(paramRows(config), ({ shape }) => shape);
}

/** Number of weights, known without making any. */
export function countParams(config: GPTConfig): number {
  const { layers, ...outer } = paramRows({ ...config, nLayer: 1 });
  const total = (rows: object): number => Object.values(rows).reduce((sum, { shape }: Row) => sum + sizeOf(shape), 0);
  return total(outer) + config.nLayer * total(layers[0] ?? {});
}

/** Number of weights that each token is multiplied with: the layers' matrices, and the output matrix. */
export function countMultiplied(config: GPTConfig): number {
  const [layer] = paramRows({ ...config, nLayer: 1 }).layers;
  const matrices = Object.values(layer ?? {}).filter(({ group }: Row) => group === "matrix");
  const perLayer = matrices.reduce((sum, { shape }: Row) => sum + sizeOf(shape), 0);
  return config.nLayer * perLayer + config.vocabSize * config.nEmbd;
}

/** The table in the shape of a state dict. */
export function paramRows(config: GPTConfig): StateDict<Row> {
  const all = complete(config);
  const [outer, layer] = [present(outerRows(all)), present(layerRows(all))];
  return { ...outer, layers: Array.from({ length: config.nLayer }, () => layer) } as unknown as StateDict<Row>;
}

function present(rows: Readonly<Record<string, Row | undefined>>): Record<string, Row> {
  return Object.fromEntries(Object.entries(rows).filter((entry): entry is [string, Row] => entry[1] !== undefined));
}

const SMALLEST: Architecture = /* @__PURE__ */ complete({ vocabSize: 2, nLayer: 1, nHead: 1, nEmbd: 1, blockSize: 1 });
const OUTER_NAMES = /* @__PURE__ */ Object.keys(/* @__PURE__ */ outerRows(SMALLEST));
const LAYER_NAMES = /* @__PURE__ */ Object.keys(/* @__PURE__ */ layerRows(SMALLEST));

/** A state dict with each entry replaced by `f(entry, name)`, called in the order of the table. */
export function mapParams<T, U>(params: StateDict<T>, f: (value: T, name: string) => U): StateDict<U> {
  const { layers, ...outer } = params;
  const mapped = (dict: object, names: readonly string[], prefix: string): Record<string, U> => {
    const entries = new Map<string, T>(Object.entries(dict));
    const result: Record<string, U> = {};
    for (const name of names) {
      const value = entries.get(name);
      if (value !== undefined) result[name] = f(value, prefix + name);
    }
    return result;
  };
  const result = mapped(outer, OUTER_NAMES, "");
  return {
    ...result,
    layers: layers.map((layer, i) => mapped(layer, LAYER_NAMES, `layer${i}.`)),
  } as unknown as StateDict<U>;
}

/** The entries as pairs of name and value, in the order of the table. */
export function namedParams<T>(params: StateDict<T>): [name: string, value: T][] {
  const pairs: [string, T][] = [];
  mapParams(params, (value, name) => pairs.push([name, value]));
  return pairs;
}
