/** For tests: the case table for anything that runs graphs. */

import type { Roots } from "../compile/lower.ts";
import { grad } from "../graph/grad.ts";
import { GraphNode } from "../graph/graph-node.ts";
import type { Op, OpInputs } from "../tensor/ops.ts";
import type { Awaitable, Lists } from "./compiled.ts";
import type { Implementation } from "./op-cases.ts";
import type { Case } from "./specs/spec.ts";

/** Prepares a graph; the result runs it on numbers for its inputs, among which may be unused ones. */
export type Open = (roots: Roots) => Awaitable<(inputs: Lists) => Awaitable<Lists>>;

/** Each operation as a graph of its own, opened once for each list of shapes. */
export function opsByGraph(open: Open): Pick<Implementation, "forward" | "backward"> {
  const opened = new Map<string, ReturnType<Open>>();

  async function run<K extends Op>(
    what: string,
    { inputs, attrs }: Case<K>,
    trace: (leaves: readonly GraphNode[]) => Record<string, GraphNode>,
    w: readonly number[] = [],
  ): Promise<Lists> {
    const key = JSON.stringify([what, inputs.map(({ shape }) => shape), attrs]);
    const leaves = inputs.map(({ shape }, i) => GraphNode.input(`x${i}`, shape));
    const running = opened.get(key) ?? open({ outputs: trace(leaves), updates: {} });
    opened.set(key, running);
    return (await running)({ ...Object.fromEntries(inputs.map(({ data }, i) => [`x${i}`, data])), w });
  }

  return {
    async forward(op, example) {
      const { y } = await run(`${op} forward`, example, (leaves) => ({ y: applied(op, leaves, example) }));
      return y ?? [];
    },
    async backward(op, example, weights) {
      const trace = (leaves: readonly GraphNode[]): Record<string, GraphNode> => {
        const w = GraphNode.input("w", [weights.length]);
        const loss = applied(op, leaves, example).reshape(-1).mul(w).sum(0);
        return Object.fromEntries(grad(loss, leaves).map((gradient, i) => [`dx${i}`, gradient]));
      };
      return Object.values(await run(`${op} backward`, example, trace, weights));
    },
  };
}

function applied<K extends Op>(op: K, leaves: readonly GraphNode[], { attrs }: Case<K>): GraphNode {
  return GraphNode.constant([], [0]).apply(op, leaves as unknown as OpInputs<GraphNode, K>, attrs);
}
