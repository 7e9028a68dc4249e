/** Fixtures for the tests of links. */

import { CharTokenizer, GPT, type GPTConfig, presets, Random } from "microgpt";
import { type SharedModel, type SharedSettings, sharedModel } from "./shared.ts";

export const settings: SharedSettings = {
  data: { name: "names" },
  preset: "microgpt",
  model: { nEmbd: 8 },
  training: { numSteps: 300, seed: 7 },
  engine: "wasm",
};

/** A model of random weights for these characters. */
export function modelOf(chars: string, sizes: Partial<GPTConfig> = {}, seed = 1): SharedModel {
  const tokenizer = CharTokenizer.fit([chars]);
  const config = { ...presets.microgpt.model, ...sizes, vocabSize: tokenizer.vocabSize };
  return sharedModel({ model: GPT.init(config, new Random(seed)), tokenizer, mode: "stream" });
}

export const small: SharedModel = modelOf("abc", { nEmbd: 4, nHead: 2, blockSize: 4 });
