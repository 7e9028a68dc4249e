import { describe, expect, test } from "vitest";
import { ArrayTensor } from "../tensor/array-tensor.ts";
import { Random } from "../util/random.ts";
import { clipped } from "./clip.ts";
import { orthogonalized } from "./muon.ts";
import { type At, type Slots, type Treatment, updated } from "./optimizer.ts";
import { type OptimizerSettings, type ParamKind, treatmentOf } from "./optimizers.ts";

const STEPS = 6;
const RATE = 0.01;
const adam = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 };
const matrix: ParamKind = { decays: true, group: "matrix" };
const vector: ParamKind = { decays: false, group: "vector" };

const one = (x: number): ArrayTensor => ArrayTensor.from([], [x]);
const stepAt = (t: number): At<ArrayTensor> => ({ learningRate: one(RATE), power: (base) => one(base ** t) });

/** Gradients of a 3 by 2 parameter, of sizes from 1e-6 to 1, where Adam's division matters. */
function gradientsOf(seed: number): number[][] {
  const random = new Random(seed);
  const entry = (): number => random.gauss() * 10 ** -(6 * random.random());
  return Array.from({ length: STEPS }, () => Array.from({ length: 6 }, entry));
}

/** A parameter and its slots after each step. */
function course(treatment: Treatment, start: readonly number[], shape = [3, 2]): number[][] {
  let p = ArrayTensor.from(shape, start);
  let slots: Slots<ArrayTensor> = Object.fromEntries(
    treatment.optimizer.slots.map((name) => [
      name,
      ArrayTensor.from(
        shape,
        start.map(() => 0),
      ),
    ]),
  );
  return gradientsOf(1).map((gradient, i) => {
    ({ p, slots } = updated(treatment, { p, g: ArrayTensor.from(shape, gradient), slots }, stepAt(i + 1)));
    return [...p.data];
  });
}

/** The same for a rule on a single number with its own state. */
function entryByEntry(start: readonly number[], rule: () => (p: number, g: number, t: number) => number): number[][] {
  const rules = start.map(rule);
  let p = [...start];
  return gradientsOf(1).map((gradient, i) => {
    p = p.map((x, n) => rules[n]?.(x, gradient[n] ?? Number.NaN, i + 1) ?? Number.NaN);
    return p;
  });
}

/** Algorithm 2 of the AdamW paper, with its line 6 or, `decoupled`, its line 12. */
function textbookAdam({ beta1, beta2, eps, weightDecay }: OptimizerSettings, decoupled: boolean) {
  let [m, v] = [0, 0];
  return (p: number, gradient: number, t: number): number => {
    const g = decoupled ? gradient : gradient + weightDecay * p;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const [mHat, vHat] = [m / (1 - beta1 ** t), v / (1 - beta2 ** t)];
    return p - (RATE * mHat) / (Math.sqrt(vHat) + eps) - (decoupled ? RATE * weightDecay * p : 0);
  };
}

/** torch.optim.SGD's documentation, without dampening. */
function textbookSGD(momentum: number, weightDecay = 0) {
  let buffer = 0;
  return (p: number, gradient: number): number => {
    buffer = momentum * buffer + gradient + weightDecay * p;
    return p - RATE * buffer;
  };
}

type Matrix = readonly (readonly number[])[];
const product = (x: Matrix, y: Matrix): Matrix =>
  x.map((row) => (y[0] ?? []).map((_, j) => row.reduce((sum, a, k) => sum + a * (y[k]?.[j] ?? Number.NaN), 0)));
const turned = (x: Matrix): Matrix => (x[0] ?? []).map((_, j) => x.map((row) => row[j] ?? Number.NaN));
const mixed = (a: number, x: Matrix, b: number, y: Matrix): Matrix =>
  x.map((row, i) => row.map((entry, j) => a * entry + b * (y[i]?.[j] ?? Number.NaN)));

/** zeropower_via_newtonschulz5 of github.com/KellerJordan/Muon, in float64. */
function newtonSchulz5(g: Matrix): Matrix {
  const tall = g.length > (g[0]?.length ?? 0);
  const norm = Math.hypot(...g.flat());
  let x: Matrix = (tall ? turned(g) : g).map((row) => row.map((entry) => entry / (norm + 1e-7)));
  for (let i = 0; i < 5; i++) {
    const a = product(x, turned(x));
    x = mixed(3.4445, x, 1, product(mixed(-4.775, a, 2.0315, product(a, a)), x));
  }
  return tall ? turned(x) : x;
}

/** The course of `muon_update` and SingleDeviceMuon of the same file. */
function publishedMuon(start: Matrix, momentum: number, rate: number, weightDecay: number): number[][] {
  const [rows, columns] = [start.length, start[0]?.length ?? 1];
  let [p, buffer] = [start, mixed(0, start, 0, start)];
  return gradientsOf(1).map((gradient) => {
    const g: Matrix = start.map((_, i) => gradient.slice(i * columns, (i + 1) * columns));
    buffer = mixed(momentum, buffer, 1 - momentum, g);
    const o = newtonSchulz5(mixed(1 - momentum, g, momentum, buffer));
    p = mixed(1 - rate * weightDecay, p, -rate * Math.sqrt(Math.max(1, rows / columns)), o);
    return p.flat();
  });
}

/** Rounded in another order: some ulps of a weight below 1 at each step. */
function expectClose(got: number[][], expected: number[][], within = STEPS * 2 ** -52): void {
  expect(got).toHaveLength(expected.length);
  got.forEach((row, t) => {
    row.forEach((x, i) => {
      expect(Math.abs(x - (expected[t]?.[i] ?? Number.NaN))).toBeLessThan(within);
    });
  });
}

const start = [0.3, -0.2, 0.1, 0.05, -0.4, 0.25];

describe("each optimizer follows its definition, step by step", () => {
  test.each<[what: string, settings: OptimizerSettings, rule: () => (p: number, g: number, t: number) => number]>([
    ["Adam", adam, () => textbookAdam(adam, true)],
    ["Adam without memory", { ...adam, beta1: 0, beta2: 0 }, () => textbookAdam({ ...adam, beta1: 0, beta2: 0 }, true)],
    ["AdamW", { ...adam, weightDecay: 0.3 }, () => textbookAdam({ ...adam, weightDecay: 0.3 }, true)],
    [
      "Adam with an L2 penalty",
      { ...adam, weightDecay: 0.3, decoupledWeightDecay: false },
      () => textbookAdam({ ...adam, weightDecay: 0.3 }, false),
    ],
    ["SGD", { ...adam, optimizer: "sgd" }, () => textbookSGD(0)],
    ["SGD with momentum", { ...adam, optimizer: "sgd", momentum: 0.9 }, () => textbookSGD(0.9)],
    [
      "SGD with momentum and an L2 penalty",
      { ...adam, optimizer: "sgd", momentum: 0.9, weightDecay: 0.1, decoupledWeightDecay: false },
      () => textbookSGD(0.9, 0.1),
    ],
    ["Muon, of what is no matrix, is AdamW", { ...adam, optimizer: "muon" }, () => textbookAdam(adam, true)],
  ])("%s", (_, settings, rule) => {
    const kind = settings.optimizer === "muon" ? ({ ...matrix, group: "embedding" } as const) : matrix;
    expectClose(course(treatmentOf(settings, kind), start), entryByEntry(start, rule));
  });

  test.each([
    ["tall", [3, 2]],
    ["wide", [2, 3]],
    ["one row", [1, 6]],
  ])("Muon, of a matrix that is %s", (_, shape) => {
    const [rows = 1, columns = 1] = shape;
    const settings = { ...adam, optimizer: "muon", muonMomentum: 0.9, muonLr: 0.03, weightDecay: 0.1 } as const;
    const got = course(treatmentOf({ ...settings, learningRate: RATE }, matrix), start, shape);
    const first = Array.from({ length: rows }, (_, i) => start.slice(i * columns, (i + 1) * columns));
    expectClose(got, publishedMuon(first, 0.9, 0.03, 0.1), 1e-13);
  });
});

test("parameters without decay do not decay", () => {
  const [decaying, not] = [matrix, vector].map((kind) => treatmentOf({ ...adam, weightDecay: 0.3 }, kind).weightDecay);
  expect([decaying, not]).toEqual([0.3, 0]);
});

describe("orthogonalized", () => {
  test("brings the singular values near 1 and keeps the singular vectors", () => {
    // Singular values 5 and 0.5, rotated by a third of a right angle.
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    const { data } = orthogonalized(ArrayTensor.from([2, 2], [5 * c, -0.5 * s, 5 * s, 0.5 * c]));
    const [p = 0, q = 0, r = 0, t = 0] = data;
    const [first, second] = [Math.hypot(p, r), Math.hypot(q, t)];
    for (const value of [first, second]) {
      expect(value).toBeGreaterThan(0.68);
      expect(value).toBeLessThan(1.14);
    }
    expect(p / first).toBeCloseTo(c, 12);
    expect(q / second).toBeCloseTo(-s, 12);
  });

  test("of zeros are zeros", () => {
    expect([...orthogonalized(ArrayTensor.from([2, 3], new Float64Array(6))).data]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe("clipped", () => {
  const gradient = ArrayTensor.from([2], [3, 4]);
  test.each([
    ["no limit", 0, [3, 4]],
    ["a norm within the limit", 10, [3, 4]],
    ["a norm beyond it", 1, [0.6, 0.8]],
  ])("%s", (_, gradClip, expected) => {
    const got = [...clipped(gradient, one(5), gradClip).data];
    for (const [i, x] of got.entries()) expect(x).toBeCloseTo(expected[i] ?? Number.NaN, 6);
    if (gradClip !== 1) expect(got).toEqual(expected);
  });
});
