import { describe, expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import { namedParams, type StateDict } from "../model/params.ts";
import { Random } from "../util/random.ts";
import { Adam, type AdamOptions } from "./adam.ts";
import { ScalarTensor } from "./scalar-tensor.ts";
import type { Value } from "./value.ts";

const config: GPTConfig = {
  ...{ vocabSize: 3, nLayer: 2, nHead: 1, nEmbd: 2, blockSize: 2 },
  ...{ mlp: "relu", initStd: 0.08, zeroInit: false },
};

const freshParams = (): StateDict<ScalarTensor> => initParams(config, new Random(1), ScalarTensor.from);
const valuesOf = (params: StateDict<ScalarTensor>): Value[] => namedParams(params).flatMap(([, { values }]) => values);
const weightsOf = (params: StateDict<ScalarTensor>): number[] => valuesOf(params).map(({ data }) => data);

/** Gradients of step t, of sizes from 1e-6 to 1, where Adam's division matters. */
function setGradients(params: StateDict<ScalarTensor>, t: number): void {
  const random = new Random(100 + t);
  for (const value of valuesOf(params)) value.grad = random.gauss() * 10 ** -(6 * random.random());
}

/** About the middle of the norms of those. */
const NORM = 1.5;

/** Algorithm 2 of the AdamW paper for one weight, given its gradients of all steps and all gradients' norms. */
function textbook(
  start: number,
  gradients: readonly number[],
  norms: readonly number[],
  rate: number,
  options: Required<AdamOptions>,
): number {
  const { beta1, beta2, eps, weightDecay, gradClip } = options;
  let [theta, m, v] = [start, 0, 0];
  gradients.forEach((gradient, i) => {
    const ratio = gradClip / ((norms[i] ?? NaN) + 1e-6);
    const g = gradClip > 0 && ratio < 1 ? gradient * ratio : gradient;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const mHat = m / (1 - beta1 ** (i + 1));
    const vHat = v / (1 - beta2 ** (i + 1));
    theta -= (rate * mHat) / (Math.sqrt(vHat) + eps) + rate * weightDecay * theta;
  });
  return theta;
}

const published = { beta1: 0.85, beta2: 0.99, eps: 1e-8, weightDecay: 0, gradClip: 0 };

describe("Adam does what the papers say", () => {
  test.each<[name: string, given: AdamOptions, meant: Required<AdamOptions>]>([
    ["without options it has microgpt.py's", {}, published],
    ["with those of the early revision", { beta1: 0.9, beta2: 0.95 }, { ...published, beta1: 0.9, beta2: 0.95 }],
    ["with an eps as large as the gradients", { eps: 0.1 }, { ...published, eps: 0.1 }],
    ["without momentum", { beta1: 0 }, { ...published, beta1: 0 }],
    ["without any memory", { beta1: 0, beta2: 0 }, { ...published, beta1: 0, beta2: 0 }],
    ["with weight decay", { weightDecay: 0.3 }, { ...published, weightDecay: 0.3 }],
    ["with gradients clipped at some steps", { gradClip: NORM }, { ...published, gradClip: NORM }],
    ["with both", { weightDecay: 0.1, gradClip: 0.01 }, { ...published, weightDecay: 0.1, gradClip: 0.01 }],
  ])("%s", (_, given, meant) => {
    const params = freshParams();
    const starts = weightsOf(params);
    const gradients = starts.map((): number[] => []);
    const adam = new Adam(params, given);
    const norms: number[] = [];
    for (let t = 0; t < 6; t++) {
      setGradients(params, t);
      norms.push(Math.hypot(...valuesOf(params).map(({ grad }) => grad)));
      valuesOf(params).forEach(({ grad }, i) => {
        gradients[i]?.push(grad);
      });
      adam.step(0.01, norms.at(-1));
    }
    if (meant.gradClip === NORM) expect(new Set(norms.map((norm) => norm < NORM)).size).toBe(2);
    const off = weightsOf(params).map((w, i) =>
      Math.abs(w - textbook(starts[i] ?? NaN, gradients[i] ?? [], norms, 0.01, meant)),
    );
    // Six updates of about 0.01, rounded in another order: an ulp of a weight (below 1) at each.
    expect(Math.max(...off)).toBeLessThan(6 * 2 ** -53);
  });
});

test("thanks to the bias correction the first step is the learning rate, whatever the gradient's size", () => {
  const params = freshParams();
  const before = weightsOf(params);
  const adam = new Adam(params);
  valuesOf(params).forEach((value, i) => {
    value.grad = i % 2 === 0 ? 0.5 : -2e-4;
  });
  adam.step(0.01);
  weightsOf(params).forEach((weight, i) => {
    // eps shortens the step by eps / |gradient|, here at most 5e-5 of it.
    expect(weight - (before[i] ?? NaN)).toBeCloseTo(i % 2 === 0 ? -0.01 : 0.01, 6);
  });
});

test("a weight that never had a gradient stays to the bit", () => {
  const params = freshParams();
  const before = weightsOf(params);
  const adam = new Adam(params);
  for (let t = 0; t < 3; t++) adam.step(0.01);
  expect(weightsOf(params)).toEqual(before);
});

test("after a step all gradients are 0", () => {
  const params = freshParams();
  const adam = new Adam(params);
  setGradients(params, 0);
  expect(valuesOf(params).every(({ grad }) => grad !== 0)).toBe(true);
  adam.step(0.01);
  expect(valuesOf(params).every(({ grad }) => grad === 0)).toBe(true);
});

test("the state counts the steps and has one m and one v for each weight", () => {
  const params = freshParams();
  const adam = new Adam(params);
  expect(adam.state.steps).toBe(0);
  setGradients(params, 0);
  adam.step(0.01);
  adam.step(0.01);
  const { m, v, steps } = adam.state;
  expect(steps).toBe(2);
  for (const moments of [m, v]) {
    expect(namedParams(moments).map(([name, data]) => [name, data.length])).toEqual(
      namedParams(params).map(([name, { values }]) => [name, values.length]),
    );
  }
});

test.each([1, 3, 5])("going on from the state of step %i equals not stopping", (stop) => {
  const options = { beta1: 0.9, beta2: 0.95, weightDecay: 0.1, gradClip: 1 };
  const run = (from: number, to: number, params: StateDict<ScalarTensor>, adam: Adam): void => {
    for (let t = from; t < to; t++) {
      setGradients(params, t);
      adam.step(0.01 / (t + 1), 2);
    }
  };
  const [whole, halves] = [freshParams(), freshParams()];
  const unstopped = new Adam(whole, options);
  run(0, 6, whole, unstopped);

  const first = new Adam(halves, options);
  run(0, stop, halves, first);
  const second = new Adam(halves, options, structuredClone(first.state));
  run(stop, 6, halves, second);

  expect(weightsOf(halves)).toEqual(weightsOf(whole));
  expect(second.state).toEqual(unstopped.state);
});
