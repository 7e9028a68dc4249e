import { type GPTConfig, MicrogptError, presets } from "microgpt";
import { expect, test } from "vitest";
import { checkStandalone } from "./standalone-model.ts";

const model: GPTConfig = { ...presets.microgpt.model, vocabSize: 27 };

test.each<Partial<GPTConfig>>([
  {},
  { mlp: "relu2", zeroInit: true, initStd: 0.02, nLayer: 3 },
  { nKvHead: 4, nInner: 64 },
])("the page computes %o", (variant) => {
  expect(() => checkStandalone({ ...model, ...variant })).not.toThrow();
});

test.each<[Partial<GPTConfig>, string]>([
  [{ norm: "layernorm" }, "page: expected norm rmsnorm"],
  [{ normGain: true }, "page: expected normGain false"],
  [{ bias: true }, "page: expected bias false"],
  [{ normEps: 1e-6 }, "page: expected normEps 0.00001"],
  [{ mlp: "swiglu" }, "page: expected mlp relu or relu2"],
  [{ nInner: 32 }, "page: expected nInner 0"],
  [{ positions: "rope" }, "page: expected positions learned"],
  [{ nKvHead: 2 }, "page: expected nKvHead 0"],
  [{ qkNorm: true }, "page: expected qkNorm false"],
  [{ tied: true }, "page: expected tied false"],
  [{ embeddingNorm: false }, "page: expected embeddingNorm true"],
  [{ finalNorm: true }, "page: expected finalNorm false"],
  [{ logitSoftcap: 30 }, "page: expected logitSoftcap 0"],
  [{ valueEmbeddings: true }, "page: expected valueEmbeddings false"],
  [{ residualScales: true }, "page: expected residualScales false"],
])("the page refuses %o", (variant, message) => {
  expect(() => checkStandalone({ ...model, ...variant })).toThrow(MicrogptError);
  expect(() => checkStandalone({ ...model, ...variant })).toThrow(message);
});
