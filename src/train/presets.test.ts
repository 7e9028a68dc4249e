import { describe, expect, test } from "vitest";
import { checkConfig } from "../model/check-config.ts";
import { MICROGPT } from "../model/config.ts";
import { countParams } from "../model/params.ts";
import { PRESET_NAMES, type PresetName, presets } from "./presets.ts";
import { checkSettings } from "./settings.ts";

describe("the two revisions of microgpt.py", () => {
  const common = {
    nLayer: 1,
    nEmbd: 16,
    nHead: 4,
    learningRate: 0.01,
    eps: 1e-8,
    seed: 42,
    ...{ batchSize: 1, gradientAccumulationSteps: 1, warmupIters: 0, minLr: 0, weightDecay: 0, gradClip: 0 },
    ...MICROGPT,
    ...{ dropout: 0, evalInterval: 0, evalIters: 0, patience: 0 },
    ...{ optimizer: "adamw", decoupledWeightDecay: true, momentum: 0, muonMomentum: 0.95, muonLr: 0.02 },
  };

  test.each<[name: PresetName, numbers: object]>([
    [
      "microgpt-early",
      {
        ...{ blockSize: 8, initStd: 0.02, zeroInit: true, mlp: "relu2" },
        ...{ numSteps: 500, schedule: "cosine", beta1: 0.9, beta2: 0.95 },
      },
    ],
    [
      "microgpt",
      {
        ...{ blockSize: 16, initStd: 0.08, zeroInit: false, mlp: "relu" },
        ...{ numSteps: 1000, schedule: "linear", beta1: 0.85, beta2: 0.99 },
      },
    ],
  ])("%s", (name, numbers) => {
    const { model, training } = presets[name];
    expect({ ...model, ...training }).toEqual({ ...common, ...numbers });
  });

  test.each<[name: PresetName, params: number]>([
    ["microgpt-early", 4064],
    ["microgpt", 4192],
  ])("%s has %i parameters on names of 26 letters", (name, params) => {
    expect(countParams({ ...presets[name].model, vocabSize: 27 })).toBe(params);
  });
});

test.each(PRESET_NAMES)("%s is in range", (name) => {
  const preset = presets[name];
  expect(() => checkSettings(preset.training)).not.toThrow();
  expect(() => checkConfig({ ...preset.model, vocabSize: 27 })).not.toThrow();
});

test("each preset is in the list of their names", () => {
  expect(Object.keys(presets)).toEqual([...PRESET_NAMES]);
});
