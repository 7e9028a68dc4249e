import { Value } from "microgpt/value";
import { describe, expect, test } from "vitest";
import { flatten, OPERATIONS } from "./graph.ts";
import { checkByDifference, replay } from "./replay.ts";
import { smallGPT } from "./small-gpt.ts";

describe("replay", () => {
  test("gives the same bits as a rebuilt graph", () => {
    const build = (x: number): Value => {
      const a = new Value(x, "a");
      const parts = [a.mul(a).add(2), a.pow(-0.5), a.log(), a.exp().mul(0.3), a.sub(1).relu(), a.div(3)];
      return parts.reduce((sum, part) => sum.mul(0.7).add(part));
    };
    const { graph } = flatten(build(1.3));
    for (const x of [1.3, 0.2, 7, 1e-3]) expect(replay(graph, new Map([[0, x]])).root).toBe(build(x).data);
    expect(replay(graph, new Map([[0, -1]])).root).toBeNaN();
  });

  test("inner nodes can be set, several at once; nodes that do not depend on them keep their value", () => {
    const [x, y] = [new Value(2), new Value(5)];
    const [product, power] = [x.mul(y), y.pow(2)];
    const { graph, idOf } = flatten(product.add(power));
    const set = replay(
      graph,
      new Map([
        [idOf(product), 100],
        [idOf(x), 3],
      ]),
    );
    expect([set.root, set.data[idOf(product)], set.data[idOf(x)], set.data[idOf(power)]]).toEqual([125, 100, 3, 25]);
    expect(replay(graph, new Map()).data).toEqual(graph.data);
    expect(graph.data[idOf(x)]).toBe(2);
  });

  test("max is decided again", () => {
    const [x, y] = [new Value(2), new Value(2)];
    const { graph } = flatten(new Value(2, undefined, "max", x, y, 0.5, 0.5));
    expect([0, 4].map((value) => replay(graph, new Map([[0, value]])).root)).toEqual([2, 4]);
  });

  test("a missing node is refused", () => {
    const { graph } = flatten(new Value(2).exp());
    expect(() => replay(graph, new Map([[2, 1]]))).toThrow("replay: expected a node from 0 to 1, got 2");
    expect(() => checkByDifference(graph, -1)).toThrow("difference: expected a node from 0 to 1, got -1");
  });
});

describe("a gradient compared with the finite difference", () => {
  test.each(["relu", "relu2"] as const)("of the loss of a GPT with %s, for every node", (mlp) => {
    const { graph } = flatten(smallGPT({ mlp }).loss);
    const largest = Math.max(...graph.grad.map(Math.abs));
    const seen = new Set<string | undefined>();
    for (let node = 0; node < graph.size; node++) {
      const { error, gradient, rounding, kinks } = checkByDifference(graph, node);
      seen.add(OPERATIONS[graph.ops[node] ?? -1]);
      expect(kinks).toEqual([]);
      // 16 ulps of the loss, and the h² term: at most 2^-34 times a third derivative, here below 100 gradients.
      expect([node, error <= 8 * rounding + 6e-9 * (Math.abs(gradient) + 0.01 * largest)]).toEqual([node, true]);
    }
    expect([...seen].sort()).toEqual(["add", "exp", "leaf", "log", "mul", "pow", "relu"]);
  });

  test("shows its arithmetic", () => {
    const x = new Value(3, "x");
    const root = x.mul(x);
    root.backward();
    const { graph } = flatten(root);
    const h = 0.25;
    const points = { h, up: 3.25 ** 2, down: 2.75 ** 2, slope: 6, gradient: 6, error: 0 };
    expect(checkByDifference(graph, 0, { h })).toEqual({ ...points, rounding: (2 ** -51 * 3.25 ** 2) / h, kinks: [] });
  });

  test("a wrong gradient shows", () => {
    const root = new Value(3).exp();
    root.backward();
    const { graph } = flatten(root);
    const { error, rounding } = checkByDifference({ ...graph, grad: graph.grad.map((g) => g * 1.001) }, 0);
    expect(error).toBeGreaterThan(1000 * rounding);
  });

  test.each<[name: string, x: number, f: (x: Value) => Value]>([
    ["log near 0", 1e-9, (x) => x.log()],
    ["a root near 0", 1e-9, (x) => x.pow(0.5)],
    ["log far from 0", 1e9, (x) => x.log()],
  ])("stays in the function's domain: %s", (_, x, f) => {
    const root = f(new Value(x));
    root.backward();
    const { error, gradient } = checkByDifference(flatten(root).graph, 0);
    expect(error / gradient).toBeLessThan(1e-7);
  });
});

describe("a kink in between is reported", () => {
  const tie = (x: Value, y: Value): Value => new Value(x.data, undefined, "max", x, y, 0.5, 0.5);
  test.each<[name: string, x: number, f: (x: Value) => Value, kinks: number]>([
    ["relu at 0", 0, (x) => x.relu(), 1],
    ["relu just above 0", 1e-9, (x) => x.relu(), 1],
    ["relu away from 0", 0.1, (x) => x.relu(), 0],
    ["two relus, one at its kink", 1, (x) => x.relu().add(x.sub(1).relu()), 1],
    ["max of two that tie", 2, (x) => tie(x, new Value(2)), 1],
    ["max of a number and itself", 2, (x) => tie(x, x), 0],
  ])("%s", (_, x, f, kinks) => {
    const leaf = new Value(x);
    const root = f(leaf);
    root.backward();
    const { graph, idOf } = flatten(root);
    const found = checkByDifference(graph, idOf(leaf)).kinks;
    expect(found.length).toBe(kinks);
    for (const node of found) expect(["relu", "max"]).toContain(OPERATIONS[graph.ops[node] ?? -1]);
  });
});
