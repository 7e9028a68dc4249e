/**
 * The central test: two derivations of the same numbers. `Value.backward` applies the chain rule to numbers on a tape;
 * `grad` rewrites the graph by a table of rules, and the result runs on the reference backend, or as compiled kernels
 * in WebAssembly. Every parameter's gradient agrees.
 */

import { type GPTConfig, namedParams, pack, presets, Random, ScalarGPT } from "microgpt";
import { describe, expect, test } from "vitest";
import { evaluate } from "../src/graph/evaluate.ts";
import { grad } from "../src/graph/grad.ts";
import type { GraphNode } from "../src/graph/graph-node.ts";
import { compiled, targets } from "../src/testing/compiled.ts";
import { traceLoss } from "../src/testing/packed.ts";
import { type Dim, ROWS } from "../src/util/dim.ts";
import { worstDifference } from "./support/traces.ts";

// Both are float64 and differ in the order of their sums: the worst difference was 1e-15 of a tensor's largest entry.
const TOLERANCE = 1e-12;
// float32 rounds to 6e-8, in sums of up to a few hundred terms, layer by layer.
const FLOAT32 = 2e-5;

const { model: published } = presets.microgpt;
const { model: early } = presets["microgpt-early"];

/** No zero weights, so that every gradient is meaningful. */
const warm: GPTConfig = { ...early, zeroInit: false, initStd: 0.5, vocabSize: 7 };

const cases: readonly (readonly [name: string, config: GPTConfig, lengths: readonly number[], float32?: number])[] = [
  ["the published preset", { ...published, vocabSize: 27 }, [7]],
  ["the early preset, whose zeros leave some gradients 0", { ...early, vocabSize: 27 }, [7]],
  ["the published preset's whole context", { ...published, vocabSize: 27 }, [16]],
  ["the published preset on a batch", { ...published, vocabSize: 27 }, [5, 1, 9]],
  ["the early preset on a batch, the longest document cut", { ...early, vocabSize: 27 }, [3, 10, 2]],
  ["one token", warm, [1]],
  ["documents of one token", warm, [1, 1, 1]],
  // For one channel RMSNorm keeps only the sign, so errors that scale its input cancel.
  ["one channel and one head", { ...warm, nEmbd: 1, nHead: 1 }, [3, 2], 2e-4],
  ["a head for each channel", { ...warm, nEmbd: 5, nHead: 5 }, [4]],
  ["three layers", { ...warm, nLayer: 3, nEmbd: 6, nHead: 2 }, [5, 4]],
  ["odd sizes", { ...warm, nLayer: 2, nEmbd: 15, nHead: 3, blockSize: 17, vocabSize: 5 }, [17, 3]],
  ["two layers of ReLU", { ...warm, mlp: "relu", nLayer: 2, nEmbd: 12, nHead: 3 }, [6, 1, 8, 4]],
];

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

function exampleOf(config: GPTConfig, lengths: readonly number[]): Example {
  const random = new Random(1);
  const model = ScalarGPT.init(config, random);
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

/** The graph of the loss, and of each parameter's gradient. */
function graphOf(config: GPTConfig, rows: Dim): Record<string, GraphNode> {
  const { params, loss } = traceLoss(config, rows);
  const named = namedParams(params);
  const nodes = named.map(([, node]) => node);
  const gradients = grad(loss, nodes);
  return { loss, ...Object.fromEntries(named.map(([name], i) => [`d ${name}`, gradients[i] ?? loss])) };
}

/** The tensors whose error exceeds the tolerance, in units of their largest entry. */
function wrong(result: Result, expected: Result, tolerance: number): string[] {
  return Object.entries(expected).flatMap(([name, numbers]) => {
    const largest = worstDifference(numbers, new Float64Array(numbers.length)) || 1;
    const off = worstDifference(result[name] ?? [], numbers) / largest;
    return off < tolerance ? [] : [`${name} is off by ${off}`];
  });
}

describe.each([...cases] as [...(typeof cases)[number]][])("%s", (_, config, lengths, float32 = FLOAT32) => {
  const { inputs, rows, expected } = exampleOf(config, lengths);

  test("in float64, on the reference backend", () => {
    const graph = graphOf(config, rows);
    const lists = evaluate(Object.values(graph), inputs);
    const result = Object.fromEntries(Object.keys(graph).map((name, i) => [name, lists[i] ?? []]));
    expect(wrong(result, expected, TOLERANCE)).toEqual([]);
  });

  test.each(targets)("in float32, in WebAssembly, relaxed: $relaxed", (target) => {
    const program = compiled({ outputs: graphOf(config, ROWS), updates: {} }, target, rows + 3);
    expect(wrong(program(inputs, rows), expected, float32)).toEqual([]);
  });
});
