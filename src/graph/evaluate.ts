/**
 * Runs a graph in plain TypeScript and float64, node by node, in the most obvious way. It is not meant to be fast:
 * every backend is checked against it.
 */

import { ArrayTensor } from "../tensor/array-tensor.ts";
import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { internalError, mistake } from "../util/errors.ts";
import { knownShape, type Shape, showShape, sizeOf } from "../util/shape.ts";
import { type GraphNode, topologicalOrder } from "./graph-node.ts";

/**
 * The numbers of each output, from those of every input by name. Errors: an input that is missing or has another number
 * of entries, an id outside its table.
 */
export function evaluate(
  outputs: readonly GraphNode[],
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Float64Array[] {
  const results = new Map<GraphNode, ArrayTensor>();
  const resultOf = (node: GraphNode): ArrayTensor => {
    const result = results.get(node);
    if (result === undefined) throw internalError("an operand that was not computed");
    return result;
  };
  const compute = ({ source, shape: dims }: GraphNode): ArrayTensor => {
    const shape = knownShape(dims);
    switch (source.kind) {
      case "constant":
        return ArrayTensor.from(shape, source.data);
      case "input":
        return ArrayTensor.from(shape, inputNamed(source.name, shape, inputs));
      case "op":
        return apply(source.op, source.inputs.map(resultOf), source.attrs);
    }
  };
  for (const node of topologicalOrder(outputs)) results.set(node, compute(node));
  return outputs.map((node) => resultOf(node).data);
}

function inputNamed(
  name: string,
  shape: Shape,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): ArrayLike<number> {
  const data = inputs[name];
  if (data?.length === sizeOf(shape)) return data;
  throw mistake(
    "shape",
    "evaluate",
    `input ${name} with ${sizeOf(shape)} numbers, of shape ${showShape(shape)}`,
    data === undefined ? "none" : `${data.length}`,
    "pass one for each entry",
  );
}

function apply<K extends Op>(op: K, inputs: readonly ArrayTensor[], attrs: unknown): ArrayTensor {
  const [first] = inputs;
  if (first === undefined) throw internalError(`${op} without inputs`);
  return first.apply(op, inputs as OpInputs<ArrayTensor, K>, attrs as OpAttrs<K>);
}
