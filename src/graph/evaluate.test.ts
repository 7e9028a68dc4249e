import { describe, expect, test } from "vitest";
import type { Op, OpInputs } from "../tensor/ops.ts";
import { type Case, describeOps } from "../testing/op-cases.ts";
import { MicrogptError } from "../util/errors.ts";
import { evaluate } from "./evaluate.ts";
import { grad } from "./grad.ts";
import { GraphNode } from "./graph-node.ts";

/** The operation as a graph, with its inputs as placeholders, and their numbers by name. */
function trace<K extends Op>(op: K, { inputs, attrs }: Case<K>) {
  const leaves = inputs.map(({ shape }, i) => GraphNode.input(`x${i}`, shape));
  const numbers = Object.fromEntries(inputs.map(({ data }, i) => [`x${i}`, data]));
  const typed = leaves as readonly GraphNode[] as OpInputs<GraphNode, K>;
  return { leaves, numbers, result: GraphNode.constant([], [0]).apply(op, typed, attrs) };
}

describe("each operation, forward and by the gradient's table", () => {
  describeOps({
    forward: (op, example) => {
      const { numbers, result } = trace(op, example);
      return evaluate([result], numbers)[0] ?? [];
    },
    backward: (op, example, weights) => {
      const { leaves, numbers, result } = trace(op, example);
      const loss = result
        .reshape(-1)
        .mul(GraphNode.constant([weights.length], weights))
        .sum(0);
      return evaluate(grad(loss, leaves), numbers);
    },
  });
});

describe("evaluate", () => {
  const x = GraphNode.input("x", [2, 3]);

  test("gives an output for each root, in order, and computes shared nodes once", () => {
    const twice = x.add(x);
    const [sum, product] = evaluate([twice.sum(0), twice.mul(twice)], { x: [1, 2, 3, 4, 5, 6] });
    expect([...(sum ?? [])]).toEqual([10, 14, 18]);
    expect([...(product ?? [])]).toEqual([4, 16, 36, 64, 100, 144]);
  });

  test.each<[what: string, inputs: Record<string, number[]>, message: string]>([
    ["is missing", {}, "evaluate: expected input x with 6 numbers, of shape (2, 3), got none; pass one for each entry"],
    ["has too few numbers", { x: [1, 2] }, "of shape (2, 3), got 2;"],
  ])("refuses an input that %s", (_, inputs, message) => {
    expect(() => evaluate([x.exp()], inputs)).toThrow(MicrogptError);
    expect(() => evaluate([x.exp()], inputs)).toThrow(message);
  });

  test("refuses an id outside its table", () => {
    const ids = GraphNode.input("ids", [2]);
    expect(() => evaluate([x.embedding(ids)], { x: [1, 2, 3, 4, 5, 6], ids: [0, 2] })).toThrow(
      "embedding: expected ids from 0 to 1",
    );
  });
});
