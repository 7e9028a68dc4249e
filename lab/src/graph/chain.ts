/**
 * Explains a gradient. One step of the chain rule is a sum over the node's uses. All steps at once are a sum over every
 * path from the root, where each path contributes the product of the local gradients along it. There are far too many
 * paths to list, so the heaviest represent them, with their share of the total.
 */

import { checkNode, type ValueGraph } from "./graph.ts";

export type Side = "a" | "b";

/** One use of a node, and its contribution to the node's gradient. */
export interface Term {
  readonly user: number;
  /** The operand that the node is for its user. */
  readonly side: Side;
  /** d user / d node, by this operand */
  readonly local: number;
  /** d root / d user */
  readonly gradient: number;
  /** local · gradient */
  readonly product: number;
}

/** For every node, the summary of its paths to the root; computed once for a graph. */
export interface Paths {
  /** (N) the product of the local gradients along the heaviest path, which has the largest absolute product */
  readonly product: Float64Array;
  /** (N) the index in `users` and `sides` of its first step, or -1 at the root */
  readonly next: Int32Array;
  /** (N) number of paths: often more than float64 counts exactly, and Infinity beyond 1.8e308 */
  readonly count: Float64Array;
}

export interface Path {
  /** From the node up to the root. */
  readonly nodes: readonly number[];
  /** The operand that each node is for the next one. */
  readonly sides: readonly Side[];
  /** The local gradient of each step: d nodes[i + 1] / d nodes[i] by the operand taken. */
  readonly locals: readonly number[];
  /** The product of all of them, multiplied from the root down. */
  readonly product: number;
  /** product / gradient of the node; above 1 or negative if paths cancel, undefined if the gradient is 0. */
  readonly share: number | undefined;
}

/**
 * The terms of a node's gradient, in the order in which `Value.backward` added them: the sum of their products is the
 * gradient to the last bit. The root has none: its gradient is 1 by definition. Errors: no such node.
 */
export function gradientTerms(graph: ValueGraph, node: number): Term[] {
  checkNode("gradient", graph, node);
  return usesOf(graph, node).map((use) => {
    const user = graph.users[use] ?? -1;
    const [local, gradient] = [localOf(graph, use), graph.grad[user] ?? Number.NaN];
    return { user, side: sideOf(graph, use), local, gradient, product: local * gradient };
  });
}

/** From the root down, so that each node's users are already done. */
export function pathsToRoot(graph: ValueGraph): Paths {
  const { size, users, useStarts } = graph;
  const [product, count, next] = [new Float64Array(size), new Float64Array(size), new Int32Array(size).fill(-1)];
  product[size - 1] = 1;
  count[size - 1] = 1;
  for (let node = size - 2; node >= 0; node--) {
    let [heaviest, paths, first] = [0, 0, -1];
    for (let use = useStarts[node] ?? 0; use < (useStarts[node + 1] ?? 0); use++) {
      const user = users[use] ?? -1;
      const through = (product[user] ?? 0) * localOf(graph, use);
      if (first < 0 || Math.abs(through) > Math.abs(heaviest)) [heaviest, first] = [through, use];
      paths += count[user] ?? 0;
    }
    product[node] = heaviest;
    next[node] = first;
    count[node] = paths;
  }
  return { product, next, count };
}

/** The heaviest path. `paths` are those of `pathsToRoot`. Errors: no such node. */
export function heaviestPath(graph: ValueGraph, node: number, paths: Paths = pathsToRoot(graph)): Path {
  checkNode("path", graph, node);
  return pathOf(graph, node, complete(graph, node, [], paths));
}

/**
 * The `most` heaviest paths, or all if there are fewer, heaviest first. Every path but the first leaves an earlier one
 * at some node and takes the heaviest way from there, so each path found yields candidates for the next ones. (After
 * Eppstein 1998, doi.org/10.1137/S0097539795290477) Errors: no such node.
 */
export function heaviestPaths(
  graph: ValueGraph,
  node: number,
  most: number,
  paths: Paths = pathsToRoot(graph),
): Path[] {
  checkNode("path", graph, node);
  const found: Path[] = [];
  let candidates: Candidate[] = [{ steps: [], weight: Math.abs(paths.product[node] ?? 0) }];
  while (found.length < most && candidates.length > 0) {
    const best = candidates.reduce((x, y) => (y.weight > x.weight ? y : x));
    candidates = candidates.filter((candidate) => candidate !== best);
    const steps = complete(graph, node, best.steps, paths);
    found.push(pathOf(graph, node, steps));
    candidates.push(...deviations(graph, node, steps, best.steps.length, paths));
    // No more than the remaining number can be found, so lighter ones are dropped.
    candidates.sort((x, y) => y.weight - x.weight);
    candidates.length = Math.min(candidates.length, most - found.length);
  }
  return found;
}

/** A path known up to the point where it leaves another: the uses it goes through, and the weight of the whole. */
interface Candidate {
  readonly steps: readonly number[];
  readonly weight: number;
}

// The ways to leave a path at its node number `from` or later; its siblings cover earlier nodes.
function deviations(
  graph: ValueGraph,
  start: number,
  steps: readonly number[],
  from: number,
  { product }: Paths,
): Candidate[] {
  const others: Candidate[] = [];
  let [node, weight] = [start, 1];
  steps.forEach((step, i) => {
    if (i >= from) {
      for (const use of usesOf(graph, node)) {
        if (use === step) continue;
        const rest = localOf(graph, use) * (product[graph.users[use] ?? -1] ?? 0);
        others.push({ steps: [...steps.slice(0, i), use], weight: Math.abs(weight * rest) });
      }
    }
    weight *= localOf(graph, step);
    node = graph.users[step] ?? -1;
  });
  return others;
}

function complete(graph: ValueGraph, start: number, steps: readonly number[], { next }: Paths): number[] {
  const all = [...steps];
  const last = all.at(-1);
  let node = last === undefined ? start : (graph.users[last] ?? -1);
  for (let use = next[node] ?? -1; use >= 0; use = next[node] ?? -1) {
    all.push(use);
    node = graph.users[use] ?? -1;
  }
  return all;
}

function pathOf(graph: ValueGraph, node: number, steps: readonly number[]): Path {
  const locals = steps.map((use) => localOf(graph, use));
  const product = locals.reduceRight((whole, local) => whole * local, 1);
  const gradient = graph.grad[node] ?? Number.NaN;
  const nodes = [node, ...steps.map((use) => graph.users[use] ?? -1)];
  const sides = steps.map((use) => sideOf(graph, use));
  return { nodes, sides, locals, product, share: gradient === 0 ? undefined : product / gradient };
}

function usesOf({ useStarts }: ValueGraph, node: number): number[] {
  const [start, end] = [useStarts[node] ?? 0, useStarts[node + 1] ?? 0];
  return Array.from({ length: end - start }, (_, i) => start + i);
}

function sideOf({ sides }: ValueGraph, use: number): Side {
  return sides[use] === 0 ? "a" : "b";
}

function localOf({ users, sides, da, db }: ValueGraph, use: number): number {
  return (sides[use] === 0 ? da : db)[users[use] ?? -1] ?? Number.NaN;
}
