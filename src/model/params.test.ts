import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs, early } from "../testing/configs.ts";
import { Random } from "../util/random.ts";
import { sizeOf } from "../util/shape.ts";
import type { GPTConfig } from "./config.ts";
import { initParams } from "./init.ts";
import { countParams, mapParams, namedParams, paramShapes, paramTable } from "./params.ts";

describe("countParams", () => {
  test("is 4064 for the early preset on names: the line people know", () => {
    expect(countParams(early)).toBe(4064);
  });

  test("is the sum of the sizes of all weights", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const sizes = namedParams(paramShapes(config)).map(([, shape]) => sizeOf(shape));
        expect(countParams(config)).toBe(sizes.reduce((sum, n) => sum + n));
      }),
    );
  });
});

describe("the weights", () => {
  const names = [
    ...["wte", "wpe", "lm_head"],
    ...["layer0.attn_wq", "layer0.attn_wk", "layer0.attn_wv", "layer0.attn_wo", "layer0.mlp_fc1", "layer0.mlp_fc2"],
    ...["layer1.attn_wq", "layer1.attn_wk", "layer1.attn_wv", "layer1.attn_wo", "layer1.mlp_fc1", "layer1.mlp_fc2"],
  ];

  test("have microgpt.py's names and order, for any order of the keys", () => {
    const { wte, wpe, lm_head, layers } = mapParams(paramShapes({ ...early, nLayer: 2 }), (_, name) => name);
    expect(namedParams({ layers, lm_head, wpe, wte })).toEqual(names.map((name) => [name, name]));
  });

  test("have microgpt.py's shapes: (out, in)", () => {
    expect(Object.fromEntries(namedParams(paramShapes(early)))).toEqual({
      wte: [27, 16],
      wpe: [8, 16],
      lm_head: [27, 16],
      "layer0.attn_wq": [16, 16],
      "layer0.attn_wk": [16, 16],
      "layer0.attn_wv": [16, 16],
      "layer0.attn_wo": [16, 16],
      "layer0.mlp_fc1": [64, 16],
      "layer0.mlp_fc2": [16, 64],
    });
  });

  test("are mapped in that order, each to its own place", () => {
    const calls: string[] = [];
    const mapped = mapParams(paramShapes({ ...early, nLayer: 2 }), (shape, name) => {
      calls.push(name);
      return `${name} ${shape.join("x")}`;
    });
    expect(calls).toEqual(names);
    expect(namedParams(mapped).map(([name, value]) => value.startsWith(`${name} `))).toEqual(names.map(() => true));
    expect(mapped.layers[1]?.mlp_fc2).toBe("layer1.mlp_fc2 16x64");
  });
});

describe("the table", () => {
  const gpt2: GPTConfig = {
    ...{ vocabSize: 50257, nLayer: 12, nHead: 12, nEmbd: 768, blockSize: 1024 },
    ...{ norm: "layernorm", normGain: true, bias: true, mlp: "gelu_tanh" },
    ...{ tied: true, embeddingNorm: false, finalNorm: true },
  };
  const smolLM: GPTConfig = {
    ...{ vocabSize: 49152, nLayer: 30, nHead: 9, nKvHead: 3, nEmbd: 576, blockSize: 2048 },
    ...{ normGain: true, mlp: "swiglu", nInner: 1536, positions: "rope", tied: true },
    ...{ embeddingNorm: false, finalNorm: true },
  };

  test.each([
    ["GPT-2 small", gpt2, 124_439_808],
    ["SmolLM 135M", smolLM, 134_515_008],
  ])("counts the published number of parameters of %s", (_, config, count) => {
    expect(countParams(config)).toBe(count);
  });

  test("lets matrices and embeddings decay, and no gain, bias or scale", () => {
    const all = paramTable({
      ...gpt2,
      tied: false,
      mlp: "swiglu",
      qkNorm: true,
      valueEmbeddings: true,
      residualScales: true,
    });
    for (const { name, shape, decays, group } of all) {
      expect([name, decays, group === "vector"]).toEqual([name, shape.length > 1, shape.length === 1]);
    }
    expect(new Set(all.map(({ group }) => group))).toEqual(new Set(["embedding", "head", "matrix", "vector"]));
  });

  test("fills constant weights without drawing, so that the matrices are the same for a seed", () => {
    const small: GPTConfig = { vocabSize: 3, nLayer: 2, nHead: 1, nEmbd: 2, blockSize: 2 };
    const weights = (config: GPTConfig) => namedParams(initParams(config, new Random(1), (_, data) => [...data]));
    const plain = new Map(weights(small));
    const rich = new Map(weights({ ...small, normGain: true, bias: true, residualScales: true, norm: "layernorm" }));
    for (const [name, data] of plain) expect(rich.get(name)).toEqual(data);
    expect(rich.get("layer1.attn_norm_gain")).toEqual([1, 1]);
    expect(rich.get("layer1.attn_wq_bias")).toEqual([0, 0]);
    expect([rich.get("layer0.residual_scale"), rich.get("layer0.embedding_scale")]).toEqual([[1], [0]]);
  });
});
