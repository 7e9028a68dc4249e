/**
 * The lines of the library's source that compute a tensor or a node. Found by their text instead of their numbers, so
 * that they stay correct.
 */

import type { Operation } from "microgpt/value";
import gpt from "../../../../src/model/gpt.ts?raw";
import scalarGPT from "../../../../src/scalar/scalar-gpt.ts?raw";
import value from "../../../../src/scalar/value.ts?raw";
import nn from "../../../../src/tensor/nn.ts?raw";

const FILES = {
  "src/model/gpt.ts": gpt,
  "src/tensor/nn.ts": nn,
  "src/scalar/value.ts": value,
  "src/scalar/scalar-gpt.ts": scalarGPT,
} as const;

/** A number of lines of a file, starting at the one that begins with `text` (after its indentation). */
export interface SourcePlace {
  readonly file: keyof typeof FILES;
  readonly text: string;
  readonly lines: number;
}

/** An excerpt of a file: the relevant lines with their context. */
export interface SourceExcerpt {
  readonly file: string;
  readonly lines: readonly { readonly number: number; readonly text: string; readonly marked: boolean }[];
}

/** Lines of context before and after. */
const AROUND = 2;

/** Errors: no line begins with the text, which is a bug of ours that a test finds. */
export function excerptOf({ file, text, lines: count }: SourcePlace): SourceExcerpt {
  const lines = FILES[file].split("\n");
  const first = lines.findIndex((line) => line.trimStart().startsWith(text));
  if (first < 0) throw new Error(`internal: no line of ${file} begins with ${text}`);
  const from = Math.max(0, first - AROUND);
  const shown = lines.slice(from, first + count + AROUND);
  const indent = Math.min(...shown.filter((line) => line !== "").map((line) => line.length - line.trimStart().length));
  return {
    file,
    lines: shown.map((line, i) => ({
      number: from + i + 1,
      text: line.slice(indent),
      marked: from + i >= first && from + i < first + count,
    })),
  };
}

/** The source of a tensor or of a group in the diagram: the model's own line first, then the layer it calls. */
export function sourcesOfTensor(name: string): readonly SourcePlace[] {
  return TENSORS[name.replace(/^layer\d+\./, "layer.").replace(/^layer\d+$/, "layer")] ?? [];
}

/** The method of Value, or other code, that makes such a node. */
export function sourceOfOperation(op: Operation): SourcePlace {
  return OPERATIONS[op];
}

const inGPT = (text: string, lines = 1): SourcePlace => ({ file: "src/model/gpt.ts", text, lines });
const inNN = (text: string, lines: number): SourcePlace => ({ file: "src/tensor/nn.ts", text, lines });
const inValue = (text: string, lines: number): SourcePlace => ({ file: "src/scalar/value.ts", text, lines });

const LINEAR = inNN("export function linear", 4);
const RMSNORM = inNN("export function rmsnorm", 5);
const Q = inGPT("let q = heads(linear(");
const K = inGPT("let newK = heads(linear(");
const V = inGPT("let newV = linear(");
const ATTENTION = inGPT("function selfAttention", 27);
const MLP = inGPT("function mlp", 5);
const WO = inGPT("return linear(mixed.reshape");
const ADD_ATTENTION = inGPT('const forAttention = at("attn_norm"', 2);
const ADD_MLP = inGPT('const forMLP = at("mlp_norm"', 2);
const HIDDEN = inGPT("const active = activations[config.mlp](", 3);
const OUT = inGPT("return linear(hidden, layer.mlp_fc2, layer.mlp_fc2_bias)");
const LOGITS = inGPT("const logits = unembed(");
const EMBEDDING = inGPT("let x = wte.embedding(tokens)", 4);

const TENSORS: { readonly [name: string]: readonly SourcePlace[] } = {
  wte: [inGPT("let x = wte.embedding(tokens)")],
  wpe: [inGPT("if (wpe !== undefined)")],
  embedding: [EMBEDDING, RMSNORM],
  layer: [inGPT("params.layers.forEach", 9)],
  "layer.attention": [ATTENTION],
  "layer.attn_norm": [ADD_ATTENTION, RMSNORM],
  "layer.attn_wq": [Q, LINEAR],
  "layer.attn_wk": [K, LINEAR],
  "layer.attn_wv": [V, LINEAR],
  "layer.q": [Q, LINEAR],
  "layer.k": [K, LINEAR],
  "layer.v": [V, LINEAR],
  "layer.heads": [
    inGPT('const mixed = at("heads"'),
    inNN("export function attentionWeights", 4),
    inNN("export function attention<", 3),
    inNN("export function softmax", 4),
  ],
  "layer.attn_wo": [WO, LINEAR],
  "layer.attn": [ADD_ATTENTION, WO],
  "layer.mlp_block": [MLP],
  "layer.mlp_norm": [ADD_MLP, RMSNORM],
  "layer.mlp_fc1": [HIDDEN, LINEAR],
  "layer.hidden": [HIDDEN, LINEAR],
  "layer.mlp_fc2": [OUT, LINEAR],
  "layer.mlp": [ADD_MLP, OUT],
  lm_head: [inGPT("return cappedLogits("), LINEAR],
  logits: [LOGITS, LINEAR],
  output: [LOGITS, LINEAR],
  losses: [inNN("export function crossEntropy", 5)],
  loss: [{ file: "src/scalar/scalar-gpt.ts", text: "return this.losses(pack(documents", lines: 1 }],
};

const OPERATIONS: { readonly [K in Operation]: SourcePlace } = {
  leaf: inValue("constructor(data: number", 10),
  add: inValue("add(other", 4),
  mul: inValue("mul(other", 4),
  pow: inValue("pow(exponent", 4),
  log: inValue("log(data", 3),
  exp: inValue("exp(data", 3),
  relu: inValue("relu()", 3),
  // Not methods: tensors make them.
  max: inValue("* `leaf` was put in", 4),
  sigmoid: inValue("* `leaf` was put in", 4),
  erf: inValue("* `leaf` was put in", 4),
};
