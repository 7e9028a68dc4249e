import { describe, expect, test } from "vitest";
import { describeOps } from "../testing/op-cases.ts";
import { opsByGraph } from "../testing/ops-by-graph.ts";
import { MicrogptError } from "../util/errors.ts";
import { evaluate } from "./evaluate.ts";
import { GraphNode } from "./graph-node.ts";

describe("each operation, forward and by the gradient's table", () => {
  describeOps(
    opsByGraph(({ outputs }) => (inputs) => {
      const results = evaluate(Object.values(outputs), inputs);
      return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, results[i] ?? []]));
    }),
  );
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
