/**
 * Whether queries, keys and values would be faster as one matrix product than as three, forward and for the gradient of the
 * weights: `npx tsx bench/one-product.ts`. Prints how many times as long one takes: the median of the rounds, the least and
 * the most. The results are compared first.
 */

import type { VisibleBackend } from "../src/backend/backend.ts";
import { SIMD128 } from "../src/backend/wasm/target.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compile/compile.ts";
import type { Roots } from "../src/compile/lower.ts";
import type { Target } from "../src/compile/target.ts";
import { GraphNode } from "../src/graph/graph-node.ts";
import { nativeBackend, ownVectors } from "../src/native/native.ts";
import { targetOf } from "../src/native/target.ts";
import { linear } from "../src/tensor/nn.ts";
import { ROWS } from "../src/util/dim.ts";
import { machineLine } from "./machine.ts";

const ROUNDS = 15;
/** Channels, and the tokens of a step. */
const SIZES = [
  [16, 16],
  [16, 256],
  [128, 768],
  [128, 8192],
  [768, 768],
] as const;
const BACKENDS: readonly [string, VisibleBackend, Target][] = [
  ["wasm", wasm(), SIMD128],
  ["native", nativeBackend(), targetOf(ownVectors())],
];

const input = GraphNode.input;
const NAMES = ["q", "k", "v"] as const;

function forward(channels: number): readonly [Roots, Roots] {
  const x = input("x", [ROWS, channels]);
  const three = NAMES.map((name) => [name, linear(x, input(`w${name}`, [channels, channels]))] as const);
  const one = linear(x, input("w", [3 * channels, channels]));
  return [
    { outputs: Object.fromEntries(three), updates: {} },
    { outputs: { qkv: one }, updates: {} },
  ];
}

function weightGradient(channels: number): readonly [Roots, Roots] {
  const x = input("x", [ROWS, channels]);
  const product = (name: string, columns: number): GraphNode => input(name, [ROWS, columns]).permute(1, 0).matmul(x);
  const three = NAMES.map((name) => [name, product(`g${name}`, channels)] as const);
  return [
    { outputs: Object.fromEntries(three), updates: {} },
    { outputs: { qkv: product("g", 3 * channels) }, updates: {} },
  ];
}

console.log(
  `${machineLine()}\n\n| one product / three | ${BACKENDS.map(([name]) => `${name}, forward | ${name}, gradient`).join(" | ")} |`,
);
console.log("|---|---|---|---|---|");
for (const [channels, rows] of SIZES) {
  const cells = BACKENDS.flatMap(([, backend, target]) =>
    [forward, weightGradient].map((graphs) => ratio(graphs(channels), channels, rows, backend, target)),
  );
  console.log(`| ${channels} channels, ${rows} tokens | ${cells.join(" | ")} |`);
}

function ratio(
  roots: readonly [Roots, Roots],
  channels: number,
  rows: number,
  backend: VisibleBackend,
  target: Target,
): string {
  const programs = roots.map((root) => compile(root, rows, target));
  const device = backend.openNow(programs, { threads: 1 });
  const sums = programs.map((program) => {
    // The one product has the numbers of the three, each three times.
    for (const [name, { shape }] of program.inputs) {
      const list = device.view(program, name);
      const columns = Number(shape[1]);
      const own = name.startsWith("w") ? channels : rows;
      for (let i = 0; i < list.length; i++) {
        const [row, column] = [Math.floor(i / columns) % own, (i % columns) % channels];
        list[i] = Math.sin(0.7 * (row * channels + column)) / channels;
      }
    }
    device.run(program, rows);
    const results = [...program.outputs].map(([name, { shape }]) => {
      const [m, n] = shape.map((dim) => (typeof dim === "number" ? dim : rows));
      return device.view(program, name).subarray(0, Number(m) * Number(n));
    });
    return results.flatMap((list) => Array.from(list, (x) => x * x)).reduce((sum, x) => sum + x);
  });
  const [three = 0, one = 0] = sums;
  if (!(Math.abs(three / one - 1) < 1e-3)) throw new Error(`the sums differ: ${three} and ${one}`);
  const times = Math.max(3, Math.ceil(1e8 / (rows * channels * channels)));
  const ratios = Array.from({ length: ROUNDS }, () => {
    const [three = 1, one = 1] = programs.map((program) => {
      const begin = performance.now();
      for (let i = 0; i < times; i++) device.run(program, rows);
      return performance.now() - begin;
    });
    return one / three;
  }).sort((a, b) => a - b);
  device.dispose();
  const [least, middle, most] = [0, ROUNDS >> 1, ROUNDS - 1].map((i) => ratios[i]?.toFixed(2));
  return `${middle} (${least} to ${most})`;
}
