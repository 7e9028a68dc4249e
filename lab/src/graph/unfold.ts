/**
 * The inside of a box, for drawing: the few nodes that one entry is computed from. A long sum, which a graph stores as
 * a chain of additions, is one node with many terms here: a dot product of 16 channels is a sum of 16 products.
 */

import type { Fold } from "./fold.ts";
import { checkNode, operandsOf, operationOf, usesCount, type ValueGraph } from "./graph.ts";

export interface UnfoldOptions {
  /** Largest number of nodes. Default: 80. */
  readonly maxNodes?: number;
  /** Largest number of terms shown of a sum. Default: 16. */
  readonly maxTerms?: number;
}

export interface UnfoldedNode {
  /** Its number in the graph. */
  readonly node: number;
  /**
   * `computed`: its inputs are included. `sum`: it represents a chain of additions, and its inputs are the terms.
   * `member`: an entry of another box. `leaf`: a constant. `folded`: its operands did not fit; unfold it by itself.
   */
  readonly kind: "computed" | "sum" | "member" | "leaf" | "folded";
  /** Its inputs, by index in this list; an input used twice is listed twice. */
  readonly inputs: readonly number[];
  /** Plain numbers added along the way. Empty except for `sum`. */
  readonly numbers: readonly number[];
  /** Further terms of a `sum`, by node. */
  readonly more: readonly number[];
}

/**
 * The nodes of a box that `node` is computed from, up to the members of other boxes: the node itself first, each once,
 * nearer ones before farther ones. Errors: no such node.
 */
export function unfold(
  graph: ValueGraph,
  { entry }: Fold,
  node: number,
  { maxNodes = 80, maxTerms = 16 }: UnfoldOptions = {},
): UnfoldedNode[] {
  const places = new Map([[checkNode("unfold", graph, node), 0]]);
  const order = [node];
  const isMember = (i: number): boolean => i !== node && entry[i] !== -1;
  const drawn: UnfoldedNode[] = [];
  for (let at = 0; at < order.length; at++) {
    const i = order[at] ?? -1;
    const operands = operandsOf(graph, i);
    const nothing = { node: i, inputs: [], numbers: [], more: [] };
    if (isMember(i)) drawn.push({ ...nothing, kind: "member" });
    else if (operands.length === 0) drawn.push({ ...nothing, kind: "leaf" });
    else {
      const { terms, numbers } = termsOf(graph, i, isMember);
      const isSum = terms.length + numbers.length > 2;
      const shown = terms.slice(0, maxTerms);
      const fresh = new Set(shown.filter((term) => !places.has(term)));
      if (order.length + fresh.size > maxNodes) {
        drawn.push({ ...nothing, kind: "folded" });
        continue;
      }
      for (const term of fresh) places.set(term, order.push(term) - 1);
      const inputs = shown.map((term) => places.get(term) ?? -1);
      const [kind, more] = [isSum ? ("sum" as const) : ("computed" as const), terms.slice(maxTerms)];
      drawn.push({ node: i, kind, inputs, numbers: isSum ? numbers : [], more });
    }
  }
  return drawn;
}

// The operands or, for an addition, those of all additions without another use, in the order in which they are added.
function termsOf(
  graph: ValueGraph,
  node: number,
  isMember: (node: number) => boolean,
): { terms: number[]; numbers: number[] } {
  if (operationOf(graph, node) !== "add") return { terms: operandsOf(graph, node), numbers: [] };
  const [terms, numbers]: [number[], number[]] = [[], []];
  const stack = [node];
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    const joins = i === node || (operationOf(graph, i) === "add" && usesCount(graph, i) === 1 && !isMember(i));
    if (!joins) {
      terms.push(i);
      continue;
    }
    stack.push(...operandsOf(graph, i).reverse());
    if (graph.b[i] === -1) numbers.push(graph.numbers[i] ?? 0);
  }
  return { terms, numbers };
}
