/** The computation of a node, laid out for drawing: nodes from left to right, with the local gradient at each edge. */

import { symbolOf } from "../../graph/describe.ts";
import { type LaidOutEdge, type Layout, layout, type Point } from "../../graph/layout.ts";
import { type UnfoldedNode, unfold } from "../../graph/unfold.ts";
import type { Examined, NodeBrief } from "./examine.ts";

export interface TreeNode extends NodeBrief {
  readonly kind: UnfoldedNode["kind"];
  readonly symbol: string;
  /** Its center, in units of one node. */
  readonly at: Point;
  /** Number of terms of a sum that are not drawn. */
  readonly more: number;
}

/** Between indices in `nodes`. */
export interface TreeEdge extends LaidOutEdge {
  /** d to / d from; for a number used twice, the sum of both. */
  readonly local: number;
}

export interface Tree extends Pick<Layout, "width" | "height"> {
  readonly nodes: readonly TreeNode[];
  readonly edges: readonly TreeEdge[];
}

/** Maximum number of terms drawn if a sum is shown completely. */
const ALL_TERMS = 64;

/**
 * The tree of a node. An input has none: it is shown in the tree of the entry that it serves most. Errors: a node that
 * the graph does not have.
 */
export function treeOf(examined: Examined, node: number, maxTerms: number): Tree {
  const { graph, fold } = examined;
  const root = examined.isLeaf(node) ? examined.entryAbove(node) : node;
  const upTo = (terms: number): UnfoldedNode[] => unfold(graph, fold, root, { maxNodes: 160, maxTerms: terms });
  const few = upTo(maxTerms);
  const unfolded = few.some((drawn) => drawn.node === node) ? few : upTo(ALL_TERMS);
  const locals = new Map<string, number>();
  unfolded.forEach(({ node: user, kind, inputs }, to) => {
    inputs.forEach((from, i) => {
      // Along a chain of additions every local gradient is 1.
      const local = kind === "sum" ? 1 : ((i === 0 ? graph.da : graph.db)[user] ?? Number.NaN);
      const edge = `${from} ${to}`;
      locals.set(edge, (locals.get(edge) ?? 0) + local);
    });
  });
  const edges = [...locals.keys()].map((edge): [number, number] => {
    const [from = 0, to = 0] = edge.split(" ").map(Number);
    return [from, to];
  });
  const placed = layout(unfolded.length, edges);
  return {
    nodes: unfolded.map(({ node: i, kind, more }, place) => ({
      ...examined.brief(i),
      kind,
      symbol: kind === "sum" ? "Σ" : symbolOf(graph, i),
      at: placed.nodes[place] ?? { x: 0, y: 0 },
      more: more.length,
    })),
    edges: placed.edges.map(({ from, to, points }) => ({ from, to, points, local: locals.get(`${from} ${to}`) ?? 0 })),
    width: placed.width,
    height: placed.height,
  };
}
