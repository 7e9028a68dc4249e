import type { GPTConfig } from "../model/config.ts";
import { PLAIN, type TrainingSettings } from "./settings.ts";

/** All that microgpt.py fixes; the data decides vocabSize. */
export interface Preset {
  readonly model: Omit<GPTConfig, "vocabSize">;
  readonly training: TrainingSettings;
}

export const PRESET_NAMES = ["microgpt-early", "microgpt"] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** The two revisions of microgpt.py that circulate: that of 2026-02-11, and the one published from the next day on. */
export const presets: { readonly [P in PresetName]: Preset } = {
  "microgpt-early": {
    model: { nLayer: 1, nHead: 4, nEmbd: 16, blockSize: 8, activation: "reluSquared", initStd: 0.02, zeroInit: true },
    training: {
      ...PLAIN,
      numSteps: 500,
      learningRate: 0.01,
      schedule: "cosine",
      beta1: 0.9,
      beta2: 0.95,
      eps: 1e-8,
      seed: 42,
    },
  },
  microgpt: {
    model: { nLayer: 1, nHead: 4, nEmbd: 16, blockSize: 16, activation: "relu", initStd: 0.08, zeroInit: false },
    training: {
      ...PLAIN,
      numSteps: 1000,
      learningRate: 0.01,
      schedule: "linear",
      beta1: 0.85,
      beta2: 0.99,
      eps: 1e-8,
      seed: 42,
    },
  },
};
