import { describe, expect, test } from "vitest";
import { SIMD128 } from "../backend/wasm/target.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import { decodingStep } from "../engine/decode-graph.ts";
import { trainingStep } from "../engine/step-graph.ts";
import { GraphNode } from "../graph/graph-node.ts";
import type { GPTConfig } from "../model/config.ts";
import { pack } from "../model/pack.ts";
import { interpreted, type Lists, roundings } from "../testing/compiled.ts";
import { type GraphOf, numbersFor, wrongInterpretations, wrongKernels } from "../testing/kernels.ts";
import { describeOps } from "../testing/op-cases.ts";
import { opsByGraph } from "../testing/ops-by-graph.ts";
import { ROWS } from "../util/dim.ts";
import { Random } from "../util/random.ts";
import { compile } from "./compile.ts";

const MAX_ROWS = 11;
const sizes = { vocabSize: 11, nLayer: 2, nHead: 4, nEmbd: 8, blockSize: 8, initStd: 0.5, zeroInit: false };
const settings = { beta1: 0.85, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, gradClip: 1 };

interface Example {
  readonly graph: GraphOf;
  readonly lists: Lists;
  readonly rows: number;
}

function training(config: GPTConfig): Example {
  const documents = [
    [0, 1, 2, 3, 4, 0],
    [5, 6, 7, 10],
  ];
  const { weights: row_weights, ...packed } = pack(documents, config.blockSize);
  return {
    graph: (rows) => trainingStep(config, settings, rows),
    lists: { ...packed, row_weights, learning_rate: [0.01], step: [3] },
    rows: packed.tokens.length,
  };
}

function decoding(config: GPTConfig): Example {
  const lists = { tokens: [3, 4, 5], positions: [2, 3, 4], slots: [2, 3, 4], starts: [0, 0, 0], ends: [3, 4, 5] };
  return {
    graph: (rows) => decodingStep(config, { rows, slots: 8, predicts: true }),
    lists: { ...lists, inverse_temperature: [2] },
    rows: 3,
  };
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

describe("each operation, as kernels in float64", () => {
  // Sums may have another order.
  describeOps({ ...opsByGraph((roots) => interpreted(compile(roots, 1, SIMD128), [])), tolerance: 1e-12, numRuns: 30 });
});

describe.each([...examples])("%s", (_, { graph, lists, rows }) => {
  const inputs = numbersFor(graph, lists, rows, new Random(7));

  test("in float64, by unfused, fused and planned kernels, is what the graph says", () => {
    expect(wrongInterpretations(graph, inputs, rows, MAX_ROWS)).toEqual([]);
  });

  test.each(roundings)(
    "WebAssembly computes every kernel of it as the interpreter does, relaxed: $relaxed",
    ({ relaxed }) => {
      const backend = wasm({ strict: !relaxed });
      expect(wrongKernels(compile(graph(ROWS), MAX_ROWS, SIMD128), inputs, rows, backend)).toEqual([]);
    },
  );
});

test("a guard that is not finite ends a run before its updates", () => {
  const w = GraphNode.input("w", [3]);
  const roots = { outputs: { norm: w.mul(w).sum(0).reshape() }, updates: { w: w.mul(2) }, guards: ["norm"] };
  const run = interpreted(compile(roots, 1, SIMD128), ["w"]);
  expect(run({ w: [1, 2, 3] })).toEqual({ norm: [14], w: [2, 4, 6] });
  expect(run({ w: [1, Number.POSITIVE_INFINITY, 3] }).w).toEqual([1, Number.POSITIVE_INFINITY, 3]);
});
