import { MODEL_SETTINGS, type Model } from "../model/config.ts";
import { defaultsOf } from "../util/setting.ts";
import { TRAINING_SETTINGS, type TrainingSettings } from "./settings.ts";

/** Everything that microgpt.py fixes; the data determines vocabSize. */
export interface Preset {
  readonly model: Model;
  readonly training: TrainingSettings;
}

export const PRESET_NAMES = ["microgpt-early", "microgpt"] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

const model = /* @__PURE__ */ defaultsOf(MODEL_SETTINGS);
const training = /* @__PURE__ */ defaultsOf(TRAINING_SETTINGS);

/** The two revisions of microgpt.py in circulation: that of 2026-02-11, and the one published from the next day on. */
export const presets: { readonly [P in PresetName]: Preset } = {
  "microgpt-early": {
    model: { ...model, blockSize: 8, mlp: "relu2", initStd: 0.02, zeroInit: true },
    training: { ...training, numSteps: 500, schedule: "cosine", beta1: 0.9, beta2: 0.95 },
  },
  microgpt: { model, training },
};
