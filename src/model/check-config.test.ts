import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configs, early } from "../testing/configs.ts";
import { MicrogptError } from "../util/errors.ts";
import { checkConfig } from "./check-config.ts";
import { type GPTConfig, MICROGPT } from "./config.ts";
import { countParams } from "./params.ts";

describe("checkConfig", () => {
  test("returns a config whose fields are in range", () => {
    fc.assert(
      fc.property(configs, (config) => {
        expect(checkConfig(config)).toEqual({ ...MICROGPT, ...config });
      }),
    );
    expect(checkConfig({ ...early, initStd: 0, zeroInit: false, mlp: "relu" }).initStd).toBe(0);
  });

  const whole = "a whole number, 1 or more";
  // As from JavaScript or a file, where types promise nothing.
  test.each<[field: string, change: Record<string, unknown>, expected: string, got: string]>([
    ["vocabSize", { vocabSize: 1 }, "vocabSize to be a whole number, 2 or more", "1"],
    ["vocabSize", { vocabSize: Number.NaN }, "vocabSize to be a whole number, 2 or more", "NaN"],
    ["nLayer", { nLayer: 0 }, `nLayer to be ${whole}`, "0"],
    ["nLayer", { nLayer: undefined }, `nLayer to be ${whole}`, "undefined"],
    ["nHead", { nHead: -4 }, `nHead to be ${whole}`, "-4"],
    ["nHead", { nHead: 0 }, `nHead to be ${whole}`, "0"],
    ["nEmbd", { nEmbd: 16.5 }, `nEmbd to be ${whole}`, "16.5"],
    ["nEmbd", { nEmbd: "16" }, `nEmbd to be ${whole}`, '"16"'],
    ["blockSize", { blockSize: Infinity }, `blockSize to be ${whole}`, "Infinity"],
    ["blockSize", { blockSize: 0 }, `blockSize to be ${whole}`, "0"],
    ["mlp", { mlp: "tanh" }, "mlp to be one of relu, relu2, gelu, gelu_tanh, swiglu", '"tanh"'],
    ["norm", { norm: "batchnorm" }, "norm to be one of rmsnorm, layernorm", '"batchnorm"'],
    ["normEps", { normEps: 0 }, "normEps to be a finite number above 0", "0"],
    ["nInner", { nInner: -1 }, "nInner to be a whole number, 0 or more", "-1"],
    ["positions", { positions: "sine" }, "positions to be one of learned, rope, none", '"sine"'],
    ["ropeTheta", { ropeTheta: -1 }, "ropeTheta to be a finite number above 0", "-1"],
    ["nKvHead", { nKvHead: 3 }, "nHead to be a multiple of nKvHead", "nHead: 4 and nKvHead: 3"],
    ["tied", { tied: "yes" }, "tied to be true or false", '"yes"'],
    ["logitSoftcap", { logitSoftcap: -30 }, "logitSoftcap to be a finite number, 0 or more", "-30"],
    ["positions", { nHead: 16, positions: "rope" }, "heads with an even number of channels for rope", "1"],
    ["field", { tide: true }, "a known field in the config", '"tide"'],
    ["former field", { mlp: undefined, activation: "relu" }, "a known field in the config", '"activation"'],
    ["initStd", { initStd: -0.02 }, "initStd to be a finite number, 0 or more", "-0.02"],
    ["initStd", { initStd: Number.NaN }, "initStd to be a finite number, 0 or more", "NaN"],
    ["initStd", { initStd: "0.02" }, "initStd to be a finite number, 0 or more", '"0.02"'],
    ["zeroInit", { zeroInit: 1 }, "zeroInit to be true or false", "1"],
    ["nHead", { nHead: 3 }, "nEmbd to be a multiple of nHead", "nEmbd: 16 and nHead: 3"],
    ["nHead", { nHead: 32 }, "nEmbd to be a multiple of nHead", "nEmbd: 16 and nHead: 32"],
  ])("refuses a bad %s in one line that names it: %j", (_, change, expected, got) => {
    const check = (): GPTConfig => checkConfig({ ...early, ...change } as GPTConfig);
    expect(check).toThrow(MicrogptError);
    expect(check).toThrow(`config: expected ${expected}, got ${got}; `);
  });

  test("takes activation, as mlp was called up to 0.5", () => {
    const { mlp: _, ...rest } = early;
    expect(checkConfig({ ...rest, ...{ activation: "reluSquared" } })).toEqual(checkConfig({ ...rest, mlp: "relu2" }));
    expect(() => checkConfig({ ...rest, ...{ activation: "gelu" } })).toThrow(
      'config: expected activation to be one of relu, reluSquared, got "gelu"',
    );
  });

  test("says which heads would divide nEmbd", () => {
    expect(() => checkConfig({ ...early, nEmbd: 12, nHead: 5 })).toThrow(
      /; use 1, 2, 3, 4, 6, 12 for nHead, for instance$/,
    );
  });

  test.each<[what: string, change: Partial<GPTConfig>]>([
    ["many layers", { nLayer: Number.MAX_SAFE_INTEGER }],
    ["many channels", { nEmbd: 2 ** 52 }],
    ["many channels that no heads divide", { nEmbd: 2 ** 52, nHead: 3 }],
    ["a long context", { blockSize: Number.MAX_SAFE_INTEGER }],
    ["many tokens", { vocabSize: Number.MAX_SAFE_INTEGER }],
    ["much of everything", { vocabSize: 2 ** 50, nLayer: 2 ** 50, nEmbd: 2 ** 50, blockSize: 2 ** 50 }],
  ])("refuses absurd sizes at once, without making any weight: %s", (_, change) => {
    const start = performance.now();
    expect(() => checkConfig({ ...early, ...change })).toThrow(MicrogptError);
    // Takes less than a millisecond; counting through 2^50 of anything takes days.
    expect(performance.now() - start).toBeLessThan(100);
  });

  test("has its limit at 2^28 parameters", () => {
    // C = 1, one layer: 12 in the layer, and one for each token (twice) and position.
    const sized = (blockSize: number): GPTConfig => ({ ...early, nHead: 1, nEmbd: 1, vocabSize: 2, blockSize });
    const most = 2 ** 28 - 12 - 4;
    expect(countParams(sized(most))).toBe(2 ** 28);
    expect(checkConfig(sized(most)).blockSize).toBe(most);
    expect(() => checkConfig(sized(most + 1))).toThrow("at most 268,435,456 parameters, got 268,435,457;");
  });
});
