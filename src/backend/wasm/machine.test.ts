import { describe } from "vitest";
import { grad } from "../../graph/grad.ts";
import { GraphNode } from "../../graph/graph-node.ts";
import type { Op, OpInputs } from "../../tensor/ops.ts";
import { type Compiled, compiled, targets } from "../../testing/compiled.ts";
import { type Case, describeOps } from "../../testing/op-cases.ts";
import type { Target } from "./instructions.ts";

/** Compiles each operation for each list of shapes once, and runs it on the numbers of a case. */
class CompiledOps {
  readonly #target: Target;
  readonly #programs = new Map<string, Compiled>();

  constructor(target: Target) {
    this.#target = target;
  }

  forward<K extends Op>(op: K, example: Case<K>): number[] {
    const trace = (leaves: readonly GraphNode[]) => ({ y: applied(op, leaves, example) });
    return this.#run(`${op} forward`, example, trace).y ?? [];
  }

  backward<K extends Op>(op: K, example: Case<K>, weights: readonly number[]): number[][] {
    const trace = (leaves: readonly GraphNode[]): Record<string, GraphNode> => {
      const w = GraphNode.input("w", [weights.length]);
      const loss = applied(op, leaves, example).reshape(-1).mul(w).sum(0);
      return Object.fromEntries(grad(loss, leaves).map((gradient, i) => [`dx${i}`, gradient]));
    };
    return Object.values(this.#run(`${op} backward`, example, trace, weights));
  }

  #run<K extends Op>(
    what: string,
    { inputs, attrs }: Case<K>,
    trace: (leaves: readonly GraphNode[]) => Record<string, GraphNode>,
    w: readonly number[] = [],
  ): Record<string, number[]> {
    const key = JSON.stringify([what, inputs.map(({ shape }) => shape), attrs]);
    let program = this.#programs.get(key);
    if (program === undefined) {
      const leaves = inputs.map(({ shape }, i) => GraphNode.input(`x${i}`, shape));
      program = compiled({ outputs: trace(leaves), updates: {} }, this.#target);
      this.#programs.set(key, program);
    }
    return program({ ...Object.fromEntries(inputs.map(({ data }, i) => [`x${i}`, data])), w });
  }
}

function applied<K extends Op>(op: K, leaves: readonly GraphNode[], { attrs }: Case<K>): GraphNode {
  return GraphNode.constant([], [0]).apply(op, leaves as unknown as OpInputs<GraphNode, K>, attrs);
}

describe.each(targets)("each operation, compiled, relaxed: $relaxed", (target) => {
  const ops = new CompiledOps(target);
  describeOps({
    // float32: sums of some 30 terms, each with its rounding of 6e-8, and exp and log within about one unit.
    tolerance: 5e-6,
    numRuns: 25,
    forward: (op, example) => ops.forward(op, example),
    backward: (op, example, weights) => ops.backward(op, example, weights),
  });
});
