import { describe, expect, test } from "vitest";
import { grad } from "./grad.ts";
import { GraphNode, topologicalOrder } from "./graph-node.ts";
import { printGraph } from "./print.ts";

const x = GraphNode.input("x", [3]);
const y = GraphNode.input("y", [3]);

describe("grad", () => {
  test("returns a graph: d Σxy / dx is y, repeated where it was summed", () => {
    const [dx] = grad(x.mul(y).sum(0), [x]);
    expect(printGraph({ dx: dx ?? x })).toBe(
      [
        "%0 = constant [1] ()",
        "%1 = expand(%0, shape=[1]) (1)",
        "%2 = expand(%1, shape=[3]) (3)",
        "%3 = input y (3)",
        "%4 = mul(%2, %3) (3)",
        "dx = %4",
      ].join("\n"),
    );
  });

  test("adds up if a node is used twice", () => {
    const [dx] = grad(x.mul(x).sum(0), [x]);
    expect(dx?.source).toMatchObject({ op: "add" });
  });

  test("has the shape of its variable, whatever was broadcast", () => {
    const [row, column, one] = [
      GraphNode.input("row", [3]),
      GraphNode.input("column", [2, 1]),
      GraphNode.input("one", []),
    ];
    const loss = row.add(column).mul(one).sum(0).sum(1).reshape();
    expect(grad(loss, [row, column, one]).map(({ shape }) => shape)).toEqual([[3], [2, 1], []]);
  });

  test("is 0 if the loss does not depend on it, or is detached from it", () => {
    for (const loss of [y.sum(0), x.detach().mul(y).sum(0)]) {
      const [dx] = grad(loss, [x]);
      const order = topologicalOrder(dx === undefined ? [] : [dx]);
      expect(order.map(({ source }) => (source.kind === "op" ? source.op : source))).toEqual([
        { kind: "constant", data: [0] },
        "expand",
      ]);
    }
  });

  test("of a gradient exists: d² Σx³ / dx² consists of the same operations", () => {
    const [dx = x] = grad(x.pow(3).sum(0), [x]);
    const [ddx = x] = grad(dx.sum(0), [x]);
    expect(ddx.shape).toEqual([3]);
  });

  test("of a gradient of attention does not exist, with an error that says so", () => {
    const [q, one] = [GraphNode.input("q", [1, 1, 3]), GraphNode.input("one", [1])];
    const [dq = q] = grad(q.attention(q, q, one, one).reshape(-1).sum(0), [q]);
    expect(() => grad(dq.reshape(-1).sum(0), [q])).toThrow(
      "grad: expected at most one gradient of attention, got a second one; second derivatives of it are not available",
    );
  });

  test("refuses a loss of more than one entry", () => {
    expect(() => grad(x, [x])).toThrow("grad: expected a loss with one entry, got shape (3); sum or average it");
  });
});

describe("the topological order", () => {
  test("has each node once, after its operands, however deep the graph", () => {
    let chain = x;
    for (let i = 0; i < 100_000; i++) chain = chain.add(x);
    const order = topologicalOrder([chain, x]);
    expect(order).toHaveLength(100_001);
    const places = new Map(order.map((node, place) => [node, place]));
    const isAfter = (place: number, operand: GraphNode): boolean => (places.get(operand) ?? Infinity) < place;
    const late = order.filter(({ operands }, place) => !operands.every((operand) => isAfter(place, operand)));
    expect(late).toEqual([]);
  });
});
