import { checkInteger, checkObject, checkOneOf } from "../util/checks.ts";
import { type ErrorCode, type MicrogptError, mistake, show } from "../util/errors.ts";
import type { Shape } from "../util/shape.ts";
import { sizeOf } from "../util/shape.ts";
import { say, set, type Words } from "../util/words.ts";

export const ACTIVATIONS = ["relu", "reluSquared"] as const;

/** What decides the shape of a GPT and its first weights. */
export interface GPTConfig {
  /** Number of tokens, BOS included. */
  readonly vocabSize: number;
  /** Transformer layers. */
  readonly nLayer: number;
  /** Attention heads in each layer; must divide nEmbd. */
  readonly nHead: number;
  /** Channels of the residual stream. */
  readonly nEmbd: number;
  /** Longest context, in tokens. */
  readonly blockSize: number;
  /** Between the MLP's two halves: max(0, x) or its square. */
  readonly activation: (typeof ACTIVATIONS)[number];
  /** Standard deviation of the initial weights. */
  readonly initStd: number;
  /** Whether attn_wo and mlp_fc2 start at 0, so that each layer begins as the identity. */
  readonly zeroInit: boolean;
}

/**
 * The weights of a GPT, each a `T`, in the order in which they are drawn and saved. On disk `layers[0].attn_wq` is
 * called `layer0.attn_wq`. Every matrix is (out, in), as in microgpt.py.
 */
export interface StateDict<T> {
  /** token embedding (V, C) */
  readonly wte: T;
  /** position embedding (blockSize, C) */
  readonly wpe: T;
  /** (V, C) */
  readonly lm_head: T;
  readonly layers: readonly LayerDict<T>[];
}

export interface LayerDict<T> {
  /** (C, C), as are the next three */
  readonly attn_wq: T;
  readonly attn_wk: T;
  readonly attn_wv: T;
  readonly attn_wo: T;
  /** (4C, C) */
  readonly mlp_fc1: T;
  /** (C, 4C) */
  readonly mlp_fc2: T;
}

/** 2^27: more than GPT-2 small has, and as many entries as a JavaScript array holds. */
const MAX_PARAMS = 134_217_728;

/**
 * Passes a config on if every field is in its range. Errors: a size that is not a positive whole number, heads that
 * do not divide nEmbd, more parameters than any engine could hold.
 */
export function checkConfig(config: GPTConfig): GPTConfig {
  checkObject("config", "a config", config);
  const size = (name: string, value: number, min = 1): number => checkInteger("config", name, value, { min });
  size("vocabSize", config.vocabSize, 2);
  size("nLayer", config.nLayer);
  size("nHead", config.nHead);
  size("nEmbd", config.nEmbd);
  size("blockSize", config.blockSize);
  checkOneOf("config", "activation", config.activation, ACTIVATIONS);
  if (!(Number.isFinite(config.initStd) && config.initStd >= 0)) {
    throw complaint(
      "range",
      say`${set("initStd")} to be a finite number, 0 or more`,
      show(config.initStd),
      "give such a number",
    );
  }
  if (typeof config.zeroInit !== "boolean") {
    throw complaint("type", say`${set("zeroInit")} to be true or false`, show(config.zeroInit), "give one of them");
  }
  if (config.nEmbd % config.nHead !== 0) {
    const heads = [...Array(Math.min(config.nEmbd, 1024)).keys()]
      .map((i) => i + 1)
      .filter((n) => config.nEmbd % n === 0);
    const got = say`${set("nEmbd", config.nEmbd)} and ${set("nHead", config.nHead)}`;
    throw complaint(
      "conflict",
      say`${set("nEmbd")} to be a multiple of ${set("nHead")}`,
      got,
      say`use ${heads.slice(0, 8).join(", ")} for ${set("nHead")}, for instance`,
    );
  }
  const params = countParams(config);
  if (params > MAX_PARAMS) {
    const got = `${params.toLocaleString("en")}`;
    throw complaint(
      "range",
      `at most ${MAX_PARAMS.toLocaleString("en")} parameters`,
      got,
      say`lower ${set("nEmbd")}, ${set("nLayer")} or ${set("blockSize")}`,
    );
  }
  return config;
}

/** Passes the length of a document on if the context holds it. Errors: more tokens than blockSize. */
export function checkLength(length: number, { blockSize }: GPTConfig): number {
  if (length <= blockSize) return length;
  const expected = say`at most ${blockSize} tokens, the model's ${set("blockSize")}`;
  throw mistake("length", "gpt", expected, `${length}`, "cut the beginning off");
}

/** Number of weights, known without making any. */
export function countParams(config: GPTConfig): number {
  const { layers, ...outer } = paramShapes({ ...config, nLayer: 1 });
  const total = (shapes: object): number => Object.values(shapes).reduce((sum, shape: Shape) => sum + sizeOf(shape), 0);
  return total(outer) + config.nLayer * total(layers[0] ?? {});
}

/** The shape of every weight. */
export function paramShapes({ vocabSize: V, nEmbd: C, blockSize, nLayer }: GPTConfig): StateDict<Shape> {
  const layer: LayerDict<Shape> = {
    attn_wq: [C, C],
    attn_wk: [C, C],
    attn_wv: [C, C],
    attn_wo: [C, C],
    mlp_fc1: [4 * C, C],
    mlp_fc2: [C, 4 * C],
  };
  return { wte: [V, C], wpe: [blockSize, C], lm_head: [V, C], layers: Array.from({ length: nLayer }, () => layer) };
}

/** A state dict with each entry replaced by `f(entry, name)`, called in the documented order. */
export function mapParams<T, U>(params: StateDict<T>, f: (value: T, name: string) => U): StateDict<U> {
  return {
    wte: f(params.wte, "wte"),
    wpe: f(params.wpe, "wpe"),
    lm_head: f(params.lm_head, "lm_head"),
    layers: params.layers.map((layer, i) => ({
      attn_wq: f(layer.attn_wq, `layer${i}.attn_wq`),
      attn_wk: f(layer.attn_wk, `layer${i}.attn_wk`),
      attn_wv: f(layer.attn_wv, `layer${i}.attn_wv`),
      attn_wo: f(layer.attn_wo, `layer${i}.attn_wo`),
      mlp_fc1: f(layer.mlp_fc1, `layer${i}.mlp_fc1`),
      mlp_fc2: f(layer.mlp_fc2, `layer${i}.mlp_fc2`),
    })),
  };
}

/** The entries as pairs of name and value, in the documented order. */
export function namedParams<T>(params: StateDict<T>): [name: string, value: T][] {
  const pairs: [string, T][] = [];
  mapParams(params, (value, name) => pairs.push([name, value]));
  return pairs;
}

function complaint(code: ErrorCode, expected: Words, got: Words, fix: Words): MicrogptError {
  return mistake(code, "config", expected, got, fix);
}
