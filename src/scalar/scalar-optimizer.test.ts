import { expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { namedParams } from "../model/params.ts";
import { pow } from "../util/math.ts";
import { Random } from "../util/random.ts";
import { ScalarGPT } from "./scalar-gpt.ts";
import { ScalarOptimizer, type ScalarOptimizerOptions } from "./scalar-optimizer.ts";
import type { Value } from "./value.ts";

const config: GPTConfig = {
  ...{ vocabSize: 3, nLayer: 2, nHead: 1, nEmbd: 2, blockSize: 2 },
  ...{ mlp: "relu", initStd: 0.08, zeroInit: false },
};

const fresh = (): ScalarGPT => ScalarGPT.init(config, new Random(1));
const valuesOf = ({ params }: ScalarGPT): Value[] => namedParams(params).flatMap(([, { values }]) => values);
const weightsOf = (model: ScalarGPT): number[] => valuesOf(model).map(({ data }) => data);

/** Gradients of step t, of sizes from 1e-6 to 1, where Adam's division matters. */
function setGradients(model: ScalarGPT, t: number): void {
  const random = new Random(100 + t);
  for (const value of valuesOf(model)) value.grad = random.gauss() * 10 ** -(6 * random.random());
}

/** AdamW to the bit, in microgpt.py's order of operations: mean and root are corrected first. */
test("AdamW has microgpt.py's bits", () => {
  const model = fresh();
  const optimizer = new ScalarOptimizer(model, { weightDecay: 0.1 });
  const [weights, m, v] = [weightsOf(model), ...[0, 0].map(() => weightsOf(model).map(() => 0))];
  for (let t = 1; t <= 5; t++) {
    setGradients(model, t);
    const gradients = valuesOf(model).map(({ grad }) => grad);
    optimizer.step(0.01 / t);
    const expected = gradients.map((g, i) => {
      const mean = 0.85 * (m?.[i] ?? NaN) + (1 - 0.85) * g;
      const square = 0.99 * (v?.[i] ?? NaN) + (1 - 0.99) * (g * g);
      m?.splice(i, 1, mean);
      v?.splice(i, 1, square);
      const [c1, c2] = [1 - pow(0.85, t), 1 - pow(0.99, t)];
      const update = ((0.01 / t) * (mean / c1)) / (Math.sqrt(square / c2) + 1e-8);
      return (weights[i] ?? NaN) * (1 - (0.01 / t) * 0.1) - update;
    });
    expect(weightsOf(model)).toEqual(expected);
    weights.splice(0, weights.length, ...expected);
  }
});

test("with bias correction the first step is the learning rate, for any size of the gradient", () => {
  const model = fresh();
  const before = weightsOf(model);
  valuesOf(model).forEach((value, i) => {
    value.grad = i % 2 === 0 ? 0.5 : -2e-4;
  });
  new ScalarOptimizer(model).step(0.01);
  weightsOf(model).forEach((weight, i) => {
    // eps shortens the step by eps / |gradient|, here at most 5e-5 of it.
    expect(weight - (before[i] ?? NaN)).toBeCloseTo(i % 2 === 0 ? -0.01 : 0.01, 6);
  });
});

test("a weight without a gradient is unchanged to the bit", () => {
  const model = fresh();
  const before = weightsOf(model);
  const optimizer = new ScalarOptimizer(model);
  for (let t = 0; t < 3; t++) optimizer.step(0.01);
  expect(weightsOf(model)).toEqual(before);
});

test("clipping limits the gradient's norm", () => {
  const [clipped, scaled] = [fresh(), fresh()];
  for (const model of [clipped, scaled]) setGradients(model, 0);
  for (const value of valuesOf(scaled)) value.grad *= 0.5 / (2 + 1e-6);
  new ScalarOptimizer(clipped, { optimizer: "sgd", gradClip: 0.5 }).step(1, 2);
  new ScalarOptimizer(scaled, { optimizer: "sgd" }).step(1);
  weightsOf(clipped).forEach((weight, i) => {
    expect(weight).toBeCloseTo(weightsOf(scaled)[i] ?? NaN, 14);
  });
});

test("after a step all gradients are 0", () => {
  const model = fresh();
  setGradients(model, 0);
  expect(valuesOf(model).every(({ grad }) => grad !== 0)).toBe(true);
  new ScalarOptimizer(model).step(0.01);
  expect(valuesOf(model).every(({ grad }) => grad === 0)).toBe(true);
});

const matrices = namedParams(fresh().params)
  .map(([name]) => name)
  .filter((name) => name.startsWith("layer"));
const all = namedParams(fresh().params).map(([name]) => name);

test.each<[settings: ScalarOptimizerOptions, slots: Record<string, readonly string[]>]>([
  [{}, { m: all, v: all }],
  [{ optimizer: "sgd" }, {}],
  [{ optimizer: "sgd", momentum: 0.9 }, { momentum: all }],
  [{ optimizer: "muon" }, { m: ["wte", "wpe", "lm_head"], v: ["wte", "wpe", "lm_head"], momentum: matrices }],
])("with %j it keeps the slots %j", (settings, slots) => {
  const { state } = new ScalarOptimizer(fresh(), settings);
  expect(Object.fromEntries(Object.entries(state.slots).map(([slot, params]) => [slot, Object.keys(params)]))).toEqual(
    slots,
  );
});

test.each<[stop: number, optimizer: ScalarOptimizerOptions]>([
  [1, {}],
  [3, { beta1: 0.9, beta2: 0.95, weightDecay: 0.1, gradClip: 1 }],
  [2, { optimizer: "sgd", momentum: 0.9 }],
  [5, { optimizer: "muon", weightDecay: 0.1 }],
])("continuing from the state of step %i equals not stopping, with %j", (stop, options) => {
  const run = (from: number, to: number, model: ScalarGPT, optimizer: ScalarOptimizer): void => {
    for (let t = from; t < to; t++) {
      setGradients(model, t);
      optimizer.step(0.01 / (t + 1), 2);
    }
  };
  const [whole, halves] = [fresh(), fresh()];
  const unstopped = new ScalarOptimizer(whole, options);
  run(0, 6, whole, unstopped);

  const first = new ScalarOptimizer(halves, options);
  run(0, stop, halves, first);
  const second = new ScalarOptimizer(halves, options, structuredClone(first.state));
  run(stop, 6, halves, second);

  expect(weightsOf(halves)).toEqual(weightsOf(whole));
  expect(second.state).toEqual(unstopped.state);
});
