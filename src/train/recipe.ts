import type { DataMode } from "../data/corpus.ts";
import type { GPTConfig } from "../model/config.ts";
import type { Preset } from "./presets.ts";
/** placeholder */
export const SIZE_NAMES = ["tiny", "small", "medium", "large", "xl"] as const;
export type SizeName = (typeof SIZE_NAMES)[number];
export interface DataFacts {
  readonly mode: DataMode;
  readonly trainTokens: number;
  readonly numDocs: number;
  readonly longestDoc: number;
  readonly vocabSize: number;
}
export function recipeFor(
  facts: DataFacts,
  seconds: number,
  stepSeconds: (config: GPTConfig, rows: number) => number,
): Preset & { reasons: string[] } {
  const model = {
    nLayer: 2,
    nHead: 4,
    nEmbd: 64,
    blockSize: facts.mode === "stream" ? 64 : 16,
    activation: "relu",
    initStd: 0.05,
    zeroInit: true,
  } as const;
  const numSteps = Math.max(10, Math.round(seconds / stepSeconds({ ...model, vocabSize: facts.vocabSize }, 32 * 8)));
  return {
    model,
    training: {
      numSteps,
      batchSize: 8,
      gradientAccumulationSteps: 1,
      learningRate: 0.003,
      schedule: "cosine",
      warmupIters: 5,
      minLr: 0.0003,
      beta1: 0.9,
      beta2: 0.99,
      eps: 1e-8,
      weightDecay: 0.1,
      gradClip: 1,
      dropout: 0,
      evalInterval: Math.max(1, Math.round(numSteps / 20)),
      evalIters: 20,
      patience: 0,
      seed: 42,
    },
    reasons: ["placeholder"],
  };
}
