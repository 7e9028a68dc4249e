/** Gradients brought into the shapes of their operands. */

import { knownSize } from "../tensor/fit.ts";
import { internalError } from "../util/errors.ts";
import type { Dims } from "../util/shape.ts";
import { GraphNode } from "./graph-node.ts";

/** Sums over broadcast dimensions, so that a gradient has its operand's shape again. */
export function sumTo(g: GraphNode, shape: Dims): GraphNode {
  const missing = g.shape.length - shape.length;
  let sum = g;
  g.shape.forEach((n, axis) => {
    if (n !== 1 && (axis < missing || shape[axis - missing] === 1)) sum = sum.sum(axis);
  });
  return missing === 0 ? sum : sum.reshape(...shape);
}

/** The parts of a concatenation's gradient, one for each input. */
export function partsOf(g: GraphNode, inputs: readonly GraphNode[], axis: number): GraphNode[] {
  const parts: GraphNode[] = [];
  let start = 0;
  for (const { shape } of inputs) {
    const end = start + knownSize("concat", shape, axis);
    parts.push(g.slice(axis, start, end));
    start = end;
  }
  return parts;
}

/** The gradient of a slice within zeros. */
export function padTo(g: GraphNode, shape: Dims, axis: number, start: number, end: number): GraphNode {
  const at = axis < 0 ? axis + shape.length : axis;
  const length = knownSize("slice", shape, at);
  const zeros = (n: number): GraphNode[] => (n === 0 ? [] : [filled(shape.with(at, n), 0)]);
  const [first, ...rest] = [...zeros(start), g, ...zeros(length - end)];
  if (first === undefined) throw internalError("a slice without entries");
  return rest.length === 0 ? first : first.concat(at, ...rest);
}

/** A tensor of one number. */
export function filled(shape: Dims, value: number): GraphNode {
  return GraphNode.constant([], [value]).expand(...shape);
}
