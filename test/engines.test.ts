/**
 * Two engines, one training: a step of the compiled engine equals the scalar one's, within float32, for any batch; and
 * both drop, clip, decay and update as in the papers, with the gradients of `Value.backward`.
 */

import {
  type EngineOptions,
  GPT,
  type GPTConfig,
  type GPTState,
  namedParams,
  pack,
  presets,
  Random,
  ScalarGPT,
  ScalarTensor,
  type TrainerOptions,
  type Weights,
} from "microgpt";
import { describe, expect, test } from "vitest";
import { mapParams, paramShapes } from "../src/model/params.ts";
import { hash24 } from "../src/util/hash.ts";
import { worstDifference } from "./support/traces.ts";

// Relative to a tensor's largest entry: sums of a few hundred numbers in float32, with a rounding of 6e-8 each.
const TOLERANCE = 2e-5;

const { model: published } = presets.microgpt;
const { model: early } = presets["microgpt-early"];
const plain = { beta1: 0.85, beta2: 0.99, eps: 1e-8, weightDecay: 0, gradClip: 0, steps: 0 };

/** Documents of 1 to 20 random tokens between two BOS, some of them longer than the context. */
function batchOf(size: number, { vocabSize }: GPTConfig, random: Random): number[][] {
  const bos = vocabSize - 1;
  return Array.from({ length: size }, () => {
    const length = 1 + Math.floor(20 * random.random());
    return [bos, ...Array.from({ length }, () => Math.floor(random.random() * bos)), bos];
  });
}

function optionsFor({ blockSize }: GPTConfig, batchSize: number, other: Partial<TrainerOptions> = {}): TrainerOptions {
  return { ...plain, maxRows: batchSize * blockSize, ...other };
}

/** The largest difference of two sets of tensors, in units of the largest entry of each. */
function off(found: Weights, expected: Weights): number {
  const others = namedParams(expected);
  const each = namedParams(found).map(([, data], i) => {
    const other = others[i]?.[1] ?? [];
    return worstDifference(data, other) / (worstDifference(other, new Float64Array(other.length)) || 1);
  });
  return Math.max(...each);
}

const cases: readonly (readonly [name: string, config: GPTConfig])[] = [
  ["the published preset", { ...published, vocabSize: 27 }],
  ["the early preset", { ...early, vocabSize: 27 }],
  ["two layers of odd sizes", { ...published, nLayer: 2, nEmbd: 15, nHead: 3, blockSize: 13, vocabSize: 11 }],
  ["larger heads", { ...published, nEmbd: 32, nHead: 2, vocabSize: 60 }],
];

describe.each(cases)("one step of %s", (_, config) => {
  test.each<[batchSize: number, engine: EngineOptions]>([
    [1, {}],
    [2, { strict: true }],
    [7, {}],
    [7, { threads: 2 }],
    [12, { threads: 2, strict: true }],
  ])("on %i documents is the same on both engines: %j", async (batchSize, engine) => {
    const batch = batchOf(batchSize, config, new Random(batchSize));
    const step = async (options: EngineOptions) => {
      const model = GPT.init(config, new Random(3), options);
      // An eps as large as gradients, so that roundings of zero gradients do not cause updates as large as the learning
      // rate.
      const trainer = await model.trainer(optionsFor(config, batchSize, { eps: 1e-3 }));
      const result = trainer.step(batch, 0.01);
      const state = trainer.state();
      model.dispose();
      return { ...result, ...state };
    };
    const [scalar, wasm] = [await step({ engine: "scalar" }), await step({ engine: "wasm", ...engine })];
    expect(Math.abs(wasm.loss / scalar.loss - 1)).toBeLessThan(TOLERANCE);
    expect(Math.abs(wasm.gradNorm / scalar.gradNorm - 1)).toBeLessThan(TOLERANCE);
    expect(off(wasm.weights, scalar.weights)).toBeLessThan(TOLERANCE);
    expect(off(slotOf(wasm, "m"), slotOf(scalar, "m"))).toBeLessThan(TOLERANCE); // 0.15 times the gradient
    expect(off(slotOf(wasm, "v"), slotOf(scalar, "v"))).toBeLessThan(TOLERANCE);
  });
});

/** The slot of each of the weights. */
function slotOf({ weights, slots }: Required<GPTState>, slot: string): Weights {
  return mapParams(weights, (_, name) => slots[slot]?.[name] ?? new Float64Array());
}

/** Dropout written out: at its n-th call site, entry (r, c) depends on the hash of step, row, site and column. */
function dropIn(t: number, { dropout = 0, seed = 0 }: TrainerOptions): (x: ScalarTensor) => ScalarTensor {
  const step = hash24(hash24(seed, Math.floor(seed / 2 ** 24)), t);
  let place = 0;
  return (x) => {
    const [R = 0, C = 0] = x.shape;
    const at = place++;
    const mask = Array.from({ length: R * C }, (_, i) => {
      const key = hash24(hash24(step, Math.floor(i / C)), at);
      return hash24(key, i % C) < dropout * 2 ** 24 ? 0 : 1 / (1 - dropout);
    });
    return x.mul(ScalarTensor.from([R, C], mask));
  };
}

/** The mean loss of step t at these weights, its gradient and the gradient's norm, by `Value.backward`. */
function gradientOf(
  { config, weights }: GPTState,
  batch: readonly number[][],
  t: number,
  o: TrainerOptions,
): { loss: number; gradient: Weights; norm: number } {
  const data = new Map(namedParams(weights));
  const params = mapParams(paramShapes(config), (shape, name) => ScalarTensor.from(shape, data.get(name) ?? []));
  const loss = new ScalarGPT(config, params)
    .losses(pack(batch, config.blockSize), { drop: dropIn(t, o) })
    .mean(0)
    .item();
  loss.backward();
  const gradient = mapParams(params, (tensor) => tensor.grad());
  const norm = Math.hypot(...namedParams(gradient).flatMap(([, numbers]) => [...numbers]));
  return { loss: loss.data, gradient, norm };
}

/**
 * Dropout on a whole batch, clipping, Adam's moments, bias correction and decoupled decay for step t, from the state
 * before it.
 */
function adamW(before: Required<GPTState>, batch: readonly number[][], t: number, rate: number, o: TrainerOptions) {
  const { loss, gradient, norm } = gradientOf(before, batch, t, o);
  const clip = o.gradClip > 0 ? Math.min(1, o.gradClip / (norm + 1e-6)) : 1;
  const zip = (x: Weights, y: Weights, f: (a: number, b: number) => number): Weights => {
    const ys = new Map(namedParams(y));
    return mapParams(x, (data, name) => Float64Array.from(data, (a, i) => f(a, ys.get(name)?.[i] ?? NaN)));
  };
  const m = zip(slotOf(before, "m"), gradient, (mean, g) => o.beta1 * mean + (1 - o.beta1) * clip * g);
  const v = zip(slotOf(before, "v"), gradient, (square, g) => o.beta2 * square + (1 - o.beta2) * (clip * g) ** 2);
  const update = zip(
    m,
    v,
    (mean, square) => mean / (1 - o.beta1 ** t) / (Math.sqrt(square / (1 - o.beta2 ** t)) + o.eps),
  );
  const weights = zip(before.weights, update, (w, by) => w - rate * (by + o.weightDecay * w));
  return { weights, m, v, loss, norm };
}

describe.each<[engine: EngineOptions, tolerance: number]>([
  [{ engine: "scalar" }, 1e-12],
  [{ engine: "wasm" }, TOLERANCE],
  [{ engine: "wasm", strict: true, threads: 2 }, TOLERANCE],
])("each step of %j equals the papers'", (engine, tolerance) => {
  test.each<[what: string, change: Partial<TrainerOptions>]>([
    ["neither", {}],
    ["weight decay", { weightDecay: 0.3 }],
    ["clipping", { gradClip: 0.7 }],
    ["both", { weightDecay: 0.1, gradClip: 0.01 }],
    ["clipping that never acts", { gradClip: 1e6 }],
    ["dropout", { dropout: 0.3, seed: 42 }],
    ["three parts", { gradientAccumulationSteps: 3 }],
    [
      "three parts, dropout, weight decay and clipping",
      { gradientAccumulationSteps: 3, ...{ dropout: 0.2, seed: -7 }, weightDecay: 0.3, gradClip: 0.7 },
    ],
  ])("with %s", async (_, change) => {
    const config: GPTConfig = { ...published, nEmbd: 8, nHead: 2, vocabSize: 12 };
    const random = new Random(5);
    const model = GPT.init(config, random, engine);
    const options = optionsFor(config, 3, change);
    const trainer = await model.trainer(options);
    let clipped = 0;
    for (let t = 1; t <= 12; t++) {
      const batch = batchOf(3, config, random);
      const rate = 0.02 / t;
      const before = trainer.state();
      const { loss, gradNorm } = trainer.step(batch, rate);
      const after = trainer.state();
      const expected = adamW(before, batch, t, rate, options);
      expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(tolerance);
      expect(Math.abs(gradNorm / expected.norm - 1)).toBeLessThan(tolerance);
      expect(off(after.weights, expected.weights)).toBeLessThan(tolerance);
      expect(off(slotOf(after, "m"), expected.m)).toBeLessThan(tolerance);
      expect(off(slotOf(after, "v"), expected.v)).toBeLessThan(tolerance);
      if (gradNorm > options.gradClip) clipped++;
    }
    if (change.gradClip === 0.7) expect([clipped > 0, clipped < 12]).toEqual([true, true]);
    model.dispose();
  });
});
