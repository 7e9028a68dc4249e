/**
 * The same numbers from a smaller graph: equal nodes become one, arithmetic on known numbers is done at once,
 * operations without effect disappear. Nodes that no output needs are simply not reached. Doing it twice changes
 * nothing more.
 */

import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { internalError } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";
import { exp, log, pow } from "../util/math.ts";
import { broadcastShapes, type Dims, sameShape } from "../util/shape.ts";
import { erf, sigmoid } from "../util/special.ts";
import { GraphNode, topologicalOrder } from "./graph-node.ts";

/** Makes a node from simplified ones, or returns a simpler or existing one. */
type Make = <K extends Op>(op: K, inputs: OpInputs<GraphNode, K>, attrs: OpAttrs<K>) => GraphNode;

/** The replacement of an operation; undefined if there is none. `shape` is that of its result. */
type Rule<K extends Op> = (
  inputs: OpInputs<GraphNode, K>,
  attrs: OpAttrs<K>,
  shape: Dims,
  make: Make,
) => GraphNode | undefined;

const rules: { readonly [K in Op]?: Rule<K> } = {
  // x + 0 = x; c + d now; no expand before add, which broadcasts by itself
  add: ([x, y], _, shape, make) =>
    without(0, x, y, shape) ?? fold([x, y], shape, (a, b) => a + b) ?? unexpanded("add", x, y, shape, make),
  // x 1 = x; c d now; (x c) d = x (c d); (x a) b = x (a b)
  mul: ([x, y], _, shape, make) =>
    without(1, x, y, shape) ??
    fold([x, y], shape, (a, b) => a * b) ??
    unexpanded("mul", x, y, shape, make) ??
    scaledOnce(x, y, shape, make) ??
    scalarsFirst(x, y, shape, make),
  // x¹ = x
  pow: ([x], { exponent }, shape) => (exponent === 1 ? x : fold([x], shape, (a) => pow(a, exponent))),
  exp: ([x], _, shape) => fold([x], shape, exp),
  log: ([x], _, shape) => fold([x], shape, log),
  relu: ([x], _, shape) => fold([x], shape, (a) => Math.max(0, a)),
  sigmoid: ([x], _, shape) => fold([x], shape, sigmoid),
  erf: ([x], _, shape) => fold([x], shape, erf),
  step: ([x], _, shape) => fold([x], shape, (a) => (a > 0 ? 1 : 0)),
  hash: (inputs, _, shape) => fold(inputs, shape, hash24),
  // Only a gradient, which has been taken by now, could tell the difference.
  detach: ([x]) => x,

  // The sum and the maximum of one entry are that entry.
  sum: ([x], _, shape) => (sameShape(x.shape, shape) ? x : undefined),
  max: ([x], _, shape) => (sameShape(x.shape, shape) ? x : undefined),

  expand: ([x], _, shape) => (sameShape(x.shape, shape) ? x : undefined),
  slice: ([x], _, shape) => (sameShape(x.shape, shape) ? x : undefined),
  concat: ([x, ...others]) => (others.length === 0 ? x : undefined),
  // Of two reshapes, or two permutations, only the second stays.
  reshape: ([x], attrs, shape, make) => {
    if (sameShape(x.shape, shape)) return x;
    return x.source.kind === "op" && x.source.op === "reshape" ? make("reshape", x.source.inputs, attrs) : undefined;
  },
  permute: ([x], { axes }, _, make) => {
    if (axes.every((axis, i) => axis === i)) return x;
    if (x.source.kind !== "op" || x.source.op !== "permute") return undefined;
    const first = x.source.attrs.axes;
    return make("permute", x.source.inputs, { axes: axes.map((axis) => first[axis] ?? 0) });
  },
};

/** The outputs, simplified together, so that they share common nodes. */
export function simplify(outputs: readonly GraphNode[]): GraphNode[] {
  const { intern, make } = nodeMaker();
  const simpler = new Map<GraphNode, GraphNode>();
  const simplified = (node: GraphNode): GraphNode => {
    const found = simpler.get(node);
    if (found === undefined) throw internalError("an operand that was not simplified");
    return found;
  };
  for (const node of topologicalOrder(outputs)) {
    const { source } = node;
    simpler.set(
      node,
      source.kind === "op" ? again(source.op, source.inputs.map(simplified), source.attrs, make) : intern(node),
    );
  }
  return outputs.map(simplified);
}

function again<K extends Op>(op: K, inputs: readonly GraphNode[], attrs: unknown, make: Make): GraphNode {
  return make(op, inputs as OpInputs<GraphNode, K>, attrs as OpAttrs<K>);
}

/** `make` by the rules above, and `intern`, which returns one node for all equal ones. */
function nodeMaker(): { intern: (node: GraphNode) => GraphNode; make: Make } {
  const nodes = new Map<string, GraphNode>();
  const ids = new Map<GraphNode, number>();

  const intern = (node: GraphNode): GraphNode => {
    if (ids.has(node)) return node;
    const key = JSON.stringify([node.shape, ...describe(node, ids)]);
    const known = nodes.get(key);
    if (known !== undefined) return known;
    nodes.set(key, node);
    ids.set(node, ids.size);
    return node;
  };

  const make: Make = (op, inputs, attrs) => {
    // A rule may have made a constant that is not interned yet.
    const known = (inputs as readonly GraphNode[]).map(intern);
    const [first] = known;
    if (first === undefined) throw internalError(`${op} without inputs`);
    const node = first.apply(op, known as typeof inputs, attrs);
    return intern(rules[op]?.(known as typeof inputs, attrs, node.shape, make) ?? node);
  };
  return { intern, make };
}

/** The identity of a node. NaN and Infinity are not JSON, so they are written out. */
function describe({ source }: GraphNode, ids: ReadonlyMap<GraphNode, number>): unknown[] {
  switch (source.kind) {
    case "input":
      return ["input", source.name];
    case "constant":
      return ["constant", Array.from(source.data, (x) => (Object.is(x, -0) ? "-0" : String(x))).join()];
    case "op":
      return [source.op, source.inputs.map((input) => ids.get(input)), source.attrs];
  }
}

/** The only number of a constant. */
function numberOf({ source }: GraphNode): number | undefined {
  return source.kind === "constant" && source.data.length === 1 ? source.data[0] : undefined;
}

/** The remaining operand if the other is `neutral` and does not make it larger. */
function without(neutral: number, x: GraphNode, y: GraphNode, shape: Dims): GraphNode | undefined {
  if (numberOf(y) === neutral && sameShape(x.shape, shape)) return x;
  if (numberOf(x) === neutral && sameShape(y.shape, shape)) return y;
  return undefined;
}

/** The result if every operand is one known number. */
function fold(inputs: readonly GraphNode[], shape: Dims, f: (...numbers: number[]) => number): GraphNode | undefined {
  const numbers = inputs.map(numberOf).filter((n) => n !== undefined);
  return numbers.length === inputs.length ? GraphNode.constant(shape, [f(...numbers)]) : undefined;
}

/** add and mul broadcast their operands: an expand before them is not needed if the shape stays. */
function unexpanded(op: "add" | "mul", x: GraphNode, y: GraphNode, shape: Dims, make: Make): GraphNode | undefined {
  const inside = ({ source }: GraphNode): GraphNode | undefined =>
    source.kind === "op" && source.op === "expand" ? source.inputs[0] : undefined;
  const fits = (a: GraphNode, b: GraphNode): boolean => sameShape(broadcastShapes(a.shape, b.shape) ?? [-1], shape);
  const [insideX, insideY] = [inside(x), inside(y)];
  if (insideX !== undefined && fits(insideX, y)) return make(op, [insideX, y], {});
  if (insideY !== undefined && fits(x, insideY)) return make(op, [x, insideY], {});
  return undefined;
}

/** (x c) d = x (c d), for known numbers c and d. */
function scaledOnce(x: GraphNode, y: GraphNode, shape: Dims, make: Make): GraphNode | undefined {
  for (const [scaled, d] of [[x, numberOf(y)] as const, [y, numberOf(x)] as const]) {
    if (d === undefined || scaled.source.kind !== "op" || scaled.source.op !== "mul") continue;
    const [a, b] = scaled.source.inputs;
    for (const [inner, c] of [[a, numberOf(b)] as const, [b, numberOf(a)] as const]) {
      if (c === undefined || !sameShape(inner.shape, shape)) continue;
      return make("mul", [inner, GraphNode.constant([], [c * d])], {});
    }
  }
  return undefined;
}

/** (x a) b = x (a b), if a and b have shape () like a learning rate, are not known yet, and x is larger. */
function scalarsFirst(x: GraphNode, y: GraphNode, shape: Dims, make: Make): GraphNode | undefined {
  const isScalar = (node: GraphNode): boolean => node.shape.length === 0 && node.source.kind !== "constant";
  if (shape.length === 0) return undefined;
  for (const [scaled, b] of [[x, y] as const, [y, x] as const]) {
    if (!isScalar(b) || scaled.source.kind !== "op" || scaled.source.op !== "mul") continue;
    const [left, right] = scaled.source.inputs;
    for (const [inner, a] of [[left, right] as const, [right, left] as const]) {
      if (isScalar(a) && sameShape(inner.shape, shape)) return make("mul", [inner, make("mul", [a, b], {})], {});
    }
  }
  return undefined;
}
