/**
 * Reverse-mode differentiation of a graph, whose result is again a graph. `Value.backward` multiplies numbers on a
 * tape; this is a table with one rule for each operation: given g, the gradient of the loss with respect to an
 * operation's result, what is it with respect to each operand? The two are derived independently, and must agree.
 * (After tinygrad's `mixin/gradient.py` and JAX's vjp rules.)
 */

import { knownSize } from "../tensor/fit.ts";
import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { mistake } from "../util/errors.ts";
import { showShape, sizeOf } from "../util/shape.ts";
import { filled, padTo, partsOf, sumTo } from "./adjust.ts";
import { type GraphNode, topologicalOrder } from "./graph-node.ts";

/** `out` is the operation's result. An operand without a gradient gets undefined. */
type Rule<K extends Op> = (
  g: GraphNode,
  inputs: OpInputs<GraphNode, K>,
  attrs: OpAttrs<K>,
  out: GraphNode,
) => readonly (GraphNode | undefined)[];

export const vjpRules: { readonly [K in Op]: Rule<K> } = {
  // d(x + y) = dx + dy
  add: (g, [x, y]) => [sumTo(g, x.shape), sumTo(g, y.shape)],
  // d(x y) = y dx + x dy
  mul: (g, [x, y]) => [sumTo(g.mul(y), x.shape), sumTo(g.mul(x), y.shape)],
  // d(xⁿ) = n xⁿ⁻¹ dx
  pow: (g, [x], { exponent }) => [exponent === 0 ? undefined : g.mul(x.pow(exponent - 1).mul(exponent))],
  // d(eˣ) = eˣ dx
  exp: (g, _inputs, _attrs, out) => [g.mul(out)],
  // d(log x) = dx / x
  log: (g, [x]) => [g.div(x)],
  // d(max(0, x)) = dx where x > 0, which is where the result is positive, else 0
  relu: (g, _inputs, _attrs, out) => [g.mul(out.step())],

  // dσ(x) = σ(x) (1 - σ(x)) dx
  sigmoid: (g, _inputs, _attrs, out) => [g.mul(out.mul(out.neg().add(1)))],
  // d erf(x) = 2 / √π exp(-x²) dx
  erf: (g, [x]) => [
    g.mul(
      x
        .mul(x)
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
  ],

  // Every entry of the sum counts once.
  sum: (g, [x]) => [g.expand(...x.shape)],
  // Only the largest entries count; c of them share the gradient, 1/c each.
  max: (g, [x], { axis }, out) => {
    const largest = out.sub(x).step().neg().add(1);
    return [g.mul(largest).div(largest.sum(axis))];
  },
  // d(X Y) = dX Y + X dY, transposed so that the shapes fit
  matmul: (g, [x, y]) => [sumTo(g.matmul(y.transpose(-2, -1)), x.shape), sumTo(x.transpose(-2, -1).matmul(g), y.shape)],

  // Operations that only move entries move their gradients back.
  reshape: (g, [x]) => [g.reshape(...x.shape)],
  permute: (g, _, { axes }) => [g.permute(...axes.map((_, i) => axes.indexOf(i)))],
  expand: (g, [x]) => [sumTo(g, x.shape)],
  slice: (g, [x], { axis, start, end }) => [padTo(g, x.shape, axis, start, end)],
  concat: (g, inputs, { axis }) => partsOf(g, inputs, axis),

  // A row used twice gets both gradients.
  embedding: (g, [table, ids]) => [g.scatter(ids, knownSize("scatter", table.shape, 0)), undefined],
  scatter: (g, [, ids]) => [g.embedding(ids), undefined],
  // All to the selected entry, nothing to the others of its row.
  gather: (g, [x, ids]) => [g.reshape(...g.shape, 1).mul(ids.oneHot(knownSize("oneHot", x.shape, -1))), undefined],

  // Overwritten rows get none; the rows written in their place get all.
  put: (g, [table, ids, rows]) => [
    g.put(ids, filled(rows.shape, 0)),
    undefined,
    g
      .reshape(table.shape[0] ?? 1, -1)
      .embedding(ids)
      .reshape(...rows.shape),
  ],

  // One operation, so that the attention weights need not be written down.
  attention: (g, inputs) => (["q", "k", "v"] as const).map((of) => g.apply("attentionGrad", [...inputs, g], { of })),
  attentionGrad: () => refuseSecond("attention"),

  // One operation, so that the logits need not be written down.
  linearCrossEntropy: (g, inputs, { cap }, out) => [
    ...(["x", "weight"] as const).map((of) => g.apply("linearCrossEntropyGrad", [...inputs, out, g], { cap, of })),
    undefined,
  ],
  linearCrossEntropyGrad: () => refuseSecond("linearCrossEntropy"),

  // Flat, or declared to be.
  step: () => [undefined],
  hash: () => [undefined, undefined],
  oneHot: () => [undefined],
  detach: () => [undefined],
};

/**
 * The gradient of `loss` (one entry) with respect to each of `wrt`, as graph. Zeros where the loss does not depend on
 * it. Errors: a loss of more than one entry.
 */
export function grad(loss: GraphNode, wrt: readonly GraphNode[]): GraphNode[] {
  if (sizeOf(loss.shape) !== 1) {
    const got = `shape ${showShape(loss.shape)}`;
    throw mistake("shape", "grad", "a loss with one entry", got, "sum or average it");
  }
  const gradients = new Map<GraphNode, GraphNode>([[loss, filled(loss.shape, 1)]]);
  for (const node of topologicalOrder([loss]).toReversed()) {
    const g = gradients.get(node);
    if (g === undefined) continue;
    const parts = backward(g, node);
    node.operands.forEach((operand, i) => {
      const part = parts[i];
      if (part === undefined) return;
      gradients.set(operand, gradients.get(operand)?.add(part) ?? part);
    });
  }
  return wrt.map((node) => gradients.get(node) ?? filled(node.shape, 0));
}

function backward(g: GraphNode, node: GraphNode): readonly (GraphNode | undefined)[] {
  const { source } = node;
  if (source.kind !== "op") return [];
  return applyRule(source.op, g, source, node);
}

function applyRule<K extends Op>(
  op: K,
  g: GraphNode,
  source: { inputs: unknown; attrs: unknown },
  out: GraphNode,
): readonly (GraphNode | undefined)[] {
  return vjpRules[op](g, source.inputs as OpInputs<GraphNode, K>, source.attrs as OpAttrs<K>, out);
}

function refuseSecond(op: string): never {
  const [expected, got] = [`at most one gradient of ${op}`, "a second one"];
  throw mistake("unsupported", "grad", expected, got, "second derivatives of it are not available");
}
