import type { GPTConfig } from "../model/config.ts";
import { countParams } from "../model/params.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";

// `npm run bench` measures 102 on Node 20, 22 and 24, boxed numbers included; the margin is for references to nodes.
const BYTES_PER_NODE = 110;
// A weight is a leaf with Adam's two moments.
const BYTES_PER_PARAM = BYTES_PER_NODE + 16;

/** V8's largest default heap, for a page or a Node on a machine with 16 GB. */
const DEFAULT_LIMIT = 4 * 2 ** 30;

/** Number of nodes in the loss of a document of T + 1 tokens, within a few per cent, to decide if they fit. */
export function countNodes({ nEmbd: C, nHead: H, nLayer, vocabSize: V }: GPTConfig, T: number): number {
  const matrices = 24 * C * C; // a product and a sum for each of a layer's 12 C² weights
  const attention = ((T + 1) / 2) * (4 * C + 5 * H); // scores, softmax and mix over the earlier positions
  const elementwise = 20 * C; // two rmsnorms, the activation, the residual sums
  const head = 2 * V * C + 4 * V;
  return T * (nLayer * (matrices + attention + elementwise) + head + 4 * C);
}

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
    say`lower ${set("nEmbd")}, ${set("nLayer")}, ${set("blockSize")} or ${set("batchSize")}, or take the wasm engine`,
  );
}

function showBytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
