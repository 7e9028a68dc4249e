/**
 * The parts of a GPT. The defaults are microgpt.py's; every other value is that of a well-known model. (GPT-2, Radford
 * et al. 2019; Llama, Touvron et al. 2023, arXiv:2302.13971; nanochat and modded-nanogpt)
 */

import { defaultsOf, type Help, type Settings } from "../util/setting.ts";

export const NORMS = ["rmsnorm", "layernorm"] as const;
export const MLPS = ["relu", "relu2", "gelu", "gelu_tanh", "swiglu"] as const;
export const POSITIONS = ["learned", "rope", "none"] as const;

/** Sizes and kind of a GPT, and its initial weights. Missing fields are those of microgpt.py. */
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

  /** Standard deviation of the initial weights. Default 0.08. */
  readonly initStd?: number;
  /** True if attn_wo and mlp_fc2 start at 0, so that each layer begins as the identity. Default false. */
  readonly zeroInit?: boolean;

  /** Default rmsnorm (arXiv:1910.07467); GPT-2 has layernorm (arXiv:1607.06450). */
  readonly norm?: (typeof NORMS)[number];
  /** True if each norm multiplies by learned gains. Default false. */
  readonly normGain?: boolean;
  /** True if add learned biases in linear layers and layernorm. Default false. */
  readonly bias?: boolean;
  /** Added to the mean square, or the variance, before the root. Default 1e-5. */
  readonly normEps?: number;

  /** The MLP's non-linearity, or its whole kind: swiglu (arXiv:2002.05202) has a third matrix. Default relu. */
  readonly mlp?: (typeof MLPS)[number];
  /** Units of the MLP. Default 0, for 4 nEmbd. */
  readonly nInner?: number;

  /** learned embeddings, or rotations of queries and keys (rope, arXiv:2104.09864). Default learned. */
  readonly positions?: (typeof POSITIONS)[number];
  /** The base of rope's wavelengths. Default 10,000. */
  readonly ropeTheta?: number;

  /** Heads of keys and values, each shared by equally many heads of queries (arXiv:2305.13245). Default 0, for nHead. */
  readonly nKvHead?: number;
  /** True if queries and keys are rmsnormed in each head (arXiv:2302.05442). Default false. */
  readonly qkNorm?: boolean;

  /** True if wte serves as lm_head too (arXiv:1608.05859). Default false. */
  readonly tied?: boolean;
  /** True if the embedding is normed, as in microgpt.py. Default true. */
  readonly embeddingNorm?: boolean;
  /** True if normalize the last layer's output, as in GPT-2 and Llama. Default false. */
  readonly finalNorm?: boolean;
  /** Logits are limited to ± this by a tanh, as in Gemma 2 (arXiv:2408.00118). Default 0, for no limit. */
  readonly logitSoftcap?: number;

  /** True if each layer adds an embedding of its own to the values, as in modded-nanogpt. Default false. */
  readonly valueEmbeddings?: boolean;
  /** True if scale each layer's input, and add the scaled embedding, as in modded-nanogpt. Default false. */
  readonly residualScales?: boolean;
}

/** A config with all of its fields. */
export type Architecture = Required<GPTConfig>;

/** All of it but the vocabulary, which the data decides. */
export type Model = Omit<Architecture, "vocabSize">;

export type Sizes = Pick<Model, "nLayer" | "nHead" | "nEmbd" | "blockSize">;

/** The rows of the sizes; a config has to give them. */
const SIZE_SETTINGS: Settings<Sizes> = {
  nLayer: { kind: "whole", min: 1, default: 1 },
  nHead: { kind: "whole", min: 1, default: 4 },
  nEmbd: { kind: "whole", min: 1, default: 16 },
  blockSize: { kind: "whole", min: 1, default: 16 },
};

/** The rows of everything that a config may leave out. */
const VARIANT_SETTINGS: Settings<Omit<Model, keyof Sizes>> = {
  initStd: { kind: "from", from: 0, default: 0.08 },
  zeroInit: { kind: "flag", default: false },
  norm: { kind: "word", words: NORMS, default: "rmsnorm", since: "0.6" },
  normGain: { kind: "flag", default: false, since: "0.6" },
  bias: { kind: "flag", default: false, since: "0.6" },
  normEps: { kind: "above", above: 0, default: 1e-5, since: "0.6" },
  mlp: {
    kind: "word",
    words: MLPS,
    default: "relu",
    since: "0.6",
    formerly: { name: "activation", values: { relu: "relu", reluSquared: "relu2" } },
  },
  nInner: { kind: "whole", min: 0, default: 0, since: "0.6" },
  positions: { kind: "word", words: POSITIONS, default: "learned", since: "0.6" },
  ropeTheta: { kind: "above", above: 0, default: 10_000, since: "0.6" },
  nKvHead: { kind: "whole", min: 0, default: 0, since: "0.6" },
  qkNorm: { kind: "flag", default: false, since: "0.6" },
  tied: { kind: "flag", default: false, since: "0.6" },
  embeddingNorm: { kind: "flag", default: true, since: "0.6" },
  finalNorm: { kind: "flag", default: false, since: "0.6" },
  logitSoftcap: { kind: "from", from: 0, default: 0, since: "0.6" },
  valueEmbeddings: { kind: "flag", default: false, since: "0.6" },
  residualScales: { kind: "flag", default: false, since: "0.6" },
};

/** All rows of a model. Their defaults are those of microgpt.py. */
export const MODEL_SETTINGS: Settings<Model> = { ...SIZE_SETTINGS, ...VARIANT_SETTINGS };

/** Their labels and lines of help. */
export const MODEL_HELP: Help<Model> = {
  nLayer: { section: "sizes", label: "Layers", words: "transformer layers" },
  nHead: { section: "sizes", label: "Heads", words: "attention heads, which must divide the channels" },
  nEmbd: { section: "sizes", label: "Channels", words: "channels" },
  blockSize: { section: "sizes", label: "Context (tokens)", words: "longest context, in tokens" },
  initStd: { section: "weights", label: "Standard deviation", words: "standard deviation of the initial weights" },
  zeroInit: { section: "weights", label: "Zero init", words: "attn_wo and mlp_fc2 start at 0" },
  norm: { section: "architecture", label: "Norm", words: "kind of norm: rmsnorm, or layernorm as in GPT-2" },
  normGain: { section: "architecture", label: "Norm gains", words: "multiply by learned gains in each norm" },
  bias: { section: "architecture", label: "Biases", words: "add learned biases in linear layers and layernorm" },
  normEps: {
    section: "architecture",
    label: "Norm epsilon",
    words: "epsilon of the norms, which prevents division by 0",
  },
  mlp: { section: "architecture", label: "MLP", words: `activation of the MLP: ${MLPS.join(", ")}` },
  nInner: { section: "architecture", label: "MLP units", words: "hidden units of the MLP, 0 for 4 times the channels" },
  positions: {
    section: "architecture",
    label: "Positions",
    words: "kind of positions: learned embeddings, rope (rotary) or none",
  },
  ropeTheta: { section: "architecture", label: "RoPE base", words: "base of rope's wavelengths" },
  nKvHead: {
    section: "architecture",
    label: "Key-value heads",
    words: "heads of keys and values, a divisor of the attention heads, 0 for as many",
  },
  qkNorm: { section: "architecture", label: "QK norm", words: "normalize queries and keys in each head" },
  tied: {
    section: "architecture",
    label: "Tied embeddings",
    words: "use the token embedding as the output matrix, too",
  },
  embeddingNorm: { section: "architecture", label: "Embedding norm", words: "normalize the embedding" },
  finalNorm: { section: "architecture", label: "Final norm", words: "normalize the last layer's output" },
  logitSoftcap: {
    section: "architecture",
    label: "Logit soft cap",
    words: "limit logits to this by a tanh, 0 for no limit",
  },
  valueEmbeddings: {
    section: "architecture",
    label: "Value embeddings",
    words: "add a token embedding to the values, one for each layer",
  },
  residualScales: {
    section: "architecture",
    label: "Residual scales",
    words: "scale each layer's input, and add the scaled embedding",
  },
};

/** The sizes of microgpt.py's model. */
export const SMALL: Sizes = /* @__PURE__ */ defaultsOf(SIZE_SETTINGS);
/** The rest of it. */
export const MICROGPT: Omit<Model, keyof Sizes> = /* @__PURE__ */ defaultsOf(VARIANT_SETTINGS);

/** The config with microgpt.py's value for each field that it leaves out. */
export function complete(config: GPTConfig): Architecture {
  return { ...MICROGPT, ...config };
}

/** D: channels of a head. */
export function headDim({ nEmbd, nHead }: GPTConfig): number {
  return nEmbd / nHead;
}

/** G: heads of keys and values. */
export function kvHeads({ nHead, nKvHead = 0 }: GPTConfig): number {
  return nKvHead === 0 ? nHead : nKvHead;
}

/** F: units of the MLP. */
export function innerSize({ nEmbd, nInner = 0 }: GPTConfig): number {
  return nInner === 0 ? 4 * nEmbd : nInner;
}
