/** For tests: a GPT's loss and gradients by the readable engine, and by its graph on any machine. */

import { type GPTConfig, namedParams, pack, Random, ScalarGPT } from "microgpt";
import { expect, test } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { SIMD128 } from "../../src/backend/wasm/target.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { compile } from "../../src/compile/compile.ts";
import { evaluate } from "../../src/graph/evaluate.ts";
import { grad } from "../../src/graph/grad.ts";
import type { GraphNode } from "../../src/graph/graph-node.ts";
import { interpreted, openedOn, roundings } from "../../src/testing/compiled.ts";
import { traceLoss } from "../../src/testing/packed.ts";
import { type Dim, ROWS } from "../../src/util/dim.ts";
import { worstDifference } from "./traces.ts";

// Both are float64 and differ in the order of their sums: the worst difference was 1e-15 of a tensor's largest entry.
const TOLERANCE = 1e-12;
// float32 rounds to 6e-8, in sums of up to a few hundred terms, layer by layer.
const FLOAT32 = 2e-5;

/** Numbers by name: the loss, and the gradient of each parameter. */
type Result = Readonly<Record<string, ArrayLike<number>>>;

interface Example {
  readonly config: GPTConfig;
  /** The inputs of a graph: the weights, and the documents as rows. */
  readonly inputs: Result;
  readonly rows: number;
  /** From backward() on scalars. */
  readonly expected: Result;
}

/** A model whose gains, biases and scales are off their first values, so that they matter. */
export function stirred(config: GPTConfig, random: Random): ScalarGPT {
  const model = ScalarGPT.init(config, random);
  for (const [, { shape, values }] of namedParams(model.params)) {
    if (shape.length === 1) for (const value of values) value.data += 0.3 * random.gauss();
  }
  return model;
}

function exampleOf(config: GPTConfig, lengths: readonly number[]): Example {
  const random = new Random(1);
  const model = stirred(config, random);
  const token = (): number => Math.floor(random.random() * config.vocabSize);
  const documents = lengths.map((length) => Array.from({ length: length + 1 }, token));
  const loss = model.loss(...documents);
  loss.backward();
  const packed = pack(documents, config.blockSize);
  const named = namedParams(model.params);
  return {
    config,
    inputs: { ...Object.fromEntries(named.map(([name, tensor]) => [name, tensor.data()])), ...packed },
    rows: packed.tokens.length,
    expected: { loss: [loss.data], ...Object.fromEntries(named.map(([name, tensor]) => [`d ${name}`, tensor.grad()])) },
  };
}

interface Comparison {
  readonly float32?: number;
  readonly backends?: readonly Backend[];
}

/** The graph of the loss, and of each parameter's gradient. */
function graphOf(config: GPTConfig, rows: Dim): Record<string, GraphNode> {
  const { params, loss } = traceLoss(config, rows);
  const named = namedParams(params);
  const nodes = named.map(([, node]) => node);
  const gradients = grad(loss, nodes);
  return { loss, ...Object.fromEntries(named.map(([name], i) => [`d ${name}`, gradients[i] ?? loss])) };
}

/**
 * The tensors whose error exceeds the tolerance, in units of their largest entry. A bias is measured by its matrix too: that
 * of the keys shifts all scores of a query alike, which softmax ignores, so its gradient is only rounding.
 */
function wrong(result: Result, expected: Result, tolerance: number): string[] {
  return Object.entries(expected).flatMap(([name, numbers]) => {
    const matrix = expected[name.replace(/_bias$/, "")] ?? numbers;
    const largest = Math.max(largestOf(numbers), largestOf(matrix)) || 1;
    const off = worstDifference(result[name] ?? [], numbers) / largest;
    // A scale's gradient is one sum over all rows and channels, whose terms may cancel: 3e-5 was the worst seen.
    const allowed = name.endsWith("_scale") ? 10 * tolerance : tolerance;
    return off < allowed ? [] : [`${name} is off by ${off}`];
  });
}

function largestOf(numbers: ArrayLike<number>): number {
  return worstDifference(numbers, new Float64Array(numbers.length));
}

/**
 * Compares the gradients of a model on documents of these lengths: tape, graph in float64, graph on each backend, by default
 * WebAssembly's two.
 */
export function compareGradients(
  config: GPTConfig,
  lengths: readonly number[],
  { float32 = FLOAT32, backends = roundings.map(({ relaxed }) => wasm({ strict: !relaxed })) }: Comparison = {},
): void {
  const { inputs, rows, expected } = exampleOf(config, lengths);

  test("in float64, on the reference backend", () => {
    const graph = graphOf(config, rows);
    const lists = evaluate(Object.values(graph), inputs);
    const result = Object.fromEntries(Object.keys(graph).map((name, i) => [name, lists[i] ?? []]));
    expect(wrong(result, expected, TOLERANCE)).toEqual([]);
  });

  test("in float64, by the interpreter of kernels", () => {
    const roots = { outputs: graphOf(config, ROWS), updates: {} };
    const program = interpreted(compile(roots, rows + 3, SIMD128), []);
    expect(wrong(program(inputs, rows), expected, TOLERANCE)).toEqual([]);
  });

  test.each(backends)("in float32, on $name", async (backend) => {
    const program = await openedOn(backend, { outputs: graphOf(config, ROWS), updates: {} }, rows + 3);
    expect(wrong(await program(inputs, rows), expected, float32)).toEqual([]);
  });
}
