import { Value } from "microgpt/value";
import { describe, expect, test } from "vitest";
import { gradientTerms, heaviestPath, heaviestPaths, type Path, pathsToRoot } from "./chain.ts";
import { flatten, operandsOf, type ValueGraph } from "./graph.ts";
import { smallGPT } from "./small-gpt.ts";

const gpt = flatten(smallGPT().loss).graph;

/** Every path from a node to the root, by brute force. */
function allPaths(graph: ValueGraph, node: number): Path[] {
  if (node === graph.size - 1) return [{ nodes: [node], sides: [], locals: [], product: 1, share: undefined }];
  return gradientTerms(graph, node).flatMap(({ user, side, local }) =>
    allPaths(graph, user).map(({ nodes, sides, locals, product }) => ({
      nodes: [node, ...nodes],
      sides: [side, ...sides],
      locals: [local, ...locals],
      product: product * local,
      share: undefined,
    })),
  );
}

function route({ nodes, sides }: Path): string {
  return `${nodes} ${sides}`;
}

/** x is used by itself, by a product and by a sum: 6 paths to the root. */
function diamonds(): { graph: ValueGraph; x: number } {
  const [x, y] = [new Value(2, "x"), new Value(-3, "y")];
  const square = x.mul(x);
  const root = square.mul(y).add(square.mul(0.5)).add(x).add(x.mul(y).relu());
  root.backward();
  const { graph, idOf } = flatten(root);
  return { graph, x: idOf(x) };
}

describe("the terms of a gradient", () => {
  test("of x · x + 3x, one for each use", () => {
    const x = new Value(5);
    const root = x.mul(x).add(x.mul(3));
    root.backward();
    const { graph } = flatten(root);
    const [square, tripled] = [1, 2];
    expect(gradientTerms(graph, 0)).toEqual([
      { user: tripled, side: "a", local: 3, gradient: 1, product: 3 },
      { user: square, side: "a", local: 5, gradient: 1, product: 5 },
      { user: square, side: "b", local: 5, gradient: 1, product: 5 },
    ]);
    expect(gradientTerms(graph, graph.size - 1)).toEqual([]);
    expect(() => gradientTerms(graph, 4)).toThrow("gradient: expected a node from 0 to 3, got 4");
  });

  test("sum up to it to the last bit, for every node of a GPT's loss", () => {
    for (let node = 0; node < gpt.size - 1; node++) {
      const sum = gradientTerms(gpt, node).reduce((total, { product }) => total + product, 0);
      expect([node, sum]).toEqual([node, gpt.grad[node]]);
    }
  });
});

describe("the paths to the root", () => {
  test("are counted as if each were walked", () => {
    const { graph, x } = diamonds();
    const { count } = pathsToRoot(graph);
    for (let node = 0; node < graph.size; node++) expect(count[node]).toBe(allPaths(graph, node).length);
    expect(count[x]).toBe(6);
  });

  test("may be too many to count exactly", () => {
    let doubled = new Value(1);
    for (let i = 0; i < 1100; i++) doubled = doubled.add(doubled);
    const { count } = pathsToRoot(flatten(doubled).graph);
    expect([count[1100], count[1099], count[1000], count[0]]).toEqual([1, 2, 2 ** 100, Number.POSITIVE_INFINITY]);
  });

  test("have the weights of brute force, heaviest first", () => {
    const { graph } = diamonds();
    for (let node = 0; node < graph.size; node++) {
      const all = allPaths(graph, node);
      const weights = (paths: readonly Path[]): number[] => paths.map(({ product }) => Math.abs(product));
      const found = heaviestPaths(graph, node, 100);
      expect(weights(found)).toEqual(weights(all).sort((x, y) => y - x));
      expect(new Set(found.map(route))).toEqual(new Set(all.map(route)));
      expect(weights(heaviestPaths(graph, node, 2))).toEqual(weights(found).slice(0, 2));
      expect(heaviestPath(graph, node)).toEqual(found[0]);
    }
  });

  test("add up to the gradient", () => {
    const { graph, x } = diamonds();
    const found = heaviestPaths(graph, x, 100);
    expect(found.reduce((sum, { product }) => sum + product, 0)).toBe(graph.grad[x]);
    expect(found.reduce((sum, { share = 0 }) => sum + share, 0)).toBeCloseTo(1, 12);
  });
});

describe("the heaviest path from a node of a GPT's loss", () => {
  const paths = pathsToRoot(gpt);

  test("is a valid path, and its product is that of its local gradients", () => {
    for (let node = 0; node < gpt.size; node++) {
      const { nodes, locals, product, share } = heaviestPath(gpt, node, paths);
      expect([nodes[0], nodes.at(-1), nodes.length]).toEqual([node, gpt.size - 1, locals.length + 1]);
      expect(product).toBe(paths.product[node]);
      expect(product).toBe(locals.reduceRight((whole, local) => whole * local, 1));
      expect(share).toBe(gpt.grad[node] === 0 ? undefined : product / (gpt.grad[node] ?? 0));
      const linked = nodes.slice(1).every((user, i) => operandsOf(gpt, user).includes(nodes[i] ?? -1));
      expect([node, linked]).toEqual([node, true]);
    }
  });

  test("is followed by ever lighter ones, all distinct", () => {
    const found = heaviestPaths(gpt, 0, 40, paths);
    const weights = found.map(({ product }) => Math.abs(product));
    expect(found.length).toBe(40);
    expect(weights.every((weight, i) => i === 0 || weight <= (weights[i - 1] ?? 0) * (1 + 1e-12))).toBe(true);
    expect(new Set(found.map(route)).size).toBe(40);
  });
});
