/**
 * A training step for a machine that answers late: many are queued one after the other, and their results are read
 * together. If one fails, those after it must leave the weights alone.
 */

import type { Roots } from "../compile/lower.ts";
import { GraphNode } from "../graph/graph-node.ts";

/** Steps whose results are kept until they are read. */
export const MOST_QUEUED = 64;

/**
 * Two more inputs, of one number each: `slot`, the step's place among those queued, from 0 on, and `done`, how many of
 * them updated the weights, which is updated. Unless they are equal, nothing is updated. The input `results`
 * (MOST_QUEUED, 2) takes loss and gradient norm at `slot`, where a step that failed leaves what was there.
 */
export function queuedStep({ outputs, updates, guards = [] }: Roots): Roots {
  const { loss, grad_norm: norm } = outputs;
  return {
    outputs: { ...outputs, in_order: finiteIfZero(missed()) },
    updates: { ...updates, ...(loss && norm && resultsOf(loss, norm)) },
    guards: [...guards, "in_order"],
  };
}

/**
 * The first half. `part`, its place among the step's `count` parts, must be equal to `parts`, how many of them were added,
 * which is updated. The input `part_losses` (MOST_QUEUED count, 1) takes its loss at slot count + part: the host adds them
 * up in float64.
 */
export function queuedPart({ outputs, updates, guards = [] }: Roots, count: number): Roots {
  const [part, parts] = [number("part"), number("parts")];
  const { loss } = outputs;
  const losses = GraphNode.input("part_losses", [MOST_QUEUED * count, 1]);
  const place = number("slot").mul(count).add(part).reshape(1);
  return {
    outputs: { ...outputs, in_order: finiteIfZero(missed().add(part.sub(parts))) },
    updates: {
      ...updates,
      parts: part.add(1),
      ...(loss && { part_losses: losses.apply("put", [losses, place, loss.reshape(1, 1)], {}) }),
    },
    guards: [...guards, "in_order"],
  };
}

/** The second half, after `count` parts. Its results have no loss. */
export function queuedUpdate({ outputs, updates, guards = [] }: Roots, count: number): Roots {
  const { grad_norm: norm } = outputs;
  return {
    outputs: { ...outputs, in_order: finiteIfZero(missed().add(number("parts").neg().add(count))) },
    updates: { ...updates, ...(norm && resultsOf(norm.mul(0), norm)) },
    guards: [...guards, "in_order"],
  };
}

function number(name: string): GraphNode {
  return GraphNode.input(name, []);
}

/** Steps before this one that failed: 0, or more. */
function missed(): GraphNode {
  return number("slot").sub(number("done"));
}

/** 1, or Infinity where x is above 0. */
function finiteIfZero(x: GraphNode): GraphNode {
  return x.apply("step", [x], {}).neg().add(1).pow(-1);
}

function resultsOf(loss: GraphNode, norm: GraphNode): Roots["updates"] {
  const slot = number("slot");
  const results = GraphNode.input("results", [MOST_QUEUED, 2]);
  const row = loss.reshape(1, 1).concat(1, norm.reshape(1, 1));
  return { results: results.apply("put", [results, slot.reshape(1), row], {}), done: slot.add(1) };
}
