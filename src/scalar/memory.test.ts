import { describe, expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { dropping } from "../model/dropout.ts";
import { pack } from "../model/pack.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { checkMemory, countNodes, estimateMemory } from "./memory.ts";
import { ScalarGPT } from "./scalar-gpt.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import { Value } from "./value.ts";

const published: GPTConfig = {
  vocabSize: 27,
  nLayer: 1,
  nHead: 4,
  nEmbd: 16,
  blockSize: 16,
  mlp: "relu",
  initStd: 0.08,
  zeroInit: false,
};

/** All nodes that the root was computed from, itself included, but without leaves. */
function nodesUnder(root: Value): number {
  const seen = new Set<Value>();
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.a === undefined || seen.has(node)) continue;
    seen.add(node);
    stack.push(node.a);
    if (node.b instanceof Value) stack.push(node.b);
  }
  return seen.size;
}

test.each<[T: number, change: Partial<GPTConfig>]>([
  [1, {}],
  [7, {}],
  [16, {}],
  [8, { nLayer: 3 }],
  [8, { nEmbd: 32, nHead: 1 }],
  [8, { vocabSize: 200 }],
  [24, { blockSize: 24, nHead: 8 }],
  [8, { mlp: "relu2", qkNorm: true, normGain: true, finalNorm: true }],
  [8, { mlp: "gelu", norm: "layernorm", normGain: true, bias: true, tied: true, finalNorm: true }],
  [8, { mlp: "gelu_tanh", norm: "layernorm", embeddingNorm: false, logitSoftcap: 30 }],
  [8, { mlp: "swiglu", positions: "rope", nKvHead: 2, nInner: 40, valueEmbeddings: true, residualScales: true }],
])(
  "countNodes predicts the graph of %d tokens with %j: never too few nodes, even with dropout, and at most 10 per cent too many",
  (T, change) => {
    const config = { ...published, ...change };
    const tokens = Array.from({ length: T + 1 }, (_, t) => t % config.vocabSize);
    const model = ScalarGPT.init(config, new Random(1));
    const ratio = countNodes(config, T) / nodesUnder(model.loss(tokens));
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThan(1.1);
    const drop = dropping(ScalarTensor.from([T], tokens.slice(1)), 0.1);
    const dropped = model
      .losses(pack([tokens], config.blockSize), { drop })
      .mean(0)
      .item();
    expect(countNodes(config, T) / nodesUnder(dropped)).toBeGreaterThanOrEqual(1);
  },
);

describe("checkMemory", () => {
  test("accepts a model that just fits, and no larger one", () => {
    const bytes = estimateMemory(published, 16);
    expect(() => checkMemory(published, 16, bytes)).not.toThrow();
    expect(() => checkMemory(published, 16, bytes - 1)).toThrow(MicrogptError);
  });

  test("counts a batch as separate documents", () => {
    const random = new Random(1);
    const tokens = Array.from({ length: 17 }, (_, t) => t);
    const nodes = nodesUnder(ScalarGPT.init(published, random).loss(tokens, tokens, tokens));
    const ratio = (3 * countNodes(published, 16)) / nodes;
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThan(1.1);
    const bytes = estimateMemory(published, 16, 3);
    expect(() => checkMemory(published, 16, bytes, 3)).not.toThrow();
    expect(() => checkMemory(published, 16, bytes, 4)).toThrow(/ and 64 tokens a step; /);
  });

  test("says how much memory a model would take, and what to lower", () => {
    const config = { ...published, nEmbd: 1024 };
    expect(() => checkMemory(config, 16)).toThrow(
      /^config: expected .* in 4\.0 GiB, got about \d+\.\d GiB for [\d,]+ parameters and 16 tokens a step; lower nEmbd, nLayer, blockSize or batchSize, or use the wasm engine$/,
    );
  });

  test("counts the weights even if a step is short, and refuses absurd sizes at once", () => {
    expect(() => checkMemory({ ...published, blockSize: 2 ** 40 }, 1)).toThrow(MicrogptError);
    expect(() => checkMemory({ ...published, nLayer: 2 ** 50, nEmbd: 2 ** 50 }, 1)).toThrow(MicrogptError);
  });
});
