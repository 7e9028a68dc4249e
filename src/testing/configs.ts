/** For tests: configs of the first architecture. */

import fc from "fast-check";
import type { GPTConfig } from "../model/config.ts";

/** The early revision of microgpt.py on its names: 26 letters and BOS. */
export const early: GPTConfig = {
  ...{ vocabSize: 27, nLayer: 1, nHead: 4, nEmbd: 16, blockSize: 8 },
  ...{ mlp: "relu2", initStd: 0.02, zeroInit: true },
};

/** The same with other sizes. */
export const configs: fc.Arbitrary<GPTConfig> = fc
  .record({
    vocabSize: fc.integer({ min: 2, max: 300 }),
    nLayer: size(5),
    nHead: size(8),
    D: size(16),
    blockSize: size(99),
  })
  .map(({ D, ...sizes }) => ({ ...early, ...sizes, nEmbd: sizes.nHead * D }));

function size(max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max });
}
