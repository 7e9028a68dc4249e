/**
 * The parts of a GPT. The defaults are microgpt.py's; every other value is that of a well-known model. (GPT-2, Radford
 * et al. 2019; Llama, Touvron et al. 2023, arXiv:2302.13971; nanochat and modded-nanogpt)
 */

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
  /** True if linear layers, and layernorm, add learned biases. Default false. */
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
  /** True if the last layer's output is normed, as in GPT-2 and Llama. Default false. */
  readonly finalNorm?: boolean;
  /** Logits are limited to ± this by a tanh, as in Gemma 2 (arXiv:2408.00118). Default 0, for no limit. */
  readonly logitSoftcap?: number;

  /** True if each layer adds an embedding of its own to the values, as in modded-nanogpt. Default false. */
  readonly valueEmbeddings?: boolean;
  /** True if each layer scales its input, and adds the embedding scaled, as in modded-nanogpt. Default false. */
  readonly residualScales?: boolean;
}

/** A config with all of its fields. */
export type Architecture = Required<GPTConfig>;

export const MICROGPT: Omit<Architecture, "vocabSize" | "nLayer" | "nHead" | "nEmbd" | "blockSize"> = {
  initStd: 0.08,
  zeroInit: false,
  norm: "rmsnorm",
  normGain: false,
  bias: false,
  normEps: 1e-5,
  mlp: "relu",
  nInner: 0,
  positions: "learned",
  ropeTheta: 10_000,
  nKvHead: 0,
  qkNorm: false,
  tied: false,
  embeddingNorm: true,
  finalNorm: false,
  logitSoftcap: 0,
  valueEmbeddings: false,
  residualScales: false,
};

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
