import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../graph/evaluate.ts";
import type { GPTConfig } from "../model/config.ts";
import { pack } from "../model/pack.ts";
import { namedParams } from "../model/params.ts";
import { traceLoss } from "../testing/packed.ts";
import { hash24 } from "../util/hash.ts";
import { knownShape, sizeOf } from "../util/shape.ts";
import { grad } from "./grad.ts";
import { GraphNode, topologicalOrder } from "./graph-node.ts";
import { printGraph } from "./print.ts";
import { simplify } from "./simplify.ts";

const x = GraphNode.input("x", [2, 3]);
const y = GraphNode.input("y", [3]);
const [a, b] = [GraphNode.input("a", []), GraphNode.input("b", [])];

/** The print of a simplified graph, without the name of its root. */
function print(node: GraphNode): string {
  const [simpler = node] = simplify([node]);
  return printGraph({ out: simpler })
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace(/^%\d+ = /, ""))
    .join("; ");
}

describe("duplicates and operations without effect disappear", () => {
  const X = "input x (2, 3)";
  test.each<[what: string, node: GraphNode, printed: string]>([
    ["x + 0", x.add(0), X],
    ["1 · x", GraphNode.constant([], [1]).mul(x), X],
    ["x¹", x.pow(1), X],
    ["detach", x.detach(), X],
    ["a reshape to its own shape", x.reshape(2, 3), X],
    ["a reshape there and back", x.reshape(6).reshape(2, 3), X],
    ["a permutation there and back", x.permute(1, 0).permute(1, 0), X],
    ["an expand to its own shape", x.expand(2, 3), X],
    ["a slice of all", x.slice(0, 0, 2), X],
    ["the sum of one entry", x.slice(0, 0, 1).sum(0), `${X}; slice(%0, axis=0, start=0, end=1) (1, 3)`],
    ["2 · 3, known now", GraphNode.constant([], [2]).mul(3), "constant [6] ()"],
    ["the hash of two known numbers", GraphNode.constant([], [0]).hash(0), `constant [${hash24(0, 0)}] ()`],
    ["two factors that are known", x.mul(2).mul(3), `${X}; constant [6] (); mul(%0, %1) (2, 3)`],
    ["--x", x.neg().neg(), X],
    [
      "two factors of one number each, multiplied first",
      x.mul(a).mul(b),
      `${X}; input a (); input b (); mul(%1, %2) (); mul(%0, %3) (2, 3)`,
    ],
    ["an expand before an add that repeats anyway", x.add(y.expand(2, 3)), `${X}; input y (3); add(%0, %1) (2, 3)`],
    ["the same node made twice", x.exp().add(x.exp()), `${X}; exp(%0) (2, 3); add(%1, %1) (2, 3)`],
  ])("%s", (_, node, printed) => {
    expect(print(node)).toBe(printed);
  });

  test.each<[what: string, node: GraphNode]>([
    ["an expand that gives the result its shape", y.expand(2, 3).exp()],
    ["0 · x, which is NaN where x is infinite", x.mul(0)],
    ["zeros that make the result larger", y.add(GraphNode.constant([2, 1], [0, 0]))],
    ["1, which makes the result larger", GraphNode.constant([], [3]).mul(GraphNode.constant([2], [1, 1]))],
  ])("but not %s", (_, node) => {
    const [simpler = node] = simplify([node]);
    expect(printGraph({ simpler })).toBe(printGraph({ simpler: node }));
  });
});

/** The largest difference of two results, in units of the largest entry, or of 1 if that is more. */
function apart(xs: ArrayLike<number> | undefined, expected: Float64Array): number {
  const largest = Math.max(1, ...expected.map(Math.abs));
  return Math.max(...expected.map((n, k) => Math.abs(n - (xs?.[k] ?? Number.NaN)))) / largest;
}

/** A step on a node of shape (2, 3) or one of shape (3), giving one of shape (2, 3). */
const steps: readonly ((a: GraphNode, b: GraphNode) => GraphNode)[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b),
  (a) => a.add(0),
  (a) => a.mul(2),
  (a) => a.neg(),
  (a) => a.mul(GraphNode.constant([], [0.5]).add(0.25)),
  (a) => a.relu(),
  (a) => a.step(),
  (a) => a.pow(2).add(1).pow(-0.5),
  (a) => a.detach(),
  (a) => a.sum(0).expand(2, 3),
  (a) => a.max(1).expand(2, 3),
  (a, b) => a.add(b.sum(0).expand(2, 3)),
  (a) => a.reshape(3, 2).permute(1, 0),
  (a) => a.permute(1, 0).reshape(6).reshape(2, 3),
  (a) => a.slice(0, 1, 2).concat(0, a.slice(0, 0, 1)),
  (a) => a.slice(1, 0, 1).sum(1).expand(2, 3),
];

test("any graph keeps its meaning, is no larger, and simplified again is the same", () => {
  const program = fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 });
  const number = fc.integer({ min: -8, max: 8 }).map((n) => n / 4);
  const numbers = fc.record({
    x: fc.array(number, { minLength: 6, maxLength: 6 }),
    y: fc.array(number, { minLength: 3, maxLength: 3 }),
  });
  fc.assert(
    fc.property(program, numbers, (instructions, inputs) => {
      const nodes = [x, y.expand(2, 3)];
      const pick = (i: number): GraphNode => nodes.at(-1 - (i % nodes.length)) ?? x;
      for (const [step, i, j] of instructions) nodes.push(step(pick(i), pick(j)));
      const outputs = nodes.slice(-2);
      const simpler = simplify(outputs);

      const [before, after] = [evaluate(outputs, inputs), evaluate(simpler, inputs)];
      // Known factors are multiplied in another order: at most 12 roundings.
      for (const [i, expected] of before.entries()) expect(apart(after[i], expected)).toBeLessThanOrEqual(1e-13);
      expect(topologicalOrder(simpler).length).toBeLessThanOrEqual(topologicalOrder(outputs).length);
      const [one = x, two = x] = simpler;
      const [oneAgain = x, twoAgain = x] = simplify(simpler);
      expect(printGraph({ one: oneAgain, two: twoAgain })).toBe(printGraph({ one, two }));
    }),
    { numRuns: 300 },
  );
});

test("the gradients of a GPT keep their meaning with at least a tenth fewer nodes", () => {
  const config: GPTConfig = {
    ...{ vocabSize: 5, nLayer: 2, nHead: 2, nEmbd: 6, blockSize: 4 },
    ...{ mlp: "relu", initStd: 0.5, zeroInit: false },
  };
  const { params, loss } = traceLoss(config, 4);
  const outputs = [
    loss,
    ...grad(
      loss,
      namedParams(params).map(([, node]) => node),
    ),
  ];
  const simpler = simplify(outputs);
  expect(topologicalOrder(simpler).length).toBeLessThan(0.9 * topologicalOrder(outputs).length);

  const packed = pack(
    [
      [0, 1, 2, 3],
      [4, 0],
    ],
    config.blockSize,
  );
  const numbers: Record<string, readonly number[]> = { ...packed };
  for (const [name, { shape }] of namedParams(params)) {
    numbers[name] = Array.from({ length: sizeOf(knownShape(shape)) }, (_, i) => Math.sin(i + name.length));
  }
  const [before, after] = [evaluate(outputs, numbers), evaluate(simpler, numbers)];
  for (const [i, expected] of before.entries()) expect(apart(after[i], expected)).toBeLessThanOrEqual(1e-12);
});
