/**
 * The central test: two derivations of the same numbers. `Value.backward` applies the chain rule to numbers on a tape;
 * `grad` rewrites the graph by a table of rules, and the result runs on the reference backend, or as compiled kernels
 * in WebAssembly. Every parameter's gradient agrees.
 */

import { type GPTConfig, presets } from "microgpt";
import { describe } from "vitest";
import { compareGradients } from "./support/central.ts";

const { model: published } = presets.microgpt;
const { model: early } = presets["microgpt-early"];

/** No zero weights, so that every gradient is meaningful. */
const warm: GPTConfig = { ...early, zeroInit: false, initStd: 0.5, vocabSize: 7 };

const cases: readonly (readonly [name: string, config: GPTConfig, lengths: readonly number[], float32?: number])[] = [
  ["the published preset", { ...published, vocabSize: 27 }, [7]],
  ["the early preset, whose zeros leave some gradients 0", { ...early, vocabSize: 27 }, [7]],
  ["the published preset's whole context", { ...published, vocabSize: 27 }, [16]],
  ["the published preset on a batch", { ...published, vocabSize: 27 }, [5, 1, 9]],
  ["the early preset on a batch, the longest document cut", { ...early, vocabSize: 27 }, [3, 10, 2]],
  ["one token", warm, [1]],
  ["documents of one token", warm, [1, 1, 1]],
  // For one channel RMSNorm keeps only the sign, so errors that scale its input cancel.
  ["one channel and one head", { ...warm, nEmbd: 1, nHead: 1 }, [3, 2], 2e-4],
  ["a head for each channel", { ...warm, nEmbd: 5, nHead: 5 }, [4]],
  ["three layers", { ...warm, nLayer: 3, nEmbd: 6, nHead: 2 }, [5, 4]],
  ["odd sizes", { ...warm, nLayer: 2, nEmbd: 15, nHead: 3, blockSize: 17, vocabSize: 5 }, [17, 3]],
  ["two layers of ReLU", { ...warm, mlp: "relu", nLayer: 2, nEmbd: 12, nHead: 3 }, [6, 1, 8, 4]],
];

describe.each([...cases] as [...(typeof cases)[number]][])("%s", (_, config, lengths, float32) => {
  compareGradients(config, lengths, float32 === undefined ? {} : { float32 });
});
