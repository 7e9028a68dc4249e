/** The kernels of compiled graphs, as text. */

import { describe, expect, test } from "vitest";
import { SIMD128 } from "../backend/wasm/target.ts";
import { trainingStep } from "../engine/step-graph.ts";
import { GraphNode } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { crossEntropy, linear, rmsnorm, softmax } from "../tensor/nn.ts";
import { ROWS } from "../util/dim.ts";
import { compile } from "./compile.ts";
import type { Roots } from "./lower.ts";
import { printKernels } from "./print-kernel.ts";

const config: GPTConfig = {
  ...{ vocabSize: 5, nLayer: 1, nHead: 2, nEmbd: 4, blockSize: 8 },
  ...{ mlp: "relu2", initStd: 0.1, zeroInit: false },
};

function kernelsOf(outputs: Roots["outputs"], updates: Roots["updates"] = {}): string {
  return printKernels(compile({ outputs, updates }, 8, SIMD128).kernels);
}

const x = GraphNode.input("x", [ROWS, 5]);
const w = GraphNode.input("w", [3, 5]);
const ids = GraphNode.input("ids", [ROWS]);

describe("small graphs", () => {
  test("a chain of entry-by-entry operations is one kernel", () => {
    expect(kernelsOf({ y: x.mul(2).add(1).relu().neg().exp() })).toMatchInlineSnapshot(
      `"for i<R j<5: y[5i+j] = exp(relu((x[5i+j] * 2) + 1) * -1)"`,
    );
  });

  test("a hash for each row is computed before it is repeated", () => {
    const keys = GraphNode.input("keys", [ROWS, 1]);
    const columns = GraphNode.constant([5], [0, 1, 2, 3, 4]);
    expect(kernelsOf({ y: keys.hash(3).hash(columns).mul(2) })).toMatchInlineSnapshot(`
      "for i<R j<1: value0[i] = hash(keys[i], 3)
      for i<R j<5: y[5i+j] = hash(value0[i], constant0[j]) * 2"
    `);
  });

  test("softmax is three: the largest, the sum, the division", () => {
    expect(kernelsOf({ y: softmax(x) })).toMatchInlineSnapshot(`
      "for i<R: max0[i] = max(j<5: x[5i+j])
      for i<R: value0[i] = sum(j<5: exp(x[5i+j] + (max0[i] * -1)))^-1
      for i<R j<5: y[5i+j] = exp(x[5i+j] + (max0[i] * -1)) * value0[i]"
    `);
  });

  test("rmsnorm is two", () => {
    expect(kernelsOf({ y: rmsnorm(x) })).toMatchInlineSnapshot(`
      "for i<R: value0[i] = ((sum(j<5: x[5i+j] * x[5i+j]) * 0.2) + 0.00001)^-0.5
      for i<R j<5: y[5i+j] = x[5i+j] * value0[i]"
    `);
  });

  test("cross entropy writes neither the shifted logits nor their exps", () => {
    expect(kernelsOf({ losses: crossEntropy(x, ids) })).toMatchInlineSnapshot(`
      "for i<R: max0[i] = max(j<5: x[5i+j])
      for i<R: losses[i] = log(sum(j<5: exp(x[5i+j] + (max0[i] * -1)))) + ((x[ids[i]+5i] + (max0[i] * -1)) * -1)"
    `);
  });

  test("a matrix product absorbs the operations on each of its entries", () => {
    const y = GraphNode.input("y", [ROWS, 3]);
    expect(kernelsOf({ z: linear(x, w).relu().add(y) })).toMatchInlineSnapshot(
      `"for i<R j<3: z[3i+j] = relu(sum(k<5: x[5i+k] * w[5j+k])) + y[3i+j]"`,
    );
  });

  test("but not rows that ids pick", () => {
    const table = GraphNode.input("table", [7, 3]);
    expect(kernelsOf({ z: linear(x, w).add(table.embedding(ids)) })).toMatchInlineSnapshot(
      `"for i<R j<3: z[3i+j] = sum(k<5: x[5i+k] * w[5j+k]) + table[3ids[i]+j]"`,
    );
  });

  test("views cost nothing, and parts are stored where they belong", () => {
    const turned = x.slice(1, 1, 5).reshape(-1, 2, 2).permute(0, 2, 1).reshape(-1, 4);
    expect(kernelsOf({ y: turned.concat(1, linear(x, w)) })).toMatchInlineSnapshot(`
      "for i<R j<2 k<2: y[7i+2j+k] = x[5i+j+2k+1]
      for i<R j<3: y[7i+j+4] = sum(k<5: x[5i+k] * w[5j+k])"
    `);
  });

  test("an updated table is written in place, unless its old value is read", () => {
    const cache = GraphNode.input("cache", [9, 5]);
    const updated = cache.put(ids, x);
    expect(kernelsOf({ y: updated.sum(0) }, { cache: updated })).toMatchInlineSnapshot(`
      "for i<R j<5: cache[5ids[i]+j] = x[5i+j]
      for i<5: y[i] = sum(j<9: cache[i+5j])"
    `);
    expect(kernelsOf({ y: updated.sum(0), old: cache.sum(0) }, { cache: updated })).toMatchInlineSnapshot(`
      "for i<9 j<5: put0[5i+j] = cache[5i+j]
      for i<R j<5: put0[5ids[i]+j] = x[5i+j]
      for i<5: y[i] = sum(j<9: put0[i+5j])
      for i<5: old[i] = sum(j<9: cache[i+5j])
      for i<9 j<5: cache[5i+j] = put0[5i+j]"
    `);
  });

  test("updates that read each other are computed before they are stored", () => {
    const [s, t] = [GraphNode.input("s", [3, 3]), GraphNode.input("t", [3, 3])];
    expect(kernelsOf({}, { s: t, t: s })).toMatchInlineSnapshot(`
      "for i<3 j<3: value0[3i+j] = s[3i+j]
      for i<3 j<3: s[3i+j] = t[3i+j]
      for i<3 j<3: t[3i+j] = value0[3i+j]"
    `);
    expect(kernelsOf({}, { s: s.transpose(0, 1) })).toMatchInlineSnapshot(`
      "for i<3 j<3: value0[3i+j] = s[i+3j]
      for i<3 j<3: s[3i+j] = value0[3i+j]"
    `);
  });
});

describe("a whole training step", () => {
  const settings = { beta1: 0.85, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, gradClip: 1 };
  const { kernels } = compile(trainingStep(config, settings), 8, SIMD128);
  const lines = printKernels(kernels).split(/\n(?! )/);

  test("reads as intended", async () => {
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("kernels.test.step.txt");
  });

  test("AdamW is one kernel, the only one that writes weights", () => {
    const writing = lines.filter((line) => / (weights|m|v)\[\w*\] = /.test(line));
    expect(writing).toEqual([lines.at(-1)]);
  });

  test("every part of the gradient is stored in its place by the kernel that makes it", () => {
    const makers = lines.filter((line) => / concat0\[.*\] \+?= /.test(line));
    expect(makers).toHaveLength(9);
    expect(makers.every((line) => /= sum\(|\+= /.test(line))).toBe(true);
  });

  test.each([true, false])("of a large vocabulary has no kernel that only copies numbers, tied: %s", (tied) => {
    const large = { ...config, vocabSize: 9000, tied, bias: true, finalNorm: true, normGain: true };
    const copies = compile(trainingStep(large, settings), 8, SIMD128).kernels.filter(
      (kernel) =>
        kernel.kind === "map" && !kernel.reduction && kernel.stores.every(({ value }) => value.kind === "load"),
    );
    expect(printKernels(copies)).toBe("");
  });

  test("for any number of rows, it has as many kernels as for one", () => {
    expect(compile(trainingStep(config, settings, 8), 8, SIMD128).kernels).toHaveLength(kernels.length);
  });
});

test("an impossible request is an internal error", () => {
  expect(() => kernelsOf({ x: x.exp() })).toThrow("internal: input and output are both called x");
  expect(() => kernelsOf({}, { x: x.sum(1) })).toThrow("internal: two shapes of input x");
});
