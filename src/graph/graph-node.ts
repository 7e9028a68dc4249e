/**
 * The interpreter that computes nothing: a tensor that records how it was made. Running `gpt()` over `GraphNode`s gives
 * its graph, which can be printed, differentiated (grad.ts) and evaluated (backend/). (After JAX's tracers.)
 */

import type { Op, OpAttrs, OpInputs } from "../tensor/ops.ts";
import { Tensor } from "../tensor/tensor.ts";
import { mistake } from "../util/errors.ts";
import { type Dims, showShape, sizeOf } from "../util/shape.ts";

/** Numbers that are known when the graph is made. */
export interface Constant {
  readonly kind: "constant";
  readonly data: ArrayLike<number>;
}

/** Numbers supplied when the graph is run: a parameter, the tokens, the learning rate. */
export interface Input {
  readonly kind: "input";
  readonly name: string;
}

/** The result of an operation. */
export interface Application<K extends Op = Op> {
  readonly kind: "op";
  readonly op: K;
  readonly inputs: OpInputs<GraphNode, K>;
  readonly attrs: OpAttrs<K>;
}

/** The source of a node's numbers; for an operation, one of the closed set. */
export type Source = Constant | Input | { [K in Op]: Application<K> }[Op];

export class GraphNode extends Tensor<GraphNode> {
  readonly shape: Dims;
  readonly source: Source;

  private constructor(shape: Dims, source: Source) {
    super();
    this.shape = shape;
    this.source = source;
  }

  /** A placeholder for numbers that come when the graph is run. */
  static input(name: string, shape: Dims): GraphNode {
    return new GraphNode(shape, { kind: "input", name });
  }

  /** Known numbers. Errors: their count differs from the shape's. */
  static constant(shape: Dims, data: ArrayLike<number>): GraphNode {
    if (data.length !== sizeOf(shape)) {
      const expected = `one number for each entry of ${showShape(shape)}`;
      const got = `${data.length} numbers`;
      throw mistake("shape", "constant", expected, got, "check the shape");
    }
    return new GraphNode(shape, { kind: "constant", data });
  }

  constant(shape: Dims, data: ArrayLike<number>): GraphNode {
    return GraphNode.constant(shape, data);
  }

  protected evaluate<K extends Op>(op: K, inputs: OpInputs<GraphNode, K>, attrs: OpAttrs<K>, shape: Dims): GraphNode {
    const source: Application<K> = { kind: "op", op, inputs, attrs };
    return new GraphNode(shape, source as Source);
  }

  /** The nodes that this one is computed from. */
  get operands(): readonly GraphNode[] {
    return this.source.kind === "op" ? this.source.inputs : [];
  }
}

/** The roots and all nodes that they are computed from, each after its operands. */
export function topologicalOrder(roots: readonly GraphNode[]): GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<GraphNode, "open" | "done">();
  const stack = roots.toReversed();
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (state.get(node) === undefined) {
      state.set(node, "open");
      for (const operand of node.operands.toReversed()) if (!state.has(operand)) stack.push(operand);
    } else {
      stack.pop();
      if (state.get(node) === "open") order.push(node);
      state.set(node, "done");
    }
  }
  return order;
}
