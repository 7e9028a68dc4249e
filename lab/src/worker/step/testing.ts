/** For tests: a model file of six tokens, drawn from a seed, as the reader holds it. */

import { CharTokenizer, type Checkpoint, GPT, type GPTConfig, presets, Random } from "microgpt";

export function checkpointOf(changes: Partial<GPTConfig> = {}, engine: "wasm" | "scalar" = "wasm"): Checkpoint {
  const tokenizer = CharTokenizer.fit(["abcde"]);
  const config = { ...presets.microgpt.model, vocabSize: tokenizer.vocabSize, ...changes };
  return { model: GPT.init(config, new Random(7), { engine, threads: 1 }), tokenizer, mode: "documents" };
}
