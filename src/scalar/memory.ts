import { type Architecture, complete, type GPTConfig, headDim, innerSize, kvHeads } from "../model/config.ts";
import { countMultiplied, countParams } from "../model/params.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";

// `npm run bench` measures 102 on Node 20, 22 and 24, boxed numbers included; the margin is for references to nodes.
const BYTES_PER_NODE = 110;
// A weight is a leaf with Adam's two moments.
const BYTES_PER_PARAM = BYTES_PER_NODE + 16;

/** V8's largest default heap, for a page or a Node on a machine with 16 GB. */
const DEFAULT_LIMIT = 4 * 2 ** 30;

/** Number of nodes in the loss of a document of T + 1 tokens, within a few per cent, to decide if they fit. */
export function countNodes(given: GPTConfig, T: number): number {
  const config = complete(given);
  const { nEmbd: C, nHead: H, nLayer, vocabSize: V } = config;
  const matrices = 2 * countMultiplied(config); // a product and a sum for each weight
  const attention = ((T + 1) / 2) * (4 * C + 5 * H); // scores, softmax and mix over the earlier positions
  const heads = C + kvHeads(config) * headDim(config); // channels of queries and keys
  const turned = (config.positions === "rope" ? 3.5 : 0) + (config.qkNorm ? 3 : 0);
  const norm = (config.norm === "layernorm" ? 5 : 3) + (config.normGain ? 1 : 0);
  const [units, biases] = [innerSize(config), config.bias ? 1 : 0];
  const elementwise = (10 + 2 * norm + 5 * biases) * C + turned * heads + (NODES_PER_UNIT[config.mlp] + biases) * units;
  return T * (nLayer * (attention + elementwise) + matrices + 4 * V + 4 * C);
}

/** Nodes in the MLP's non-linearity (tensor/activations.ts) and in SwiGLU's product with the gate, for each unit. */
const NODES_PER_UNIT: { readonly [K in Architecture["mlp"]]: number } = {
  ...{ relu: 1, relu2: 2, gelu: 5, gelu_tanh: 8, swiglu: 3 },
};

/** Estimated bytes of a scalar training step on documents of T + 1 tokens: weights, moments and graph. */
export function estimateMemory(config: GPTConfig, T: number, documents = 1): number {
  return countParams(config) * BYTES_PER_PARAM + documents * countNodes(config, T) * BYTES_PER_NODE;
}

/**
 * Errors: a config whose weights and graph (for documents of T + 1 tokens) would not fit in `limit` bytes. Call before
 * anything is allocated: an engine that runs out of memory kills the process.
 */
export function checkMemory(config: GPTConfig, T = 1, limit: number = DEFAULT_LIMIT, documents = 1): void {
  const bytes = estimateMemory(config, T, documents);
  if (bytes <= limit) return;
  throw mistake(
    "memory",
    "config",
    `a model that the scalar engine can hold in ${showBytes(limit)}`,
    `about ${showBytes(bytes)} for ${countParams(config).toLocaleString("en")} parameters and ${documents * T} tokens a step`,
    say`lower ${set("nEmbd")}, ${set("nLayer")}, ${set("blockSize")} or ${set("batchSize")}, or use the wasm engine`,
  );
}

function showBytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
