/** Small GPTs of Values, for the tests of `gpt`. */

import fc from "fast-check";
import { type GPTConfig, MLPS } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import type { StateDict } from "../model/params.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { Random } from "../util/random.ts";

export interface Example {
  readonly config: GPTConfig;
  readonly params: StateDict<ScalarTensor>;
  /** Two documents of the same length. */
  readonly batch: readonly (readonly number[])[];
}

const upTo = (max: number, min = 1): fc.Arbitrary<number> => fc.integer({ min, max });

/** Random small models, with weights large enough for every part to matter, and tokens for them. */
export const examples: fc.Arbitrary<Example> = fc
  .record({
    sizes: fc.record({ vocabSize: upTo(6, 2), nLayer: upTo(2), nHead: upTo(3), blockSize: upTo(6) }),
    D: upTo(3),
    mlp: fc.constantFrom(...MLPS),
    seed: fc.nat(),
    unused: fc.nat(5),
  })
  .chain(({ sizes, D, mlp, seed, unused }) => {
    const config: GPTConfig = { ...sizes, nEmbd: sizes.nHead * D, mlp, initStd: 0.7, zeroInit: false };
    const params = initParams(config, new Random(seed), ScalarTensor.from);
    const T = Math.max(1, config.blockSize - unused);
    const tokens = fc.array(fc.nat(config.vocabSize - 1), { minLength: T, maxLength: T });
    return fc.record({ config: fc.constant(config), params: fc.constant(params), batch: fc.tuple(tokens, tokens) });
  });

export const fixed: GPTConfig = {
  vocabSize: 4,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  blockSize: 3,
  mlp: "relu",
  initStd: 0.5,
  zeroInit: false,
};
