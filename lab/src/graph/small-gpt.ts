/** For tests: a small GPT's loss on one document, differentiated, with all intermediate values by name. */

import {
  attention,
  crossEntropy,
  type GPTConfig,
  linear,
  namedParams,
  Random,
  rmsnorm,
  ScalarGPT,
  ScalarTensor,
} from "microgpt";
import type { Value } from "microgpt/value";
import { type Fold, fold, type Group } from "./fold.ts";
import { flatten, type ValueGraph } from "./graph.ts";

export interface NamedTensor {
  readonly name: string;
  readonly tensor: ScalarTensor;
}

export interface SmallGPT {
  readonly loss: Value;
  /** Weights, then intermediates, in the order of computation. */
  readonly tensors: readonly NamedTensor[];
}

export const SMALL: GPTConfig = {
  vocabSize: 7,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  blockSize: 8,
  mlp: "relu",
  initStd: 0.3,
  zeroInit: false,
};

/** The model of gpt.ts, written out for one document in which each row sees those before it. */
export function smallGPT(changes: Partial<GPTConfig> = {}, tokens: readonly number[] = [6, 1, 2, 2, 6]): SmallGPT {
  const config = { ...SMALL, ...changes };
  const { params } = ScalarGPT.init(config, new Random(7));
  const { wte, wpe, lm_head } = params;
  if (wpe === undefined || lm_head === undefined) throw new Error("not microgpt.py's own kind");
  const tensors = namedParams(params).map(([name, tensor]) => ({ name, tensor }));
  const watch = (name: string, tensor: ScalarTensor): ScalarTensor => {
    tensors.push({ name, tensor });
    return tensor;
  };
  const R = tokens.length - 1;
  const vector = (numbers: readonly number[]): ScalarTensor => ScalarTensor.from([numbers.length], numbers);
  const rows = Array.from({ length: R }, (_, r) => r);
  const positions = wpe.embedding(vector(rows));

  let x = watch("embedding", rmsnorm(wte.embedding(vector(tokens.slice(0, -1))).add(positions)));
  params.layers.forEach((layer, i) => {
    const of = (name: string): string => `layer${i}.${name}`;
    const norm = watch(of("attn_norm"), rmsnorm(x));
    const [q, k, v] = (["q", "k", "v"] as const).map((name) =>
      watch(of(name), linear(norm, layer[`attn_w${name}`]))
        .reshape(R, config.nHead, config.nEmbd / config.nHead)
        .transpose(0, 1),
    );
    if (q === undefined || k === undefined || v === undefined) throw new Error("no heads");
    const mixed = rows.map((r) => attention(q.slice(1, r, r + 1), k.slice(1, 0, r + 1), v.slice(1, 0, r + 1)));
    const values = mixed.flatMap((row) => row.values); // row by row, heads inside
    const heads = watch(of("heads"), new ScalarTensor([R, config.nEmbd], values));
    x = x.add(watch(of("attn"), linear(heads, layer.attn_wo)));
    const hidden = linear(watch(of("mlp_norm"), rmsnorm(x)), layer.mlp_fc1).relu();
    const active = watch(of("hidden"), config.mlp === "relu" ? hidden : hidden.pow(2));
    x = x.add(watch(of("mlp"), linear(active, layer.mlp_fc2)));
  });
  const logits = watch("logits", linear(x, lm_head));
  const loss = watch("losses", crossEntropy(logits, vector(tokens.slice(1))))
    .mean(0)
    .item();
  loss.backward();
  return { loss, tensors };
}

/** The same as boxes: each named tensor a group. */
export function smallFold(changes?: Partial<GPTConfig>): { graph: ValueGraph; folded: Fold; groups: readonly Group[] } {
  const { loss, tensors } = smallGPT(changes);
  const { graph, idOf } = flatten(loss);
  const groups = tensors.map(({ name, tensor: { shape, values } }) => ({
    name,
    shape,
    nodes: Int32Array.from(values, idOf),
  }));
  return { graph, folded: fold(graph, groups), groups };
}
