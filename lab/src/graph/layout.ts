/**
 * Lays out a small graph: in columns from left to right, each node left of all its users, and in each column in an
 * order with few crossings. (Sugiyama, Tagawa and Toda 1981, doi.org/10.1109/TSMC.1981.4308636) Units are abstract:
 * neighbors are 1 apart, and a node may take up to 1 by 1 around its point.
 */

import { MicrogptError } from "microgpt";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface LaidOutEdge {
  readonly from: number;
  readonly to: number;
  /** From one node to the other, with a bend in each column that it crosses, so that no edge runs through a node. */
  readonly points: readonly Point[];
}

export interface Layout {
  /** The center of each node: integer x from 0, y from 0. */
  readonly nodes: readonly Point[];
  /** In the order given. */
  readonly edges: readonly LaidOutEdge[];
  /** The largest x and y; nodes reach half a unit beyond. */
  readonly width: number;
  readonly height: number;
}

/** From the left to the right, by node number. */
export type Edge = readonly [from: number, to: number];

/**
 * Lays out nodes 0 to `size` - 1, deterministically. A node is one column before its nearest user. Meant for up to 200
 * nodes. Errors: an edge to a missing node, a cycle.
 */
export function layout(size: number, edges: readonly Edge[]): Layout {
  const columns = columnsOf(size, edges);
  const { slots, routes } = withBends(columns, edges);
  const rows = arrange(slots);
  const ys = place(slots, rows);
  const points = slots.map(({ column }, i): Point => ({ x: column, y: ys[i] ?? 0 }));
  const pointAt = (slot: number): Point => points[slot] ?? { x: 0, y: 0 };
  return {
    nodes: points.slice(0, size),
    edges: edges.map(([from, to], i) => ({ from, to, points: (routes[i] ?? []).map(pointAt) })),
    width: Math.max(0, ...columns),
    height: Math.max(0, ...ys),
  };
}

/** An item that takes space in a column: a node, or a bend of an edge. Its neighbors are slots one column away. */
interface Slot {
  readonly column: number;
  readonly left: number[];
  readonly right: number[];
}

const SWEEPS = 12;

// The longest path to the right end decides, so that weights are next to their use, not all at the far left.
function columnsOf(size: number, edges: readonly Edge[]): number[] {
  const inputs = Array.from({ length: size }, (): number[] => []);
  const unplaced = new Array<number>(size).fill(0);
  for (const [from, to] of edges) {
    const users = inputs[to];
    const count = unplaced[from];
    if (users === undefined || count === undefined) {
      throw complaint(`edges between nodes 0 to ${size - 1}`, `${from} to ${to}`, "leave it out");
    }
    users.push(from);
    unplaced[from] = count + 1;
  }
  const fromRight = new Array<number>(size).fill(0);
  const ready = [...unplaced.keys()].filter((node) => unplaced[node] === 0);
  for (const node of ready) {
    for (const input of inputs[node] ?? []) {
      fromRight[input] = Math.max(fromRight[input] ?? 0, (fromRight[node] ?? 0) + 1);
      unplaced[input] = (unplaced[input] ?? 0) - 1;
      if (unplaced[input] === 0) ready.push(input);
    }
  }
  if (ready.length < size) throw complaint("edges that lead from left to right", "a cycle", "cut it");
  const last = Math.max(0, ...fromRight);
  return fromRight.map((distance) => last - distance);
}

function withBends(columns: readonly number[], edges: readonly Edge[]): { slots: Slot[]; routes: number[][] } {
  const slots = columns.map((column): Slot => ({ column, left: [], right: [] }));
  const routes = edges.map(([from, to]) => {
    const route = [from];
    for (let column = (columns[from] ?? 0) + 1; column < (columns[to] ?? 0); column++) {
      route.push(slots.push({ column, left: [], right: [] }) - 1);
    }
    route.push(to);
    route.slice(1).forEach((slot, i) => {
      const before = route[i] ?? 0;
      slots[before]?.right.push(slot);
      slots[slot]?.left.push(before);
    });
    return route;
  });
  return { slots, routes };
}

// Sorts each column in turn by the mean position of its neighbors in the adjacent one, back and forth; keeps the best.
function arrange(slots: readonly Slot[]): number[][] {
  let rows = group(slots);
  let best = rows;
  let fewest = crossings(slots, rows);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const side = sweep % 2 === 0 ? "right" : "left";
    const places = placesIn(rows, slots.length);
    const sorted = rows.map((row) => row);
    const order = [...sorted.keys()];
    for (const column of side === "right" ? order.reverse() : order) {
      const row = sorted[column] ?? [];
      const mean = new Map(row.map((slot) => [slot, meanOf(slots[slot]?.[side] ?? [], places) ?? places[slot] ?? 0]));
      const next = [...row].sort((x, y) => (mean.get(x) ?? 0) - (mean.get(y) ?? 0));
      sorted[column] = next;
      next.forEach((slot, i) => {
        places[slot] = i;
      });
    }
    rows = sorted;
    const count = crossings(slots, rows);
    if (count < fewest) [best, fewest] = [rows, count];
  }
  return best;
}

function group(slots: readonly Slot[]): number[][] {
  const rows: number[][] = Array.from({ length: Math.max(-1, ...slots.map(({ column }) => column)) + 1 }, () => []);
  slots.forEach(({ column }, slot) => {
    rows[column]?.push(slot);
  });
  return rows;
}

function crossings(slots: readonly Slot[], rows: readonly (readonly number[])[]): number {
  const places = placesIn(rows, slots.length);
  let count = 0;
  for (const row of rows) {
    const ends = row.flatMap((slot) => (slots[slot]?.right ?? []).map((to) => [places[slot] ?? 0, places[to] ?? 0]));
    ends.forEach(([from = 0, to = 0], i) => {
      for (const [otherFrom = 0, otherTo = 0] of ends.slice(0, i)) {
        if ((from - otherFrom) * (to - otherTo) < 0) count++;
      }
    });
  }
  return count;
}

// Heights in the given order: each slot as near to the middle of its neighbors as the slots next to it allow.
function place(slots: readonly Slot[], rows: readonly (readonly number[])[]): number[] {
  const ys = placesIn(rows, slots.length);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 === 0 ? rows.toReversed() : rows) {
      const wanted = row.map((slot) => {
        const { left = [], right = [] } = slots[slot] ?? {};
        return meanOf([...left, ...right], ys) ?? ys[slot] ?? 0;
      });
      spread(wanted).forEach((y, i) => {
        ys[row[i] ?? 0] = y;
      });
    }
  }
  const top = Math.min(...ys);
  return ys.map((y) => y - top);
}

// The nearest heights, by least squares, that are at least 1 apart: neighbors that would overlap form a block around
// the mean of their wishes.
function spread(wanted: readonly number[]): number[] {
  const blocks: { sum: number; count: number }[] = [];
  wanted.forEach((y, i) => {
    let block = { sum: y - i, count: 1 };
    for (let above = blocks.at(-1); above !== undefined; above = blocks.at(-1)) {
      if (above.sum / above.count <= block.sum / block.count) break;
      block = { sum: above.sum + block.sum, count: above.count + block.count };
      blocks.pop();
    }
    blocks.push(block);
  });
  return blocks.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count)).map((y, i) => y + i);
}

function placesIn(rows: readonly (readonly number[])[], size: number): number[] {
  const places = new Array<number>(size).fill(0);
  for (const row of rows) {
    row.forEach((slot, i) => {
      places[slot] = i;
    });
  }
  return places;
}

function meanOf(slots: readonly number[], values: readonly number[]): number | undefined {
  if (slots.length === 0) return undefined;
  return slots.reduce((sum, slot) => sum + (values[slot] ?? 0), 0) / slots.length;
}

function complaint(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ code: "shape", operation: "layout", expected, got, fix });
}
