/**
 * Repeats the forward pass with some node at another value: what would the loss be? That checks the node's gradient by
 * the definition that the chain rule shortcuts: (f(x + h) - f(x - h)) / 2h.
 *
 * Values that a model detaches are leaves here and keep their value. For the largest score, which softmax and cross
 * entropy subtract so that exp cannot overflow, this changes nothing, because it cancels.
 */

import { erf, exp, log, pow, sigmoid } from "microgpt";
import type { Operation } from "microgpt/value";
import { checkNode, OPERATIONS, operationOf, type ValueGraph } from "./graph.ts";

export interface Replay {
  /** The root's new data. */
  readonly root: number;
  /** (N) the new data of every node */
  readonly data: Float64Array;
}

export interface DifferenceOptions {
  /** Distance to either side. Default: about 2^-17 of the node's data, a power of two so that it adds no rounding. */
  readonly h?: number;
}

export interface Difference {
  readonly h: number;
  /** The root's data with the node increased by h. */
  readonly up: number;
  /** The root's data with the node decreased by h. */
  readonly down: number;
  /** (up - down) / 2h */
  readonly slope: number;
  /** The gradient from `Value.backward`. */
  readonly gradient: number;
  /** |slope - gradient| */
  readonly error: number;
  /** The possible effect of rounding on the slope: an ulp or two of the root's data, over h. */
  readonly rounding: number;
  /**
   * Nodes with a kink between down and up: a relu whose operand changed its sign, a max that switched operands. A kink
   * has no slope, so slope and gradient may differ and both be right.
   */
  readonly kinks: readonly number[];
}

/**
 * Recomputes everything that depends on the changed nodes, by the definition of each operation; a changed node keeps
 * its given value. Errors: a node that the graph does not have.
 */
export function replay(graph: ValueGraph, changes: ReadonlyMap<number, number>): Replay {
  const { size, ops, a, b, numbers } = graph;
  const data = graph.data.slice();
  const changed = new Uint8Array(size);
  let first = size;
  for (const [node, value] of changes) {
    first = Math.min(first, checkNode("replay", graph, node));
    data[node] = value;
    changed[node] = 1;
  }
  for (let i = first; i < size; i++) {
    const [left, right] = [a[i] ?? -1, b[i] ?? -1];
    const touched = (left >= 0 && changed[left] === 1) || (right >= 0 && changed[right] === 1);
    if (!touched || changes.has(i)) continue;
    const y = right >= 0 ? data[right] : numbers[i];
    data[i] = rules[OPERATIONS[ops[i] ?? 0] ?? "leaf"](data[left] ?? Number.NaN, y ?? Number.NaN);
    changed[i] = 1;
  }
  return { root: data[size - 1] ?? Number.NaN, data };
}

/**
 * Compares a node's gradient with the slope between two points next to it. Errors: a node that the graph does not have.
 */
export function checkByDifference(graph: ValueGraph, node: number, { h }: DifferenceOptions = {}): Difference {
  const x = graph.data[checkNode("difference", graph, node)] ?? Number.NaN;
  const probe = (step: number): Probe => {
    const at = (value: number): Replay => replay(graph, new Map([[node, value]]));
    return { h: step, up: at(x + step), down: at(x - step) };
  };
  let points = probe(h ?? stepFor(Math.max(Math.abs(x), SMALLEST_SCALE)));
  // Beyond the edge of a log's or root's domain there is no value, so h is reduced.
  if (h === undefined && x !== 0 && !bothFinite(points)) points = probe(stepFor(Math.abs(x)));

  const [up, down] = [points.up.root, points.down.root];
  const slope = (up - down) / (2 * points.h);
  const gradient = graph.grad[node] ?? Number.NaN;
  return {
    h: points.h,
    up,
    down,
    slope,
    gradient,
    error: Math.abs(slope - gradient),
    rounding: (2 * Number.EPSILON * Math.max(Math.abs(up), Math.abs(down))) / points.h,
    kinks: kinksBetween(graph, [points.down.data, graph.data, points.up.data]),
  };
}

interface Probe {
  readonly h: number;
  readonly up: Replay;
  readonly down: Replay;
}

/** A number near 0 is usually small by chance: its own size would drown h in rounding. */
const SMALLEST_SCALE = 1 / 64;

const rules: { readonly [K in Operation]: (x: number, y: number) => number } = {
  leaf: () => Number.NaN, // has no operands that could have changed
  add: (x, y) => x + y,
  mul: (x, y) => x * y,
  pow,
  log,
  exp,
  relu: (x) => Math.max(0, x),
  sigmoid,
  erf,
  max: (x, y) => Math.max(x, y),
};

// The error of a central difference grows with h², that of rounding with 1/h; they meet at 2^-17.
function stepFor(scale: number): number {
  return 2 ** (Math.floor(Math.log2(scale)) - 17);
}

function bothFinite({ up, down }: Probe): boolean {
  return Number.isFinite(up.root) && Number.isFinite(down.root);
}

function kinksBetween(graph: ValueGraph, points: readonly Float64Array[]): number[] {
  const kinks: number[] = [];
  for (let i = 0; i < graph.size; i++) {
    const op = operationOf(graph, i);
    if (op !== "relu" && op !== "max") continue;
    const [a, b] = [graph.a[i] ?? -1, graph.b[i] ?? -1];
    const side = (data: Float64Array): number => Math.sign((data[a] ?? 0) - (op === "max" ? (data[b] ?? 0) : 0));
    if (points.some((data) => side(data) !== side(graph.data))) kinks.push(i);
  }
  return kinks;
}
