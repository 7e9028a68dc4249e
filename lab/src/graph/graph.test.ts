import fc from "fast-check";
import { Random, ScalarGPT } from "microgpt";
import { Value } from "microgpt/value";
import { describe, expect, test } from "vitest";
import { checkNode, flatten, OPERATIONS, operandsOf, operationOf, usesCount } from "./graph.ts";
import { SMALL, smallGPT } from "./small-gpt.ts";

describe("the nodes", () => {
  test("are in the order of computation, first operand first, with all fields of a Value", () => {
    const [x, y] = [new Value(2, "x"), new Value(-3)];
    const root = x.mul(y).add(0.5).mul(x);
    root.backward();
    const { graph, idOf } = flatten(root);
    expect([x, y, root, new Value(0)].map(idOf)).toEqual([0, 1, 4, -1]);
    expect(Array.from({ length: graph.size }, (_, i) => operationOf(graph, i))).toEqual(
      ["leaf", "leaf", "mul", "add", "mul"], // x, y, x · y, + 0.5, · x
    );
    expect([...graph.a]).toEqual([-1, -1, 0, 2, 3]);
    expect([...graph.b]).toEqual([-1, -1, 1, -1, 0]);
    expect([...graph.numbers]).toEqual([Number.NaN, Number.NaN, Number.NaN, 0.5, Number.NaN]);
    expect([...graph.data]).toEqual([2, -3, -6, -5.5, -11]);
    expect([...graph.grad]).toEqual([2 * -3 - 5.5, 4, 2, 2, 1]);
    expect([...graph.da]).toEqual([0, 0, -3, 1, 2]);
    expect([...graph.db]).toEqual([0, 0, 2, 0, -5.5]);
    expect([...graph.labels]).toEqual([[0, "x"]]);
    expect(operandsOf(graph, 3)).toEqual([2]);
  });

  test("a leaf alone is a graph of one node", () => {
    const { graph } = flatten(new Value(5));
    expect([graph.size, graph.backward.length, usesCount(graph, 0)]).toEqual([1, 0, 0]);
  });

  test("a chain of 100,000 nodes does not overflow the stack, and 60 doublings are 61 nodes", () => {
    let [chain, doubled] = [new Value(1), new Value(1)];
    for (let i = 0; i < 100_000; i++) chain = chain.add(1);
    for (let i = 0; i < 60; i++) doubled = doubled.add(doubled);
    expect([flatten(chain).graph.size, flatten(doubled).graph.size]).toEqual([100_001, 61]);
  });

  test("a missing node is refused in one line", () => {
    const { graph } = flatten(new Value(5).exp());
    expect(checkNode("replay", graph, 1)).toBe(1);
    for (const node of [-1, 2, 0.5, Number.NaN]) {
      expect(() => checkNode("replay", graph, node)).toThrow(
        `replay: expected a node from 0 to 1, got ${node}; pass a node of this graph`,
      );
    }
  });

  test("a clone, as a worker sends it, is the same", () => {
    const { graph } = flatten(smallGPT().loss);
    expect(structuredClone(graph)).toEqual(graph);
  });
});

describe("the uses", () => {
  test("of x · x are two, as a and as b", () => {
    const x = new Value(3);
    const { graph } = flatten(x.mul(x));
    expect([usesCount(graph, 0), [...graph.users], [...graph.sides]]).toEqual([2, [1, 1], [0, 1]]);
  });

  test("are the inverse of the operands, and nodes pass on their gradient after their users", () => {
    fc.assert(
      fc.property(randomGraph(), (root) => {
        const { graph } = flatten(root);
        const place = new Map([...graph.backward].map((node, i) => [node, i]));
        expect(new Set(graph.backward).size).toBe(graph.backward.length);
        expect(graph.users.length).toBe(graph.useStarts.at(-1));
        for (let node = 0; node < graph.size; node++) {
          const [start, end] = [graph.useStarts[node] ?? 0, graph.useStarts[node + 1] ?? 0];
          expect(place.has(node)).toBe(operandsOf(graph, node).length > 0);
          for (let edge = start; edge < end; edge++) {
            const user = graph.users[edge] ?? -1;
            expect((graph.sides[edge] === 0 ? graph.a : graph.b)[user]).toBe(node);
            expect(user).toBeGreaterThan(node);
            expect(place.get(user)).toBeLessThan(place.get(node) ?? Number.POSITIVE_INFINITY);
          }
        }
      }),
    );
  });
});

describe("the GPT of these tests", () => {
  test("equals the library's", () => {
    const model = ScalarGPT.init(SMALL, new Random(7));
    expect(smallGPT().loss.data).toBe(model.loss([6, 1, 2, 2, 6]).data);
  });

  test("makes a graph with every operation except max, which it detaches", () => {
    const { graph } = flatten(smallGPT().loss);
    expect(new Set([...graph.ops].map((op) => OPERATIONS[op]))).toEqual(
      new Set(["leaf", "add", "mul", "pow", "log", "exp", "relu"]),
    );
  });
});

/** About twenty nodes, each made from two earlier ones. */
function randomGraph(): fc.Arbitrary<Value> {
  const step = fc.record({ op: fc.nat(3), a: fc.nat(1000), b: fc.nat(1000) });
  return fc.array(step, { maxLength: 20 }).map((steps) => {
    const nodes = [new Value(0.5), new Value(-1.5)];
    const pick = (i: number): Value => nodes[i % nodes.length] ?? new Value(0);
    for (const { op, a, b } of steps) {
      const [x, y] = [pick(a), pick(b)];
      nodes.push(op === 0 ? x.add(y) : op === 1 ? x.mul(y) : op === 2 ? x.relu() : x.mul(0.5));
    }
    const root = nodes.reduce((sum, node) => sum.add(node));
    root.backward();
    return root;
  });
}
