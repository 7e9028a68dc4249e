import { describe, expect, test } from "vitest";
import { SIMD128 } from "../backend/wasm/target.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import { decodingStep } from "../engine/decode-graph.ts";
import { trainingStep } from "../engine/step-graph.ts";
import { evaluate } from "../graph/evaluate.ts";
import { GraphNode, topologicalOrder } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { pack } from "../model/pack.ts";
import { type Compiled, interpreted, type Lists, placesOf } from "../testing/compiled.ts";
import { describeOps } from "../testing/op-cases.ts";
import { opsByGraph } from "../testing/ops-by-graph.ts";
import { type Dim, ROWS } from "../util/dim.ts";
import { Random } from "../util/random.ts";
import { knownShape, sizeOf } from "../util/shape.ts";
import { compile, type Program } from "./compile.ts";
import { Interpreter } from "./interpret.ts";
import { type Buffer, type Kernel, readsOf, writesOf } from "./kernel.ts";
import { lower, type Roots } from "./lower.ts";
import { plan } from "./plan.ts";

const ROOM = { maxRows: 11, target: SIMD128 };
const sizes = { vocabSize: 11, nLayer: 2, nHead: 4, nEmbd: 8, blockSize: 8, initStd: 0.5, zeroInit: false };
const settings = { beta1: 0.85, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, gradClip: 1 };

/** What a run computes, for a number of rows that may not be known, and its lists. */
interface Example {
  readonly roots: (rows: Dim) => Roots;
  readonly lists: (random: Random) => Lists;
  readonly rows: number;
}

function training(config: GPTConfig): Example {
  const documents = [
    [0, 1, 2, 3, 4, 0],
    [5, 6, 7, 10],
  ];
  const { tokens, targets, positions, starts, ends, weights } = pack(documents, config.blockSize);
  const lists = { tokens, targets, positions, starts, ends, row_weights: weights, learning_rate: [0.01], step: [3] };
  return { roots: (rows) => trainingStep(config, settings, rows), lists: () => lists, rows: tokens.length };
}

function decoding(config: GPTConfig): Example {
  const lists = { tokens: [3, 4, 5], positions: [2, 3, 4], slots: [2, 3, 4], starts: [0, 0, 0], ends: [3, 4, 5] };
  const roots = (rows: Dim): Roots => decodingStep(config, { rows, slots: 8, predicts: true });
  return { roots, lists: () => ({ ...lists, inverse_temperature: [2] }), rows: 3 };
}

const llama = { ...sizes, mlp: "swiglu", nKvHead: 2, positions: "rope", normGain: true, embeddingNorm: false } as const;
const gpt2 = { ...sizes, mlp: "gelu_tanh", norm: "layernorm", normGain: true, bias: true, tied: true } as const;
const examples: readonly (readonly [name: string, example: Example])[] = [
  ["training microgpt", training({ ...sizes, mlp: "relu" })],
  ["training as GPT-2", training(gpt2)],
  ["training as Llama", training({ ...llama, finalNorm: true })],
  ["decoding microgpt", decoding({ ...sizes, mlp: "relu" })],
  ["decoding as GPT-2", decoding(gpt2)],
];

/** Numbers for every input of the example, random where it gives none. */
function listsFor({ roots, lists, rows }: Example): Lists {
  const random = new Random(7);
  const { outputs, updates } = roots(rows);
  const nodes = topologicalOrder([...Object.values(outputs), ...Object.values(updates)]);
  const inputs = nodes.flatMap(({ source, shape }) => (source.kind === "input" ? [[source.name, shape] as const] : []));
  // Slots of optimizers hold squares, which are not negative.
  const made = inputs.map(([name, shape]) => {
    const numbers = Array.from({ length: sizeOf(knownShape(shape)) }, () => Math.abs(random.gauss(0, 0.3)));
    return [name, name.startsWith("v") ? numbers : numbers.map((x, i) => (i % 2 === 0 ? x : -x))] as const;
  });
  return { ...Object.fromEntries(made), ...lists(random) };
}

describe("each operation, as kernels in float64", () => {
  // Sums may have another order.
  describeOps({ ...opsByGraph((roots) => interpreted(compile(roots, 1, SIMD128), [])), tolerance: 1e-12, numRuns: 30 });
});

function unfused(roots: Roots): Program {
  const lowered = lower(roots, ROOM);
  const resident = [...lowered.inputs.values(), ...lowered.outputs.values(), ...lowered.constants];
  return { ...lowered, ...ROOM, plan: plan(lowered.kernels, resident, ROOM) };
}

describe.each([...examples])("%s", (_, example) => {
  const { roots, rows } = example;
  const { outputs, updates } = roots(rows);
  const wanted = { ...outputs, ...updates };
  const lists = listsFor(example);
  const fused = compile(roots(ROWS), ROOM.maxRows, SIMD128);

  test.each<[how: string, program: () => Program, planned: boolean]>([
    ["unfused kernels", () => unfused(roots(ROWS)), false],
    ["fused kernels", () => fused, false],
    ["fused kernels on planned memory", () => fused, true],
  ])("in float64, interpreted as %s, is what the graph says", (_how, program, planned) => {
    const expected = evaluate(Object.values(wanted), lists);
    const run: Compiled = interpreted(program(), Object.keys(updates), { planned });
    const got = run(lists, rows);
    for (const [i, name] of Object.keys(wanted).entries())
      expect(apart(got[name], expected[i]), name).toBeLessThan(1e-11);
  });

  test("WebAssembly computes every kernel of it as the interpreter does", () => {
    const interpreter = new Interpreter(fused);
    for (const [name, buffer] of fused.inputs) put(interpreter.list(buffer), buffer, lists[name] ?? [], rows);
    fused.kernels.forEach((kernel, i) => {
      const alone = programOf(kernel);
      const before = [...alone.inputs].map(
        ([name, buffer]) => [name, Float32Array.from(interpreter.list(buffer))] as const,
      );
      const device = wasm({ strict: true }).openNow([alone]);
      for (const [name, numbers] of before) device.write(alone, name, numbers);
      device.run(alone, rows);
      interpreter.runKernel(kernel, rows);
      for (const [name, buffer] of alone.inputs) {
        if (!writesOf(kernel).has(buffer)) continue;
        const places = placesOf(buffer.shape, rows, ROOM);
        const numbers = device.view(alone, name);
        const [got, expected] = [numbers, interpreter.list(buffer)].map((list) => places.map((at) => list[at] ?? 0));
        // Parts that no kernel has written yet are not there in either.
        const written = (list: readonly number[] = []): number[] => list.map((x) => (Number.isNaN(x) ? 0 : x));
        expect(apart(written(got), written(expected)), `kernel ${i}, ${buffer.name}`).toBeLessThan(1e-5);
      }
      device.dispose();
    });
  });
});

/** A kernel as a program, with all that it reads and writes as inputs. */
function programOf(kernel: Kernel): Program {
  const buffers = [...new Set([...readsOf(kernel), ...writesOf(kernel)])];
  const inputs = new Map<string, Buffer>(buffers.map((buffer, i) => [`b${i}`, buffer]));
  const layout = plan([kernel], buffers, ROOM);
  return { kernels: [kernel], inputs, outputs: new Map(), constants: [], guards: [], ...ROOM, plan: layout };
}

function put(numbers: Float64Array, { shape }: Buffer, list: ArrayLike<number>, rows: number): void {
  placesOf(shape, rows, ROOM).forEach((place, i) => {
    numbers[place] = list[i] ?? Number.NaN;
  });
}

/** The largest difference, in units of the largest entry or of 1 if that is more. */
function apart(got: ArrayLike<number> = [], expected: ArrayLike<number> = []): number {
  const largest = Math.max(1, ...Array.from(expected, Math.abs));
  const differences = Array.from(expected, (x, i) => Math.abs(x - (got[i] ?? Number.NaN)) / largest);
  return differences.some(Number.isNaN) || differences.length === 0
    ? Number.POSITIVE_INFINITY
    : Math.max(...differences);
}

test("a guard that is not finite ends a run before its updates", () => {
  const w = GraphNode.input("w", [3]);
  const roots = { outputs: { norm: w.mul(w).sum(0).reshape() }, updates: { w: w.mul(2) }, guards: ["norm"] };
  const run = interpreted(compile(roots, 1, SIMD128), ["w"]);
  expect(run({ w: [1, 2, 3] })).toEqual({ norm: [14], w: [2, 4, 6] });
  expect(run({ w: [1, Number.POSITIVE_INFINITY, 3] }).w).toEqual([1, Number.POSITIVE_INFINITY, 3]);
});
