import { expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { namedParams } from "../model/params.ts";
import { traceLoss } from "../testing/packed.ts";
import { ROWS } from "../util/dim.ts";
import { grad } from "./grad.ts";
import { GraphNode, topologicalOrder } from "./graph-node.ts";
import { printGraph } from "./print.ts";
import { simplify } from "./simplify.ts";

test("a line a node, each after its operands, and a shared node once", () => {
  const x = GraphNode.input("x", [2, 3]);
  const y = x.mul(2);
  expect(printGraph({ sum: y.add(y).sum(-1), y })).toBe(
    [
      "%0 = input x (2, 3)",
      "%1 = constant [2] ()",
      "%2 = mul(%0, %1) (2, 3)",
      "%3 = add(%2, %2) (2, 3)",
      "%4 = sum(%3, axis=-1) (2, 1)",
      "sum = %4",
      "y = %2",
    ].join("\n"),
  );
});

test("long constants are cut", () => {
  expect(printGraph({ c: GraphNode.constant([8], [0, 1, 2, 3, 4, 5, 6, 7]) })).toBe(
    "%0 = constant [0 1 2 3 4 5 ...] (8)\nc = %0",
  );
});

const config: GPTConfig = {
  ...{ vocabSize: 5, nLayer: 1, nHead: 2, nEmbd: 4, blockSize: 8 },
  ...{ mlp: "relu2", initStd: 0.1, zeroInit: false },
};

/** A GPT's loss and the gradient of each weight, by name, for any number of rows. */
function step(): Record<string, GraphNode> {
  const { params, loss } = traceLoss(config, ROWS);
  const named = namedParams(params);
  const gradients = grad(
    loss,
    named.map(([, node]) => node),
  );
  return { loss, ...Object.fromEntries(named.map(([name], i) => [`d ${name}`, gradients[i] ?? loss])) };
}

test("a GPT of one layer, from tokens to the loss and back to every weight, for any number of rows R", async () => {
  const outputs = step();
  const simpler = simplify(Object.values(outputs));
  const named = Object.fromEntries(
    Object.keys(outputs).map((name, i) => [name, simpler[i] ?? GraphNode.input("", [])]),
  );
  await expect(`${printGraph(named)}\n`).toMatchFileSnapshot("print.test.gpt.txt");
});

test("for any number of rows, a graph refuses operations that would have to know it", () => {
  const x = GraphNode.input("x", [ROWS, 5]);
  const message = "expected an axis whose size is known, got axis 0 of (R, 5)";
  expect(() => x.mean(0)).toThrow(`mean: ${message}`);
  expect(() => x.slice(0, 1, 2)).toThrow(`slice: ${message}`);
  expect(() => x.concat(0, x)).toThrow(`concat: ${message}`);
  expect(x.mean(1).shape).toEqual([ROWS, 1]);
});

test("for any number of rows, a graph holds no constant of that size", () => {
  const order = topologicalOrder(Object.values(step()));
  const constants = order.flatMap(({ source }) => (source.kind === "constant" ? [source.data.length] : []));
  expect(new Set(constants)).toEqual(new Set([1]));
  expect(order.some(({ shape }) => shape.includes(ROWS))).toBe(true);
});
