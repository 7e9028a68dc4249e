/** A laid-out tree of scalars, in pixels. */

import type { Point } from "../../graph/layout.ts";
import type { Tree, TreeEdge, TreeNode } from "../../worker/step/tree.ts";
import type { Rectangle } from "./diagram.ts";

/** A box is as wide as its name needs, within these bounds. */
const WIDTH = { least: 100, most: 176, character: 7.4, margin: 18 };
const HEIGHT = 50;
const GAP = { x: 84, y: 6 };

export interface DrawnNode {
  readonly node: TreeNode;
  readonly place: Rectangle;
}

export interface DrawnEdge {
  readonly edge: TreeEdge;
  /** An SVG path from the right side of one box to the left side of the other. */
  readonly path: string;
  /** Position of its local gradient. */
  readonly label: Point;
}

export interface DrawnTree {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  readonly width: number;
  readonly height: number;
}

export function drawTree({ nodes, edges, width, height }: Tree): DrawnTree {
  const longest = Math.max(...nodes.map(({ short, symbol }) => (short === symbol ? 0 : short.length + symbol.length)));
  const box = Math.min(WIDTH.most, Math.max(WIDTH.least, longest * WIDTH.character + WIDTH.margin));
  const pitch = { x: box + GAP.x, y: HEIGHT + GAP.y };
  const centre = ({ x, y }: Point): Point => ({ x: box / 2 + x * pitch.x, y: HEIGHT / 2 + y * pitch.y });
  return {
    nodes: nodes.map((node) => {
      const { x, y } = centre(node.at);
      return { node, place: { x: x - box / 2, y: y - HEIGHT / 2, width: box, height: HEIGHT } };
    }),
    edges: edges.map((edge) => drawEdge(edge, edge.points.map(centre), box)),
    width: box + width * pitch.x,
    height: HEIGHT + height * pitch.y,
  };
}

/** In forward order: a scalar is never before its operands. */
export function playOrder({ nodes }: Tree): TreeNode[] {
  return [...nodes].sort((x, y) => x.node - y.node);
}

// Horizontal where it leaves, bends and enters.
function drawEdge(edge: TreeEdge, centres: readonly Point[], box: number): DrawnEdge {
  const points = centres.map(({ x, y }, i) => {
    const side = i === 0 ? box / 2 : i === centres.length - 1 ? -box / 2 : 0;
    return { x: x + side, y };
  });
  const [start = { x: 0, y: 0 }, ...others] = points;
  let [path, last] = [`M${start.x} ${start.y}`, start];
  for (const to of others) {
    const bend = (to.x - last.x) / 2;
    path += `C${last.x + bend} ${last.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
    last = to;
  }
  const [next = start] = others;
  // Before the middle, where edges to the same node are still apart.
  return { edge, path, label: { x: start.x + (next.x - start.x) * 0.4, y: start.y + (next.y - start.y) * 0.35 } };
}
