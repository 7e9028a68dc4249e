import { expect, test } from "vitest";
import { presets } from "../../index.ts";
import { variantsOf } from "./variants.ts";

const config = { ...presets.microgpt.model, vocabSize: 27 };

test("the models of microgpt.py have no variants, whatever their sizes", () => {
  expect(variantsOf(config)).toEqual([]);
  expect(variantsOf({ ...config, nLayer: 12, mlp: "relu2", zeroInit: true })).toEqual([]);
});

test("everything else is named as its flag is", () => {
  const gpt2 = { norm: "layernorm", normGain: true, bias: true, mlp: "gelu_tanh", tied: true } as const;
  expect(variantsOf({ ...config, ...gpt2, embeddingNorm: false, nInner: 48 })).toEqual([
    ...["norm layernorm", "norm_gain", "bias", "mlp gelu_tanh", "n_inner 48", "tied", "no embedding_norm"],
  ]);
});
