import { expect, test } from "vitest";
import { SIMD128 } from "../backend/wasm/target.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import { compile } from "../compile/compile.ts";
import type { Roots } from "../compile/lower.ts";
import { printKernels } from "../compile/print-kernel.ts";
import { evaluate } from "../graph/evaluate.ts";
import { GraphNode } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { type Dim, ROWS } from "../util/dim.ts";
import { Random } from "../util/random.ts";
import { decodingStep } from "./decode-graph.ts";

const config: GPTConfig = {
  vocabSize: 27,
  nLayer: 1,
  nHead: 4,
  nEmbd: 16,
  blockSize: 8,
  mlp: "relu",
  initStd: 1,
  zeroInit: false,
};

test("a single token needs no kernel to store its keys and values", () => {
  const { kernels } = compile(decodingStep(config, { rows: 1, slots: 8, predicts: true }), 1, SIMD128);
  expect(printKernels(kernels)).toMatch(/cache\.k\.0\[16slots\[0\]\+j\] = sum\(k<16/);
});

test("without predictions only keys and values are computed", () => {
  const { kernels } = compile(decodingStep(config, { rows: ROWS, slots: 8, predicts: false }), 4, SIMD128);
  const lines = printKernels(kernels).split("\n");
  expect(lines.filter((line) => line.includes("sum(k<16"))).toHaveLength(2);
  expect(lines.join()).not.toMatch(/attention|exp/);
});

/** A product whose rows are added to rows of a table and stored in another one, by ids. */
function placed(rows: Dim): Roots {
  const input = (name: string, ...shape: Dim[]): GraphNode => GraphNode.input(name, shape);
  const product = input("x", rows, 5)
    .matmul(input("w", 5, 6))
    .add(input("rows", 9, 6).embedding(input("from", rows)));
  return {
    outputs: {},
    updates: { table: input("table", 9, 6).apply("put", [input("table", 9, 6), input("to", rows), product], {}) },
  };
}

test.each([1, 2, 3, 4, 5, 7])("%d rows of a product go where their ids say, and no others anywhere", (R) => {
  const random = new Random(R);
  const numbers = (n: number): number[] => Array.from({ length: n }, () => random.gauss());
  const ids = (): number[] => random.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8]).slice(0, R);
  const inputs = { x: numbers(R * 5), w: numbers(30), rows: numbers(54), table: numbers(54), from: ids(), to: ids() };
  const [expected = []] = evaluate(Object.values(placed(R).updates), inputs);
  // The first knows the number of rows, the other does not; they share their tables.
  const exact = compile(placed(R), R, SIMD128);
  const programs = [exact, compile(placed(ROWS), 7, SIMD128, exact)];
  const device = wasm().openNow(programs);
  for (const program of programs) {
    for (const [name, data] of Object.entries(inputs)) device.write(program, name, data);
    device.run(program, R);
    const table = device.view(program, "table").subarray(0, 54);
    expect(Math.max(...Array.from(expected, (x, i) => Math.abs(x - (table[i] ?? Number.NaN))))).toBeLessThan(1e-5);
  }
});

test("adjacent programs share inputs of the same name and size, and nothing else", () => {
  const single = compile(decodingStep(config, { rows: 1, slots: 8, predicts: true }), 1, SIMD128);
  const prompt = compile(decodingStep(config, { rows: ROWS, slots: 8, predicts: false }), 4, SIMD128, single);
  const addresses = [single, prompt].map(({ inputs, plan }) =>
    Object.fromEntries([...inputs].map(([name, buffer]) => [name, plan.addresses.get(buffer) ?? Number.NaN])),
  );
  const [first = {}, second = {}] = addresses;
  for (const name of ["weights", "cache.k.0", "cache.v.0"]) expect(second[name]).toBe(first[name]);
  for (const name of ["tokens", "positions", "slots"]) expect(second[name]).toBeGreaterThanOrEqual(single.plan.bytes);
  expect(prompt.plan.bytes).toBeGreaterThan(single.plan.bytes);
});
