/**
 * The graph behind a Value as flat arrays, which a worker builds once and the page draws. Nodes are numbered so that
 * operands come before their users; the root is last. Nothing here is specific to GPTs.
 */

import { MicrogptError } from "microgpt";
import { type Operation, Value } from "microgpt/value";

/** Every operation, indexed by its number in `ops`. */
export const OPERATIONS: readonly Operation[] = [
  "leaf",
  "add",
  "mul",
  "pow",
  "log",
  "exp",
  "relu",
  "sigmoid",
  "erf",
  "max",
];

/** Plain data with typed arrays, which `postMessage` can copy. N nodes, E edges from a user to an operand. */
export interface ValueGraph {
  /** N; the root is node N - 1 */
  readonly size: number;
  /** (N) indices into OPERATIONS */
  readonly ops: Uint8Array;
  /** (N) the first operand, or -1 */
  readonly a: Int32Array;
  /** (N) the second operand, or -1 if there is none or it is a plain number */
  readonly b: Int32Array;
  /** (N) the second operand if it is a plain number, else NaN */
  readonly numbers: Float64Array;
  readonly data: Float64Array;
  /** (N) d root / d node, as `Value.backward` left it */
  readonly grad: Float64Array;
  /** (N) d node / d a, computed when the node was made */
  readonly da: Float64Array;
  /** (N) d node / d b, if b is a node */
  readonly db: Float64Array;
  /** Names of the nodes that have one. */
  readonly labels: ReadonlyMap<number, string>;
  /** The nodes that pass on a gradient, in the order of `Value.backward`. Leaves are not included. */
  readonly backward: Int32Array;
  /** (N + 1) the users of node i are `users[useStarts[i]]` up to but not including `users[useStarts[i + 1]]` */
  readonly useStarts: Int32Array;
  /** (E) the users, in the order in which `Value.backward` adds up their parts; x · x uses x twice */
  readonly users: Int32Array;
  /** (E) 0 if the user has it as a, 1 if as b */
  readonly sides: Uint8Array;
}

/** A graph with the mapping from Values to its nodes. The Values stay where the graph was built. */
export interface Flattened {
  readonly graph: ValueGraph;
  /** The node of a Value, -1 if the root does not depend on it. */
  idOf(value: Value): number;
}

/**
 * Flattens everything that `root` was computed from. For correct gradients, set the leaves' grad to 0 and call
 * `root.backward()` first.
 */
export function flatten(root: Value): Flattened {
  const { places, nodes, left, right } = discover(root);
  const size = nodes.length;
  const ids = inOrder(left, right);
  const [ops, a, b] = [new Uint8Array(size), new Int32Array(size), new Int32Array(size)];
  const [data, grad, numbers] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  const [da, db] = [new Float64Array(size), new Float64Array(size)];
  const labels = new Map<number, string>();
  nodes.forEach((node, place) => {
    const i = ids[place] ?? -1;
    ops[i] = OPERATIONS.indexOf(node.op);
    a[i] = ids[left[place] ?? -1] ?? -1;
    b[i] = ids[right[place] ?? -1] ?? -1;
    numbers[i] = typeof node.b === "number" ? node.b : Number.NaN;
    data[i] = node.data;
    grad[i] = node.grad;
    da[i] = node.da;
    db[i] = node.db;
    if (node.label !== undefined) labels.set(i, node.label);
  });
  const graph = { size, ops, a, b, numbers, data, grad, da, db, labels };
  return { graph: { ...graph, ...usesOf(a, b) }, idOf: (value) => ids[places.get(value) ?? -1] ?? -1 };
}

export function operationOf(graph: ValueGraph, node: number): Operation {
  return OPERATIONS[graph.ops[node] ?? 0] ?? "leaf";
}

/** The operands that are nodes: none, one or two, which may be the same. */
export function operandsOf({ a, b }: ValueGraph, node: number): number[] {
  return [a[node] ?? -1, b[node] ?? -1].filter((operand) => operand >= 0);
}

/** Number of uses of a node. */
export function usesCount({ useStarts }: ValueGraph, node: number): number {
  return (useStarts[node + 1] ?? 0) - (useStarts[node] ?? 0);
}

/** Returns a node's number. Errors: the graph has no such node. */
export function checkNode(operation: string, { size }: ValueGraph, node: number): number {
  if (Number.isInteger(node) && node >= 0 && node < size) return node;
  const expected = `a node from 0 to ${size - 1}`;
  throw new MicrogptError({ code: "id", operation, expected, got: `${node}`, fix: "pass a node of this graph" });
}

// Map lookups of Values dominate the time, so there is one for each use, and the rest goes by index.
function discover(root: Value): { places: Map<Value, number>; nodes: Value[]; left: number[]; right: number[] } {
  const places = new Map([[root, 0]]);
  const nodes = [root];
  const placeOf = (value: Value): number => {
    const known = places.get(value);
    if (known !== undefined) return known;
    places.set(value, nodes.length);
    return nodes.push(value) - 1;
  };
  const [left, right]: [number[], number[]] = [[], []];
  for (const { a, b } of nodes) {
    left.push(a === undefined ? -1 : placeOf(a));
    right.push(b instanceof Value ? placeOf(b) : -1);
  }
  return { places, nodes, left, right };
}

// Depth first with an explicit stack, since a long sum makes a deep graph. A node stays on the stack until its
// operands are numbered.
function inOrder(left: readonly number[], right: readonly number[]): Int32Array {
  const ids = new Int32Array(left.length).fill(-1);
  const stack = [0];
  let numbered = 0;
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const [a, b] = [left[node] ?? -1, right[node] ?? -1];
    if (a >= 0 && ids[a] === -1) stack.push(a);
    else if (b >= 0 && ids[b] === -1) stack.push(b);
    else {
      if (ids[node] === -1) ids[node] = numbered++;
      stack.pop();
    }
  }
  return ids;
}

// Walks operand by operand like `Value.backward`, so that every sum of gradients can be reproduced to the last bit.
function usesOf(a: Int32Array, b: Int32Array): Pick<ValueGraph, "backward" | "useStarts" | "users" | "sides"> {
  const useStarts = new Int32Array(a.length + 1);
  for (const operands of [a, b]) {
    for (const operand of operands) if (operand >= 0) useStarts[operand + 1] = (useStarts[operand + 1] ?? 0) + 1;
  }
  const missing = useStarts.slice(1);
  for (let i = 0; i < a.length; i++) useStarts[i + 1] = (useStarts[i + 1] ?? 0) + (useStarts[i] ?? 0);

  const edges = useStarts[a.length] ?? 0;
  const [users, sides, order] = [new Int32Array(edges), new Uint8Array(edges), new Int32Array(a.length)];
  let visited = 0;
  const stack = (a.at(-1) ?? -1) < 0 ? [] : [a.length - 1];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    order[visited++] = node;
    for (let side = 0; side < 2; side++) {
      const operand = (side === 0 ? a : b)[node] ?? -1;
      if (operand < 0) continue;
      const left = missing[operand] ?? 0;
      const edge = (useStarts[operand + 1] ?? 0) - left;
      users[edge] = node;
      sides[edge] = side;
      missing[operand] = left - 1;
      if (left === 1 && (a[operand] ?? -1) >= 0) stack.push(operand);
    }
  }
  return { backward: order.slice(0, visited), useStarts, users, sides };
}
