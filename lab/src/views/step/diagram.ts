/**
 * Positions of the boxes of a training step: forward goes up, from the embedding to the loss. An open group is a frame
 * around its parts; a connection that would run through other boxes takes a lane on their right, like the residual
 * stream.
 */

import type { StepBox } from "../../worker/step/step.ts";
import { boxesIn, type Part } from "./outline.ts";

/** In pixels; the top left corner is relative to the diagram's. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedPart extends Rectangle {
  readonly part: Part;
}

export interface Connection {
  /** Names of visible parts. */
  readonly from: string;
  readonly to: string;
  /** An SVG path from one to the other. */
  readonly path: string;
}

export interface Diagram {
  readonly parts: readonly PlacedPart[];
  /** Open groups, outer ones first. */
  readonly frames: readonly PlacedPart[];
  readonly connections: readonly Connection[];
  readonly width: number;
  readonly height: number;
}

export const BOX = { width: 116, height: 58 };
const GAP = { x: 12, y: 30 };
/** Margins around a frame's parts: at its sides, where lanes run too, above for its name, and below. */
const FRAME = { side: 22, top: 36, bottom: 16 };
const LANE = 10;
/** Distance of a straight connection from a box: more than half a gap, so that none runs between two. */
const CLEAR = 10;

/** Lays out `parts`, with the groups named in `open` unfolded. */
export function diagramOf(parts: readonly Part[], boxes: readonly StepBox[], open: ReadonlySet<string>): Diagram {
  const tree = blockOf({ kind: "group", name: "", parts }, boxes, open);
  const placed: PlacedPart[] = [];
  const frames: PlacedPart[] = [];
  const put = (block: Block, x: number, y: number): void => {
    const { part, width, height, rows } = block;
    if (rows === undefined) placed.push({ part, x, y, width, height });
    else if (part.name !== "") frames.push({ part, x, y, width, height });
    let bottom = y + height - (part.name === "" ? 0 : FRAME.bottom);
    for (const row of rows ?? []) {
      let left = x + (width - widthOf(row)) / 2;
      for (const child of row) {
        put(child, left, bottom - child.height);
        left += child.width + GAP.x;
      }
      bottom -= heightOf(row) + GAP.y;
    }
  };
  put(tree, 0, 0);
  return { parts: placed, frames, connections: connect(placed, boxes), width: tree.width, height: tree.height };
}

/** A part with its size and, for an open group, its rows from the bottom up. */
interface Block {
  readonly part: Part;
  readonly width: number;
  readonly height: number;
  readonly rows?: readonly (readonly Block[])[];
}

function blockOf(part: Part, boxes: readonly StepBox[], open: ReadonlySet<string>): Block {
  if (part.kind === "tensor" || (part.name !== "" && !open.has(part.name))) return { part, ...BOX };
  const rows = rowsOf(part.parts, boxes).map((row) => row.map((child) => blockOf(child, boxes, open)));
  const isTop = part.name === "";
  const height = rows.reduce((sum, row) => sum + heightOf(row), 0) + (rows.length - 1) * GAP.y;
  return {
    part,
    rows,
    // The whole needs room for a lane as well.
    width: Math.max(...rows.map(widthOf)) + 2 * FRAME.side,
    height: height + (isTop ? 0 : FRAME.top + FRAME.bottom),
  };
}

/** Parts by their distance from the lowest row; weights are just below their readers. */
export function rowsOf(parts: readonly Part[], boxes: readonly StepBox[]): Part[][] {
  const edges = edgesBetween(parts, boxes);
  const ranks = new Map<Part, number>();
  for (const part of parts) {
    const below = edges.filter(({ to, from }) => to === part && !isWeight(from, boxes));
    const hasWeights = edges.some(({ to, from }) => to === part && isWeight(from, boxes));
    ranks.set(part, Math.max(hasWeights ? 1 : 0, ...below.map(({ from }) => (ranks.get(from) ?? 0) + 1)));
  }
  for (const part of parts.filter((weight) => isWeight(weight, boxes))) {
    const users = edges.filter(({ from }) => from === part).map(({ to }) => ranks.get(to) ?? 0);
    ranks.set(part, Math.max(0, Math.min(...users) - 1));
  }
  const rows: Part[][] = [];
  for (const part of [...parts].sort((x, y) => Number(isWeight(x, boxes)) - Number(isWeight(y, boxes)))) {
    const rank = ranks.get(part) ?? 0;
    rows[rank] = [...(rows[rank] ?? []), part];
  }
  return rows.filter((row) => row !== undefined);
}

/** True if a part is a tensor of weights, which nothing computes. */
export function isWeight(part: Part, boxes: readonly StepBox[]): boolean {
  return part.kind === "tensor" && boxes[part.box]?.isParam === true;
}

/** Reader and input, each pair once. */
export function edgesBetween(parts: readonly Part[], boxes: readonly StepBox[]): { from: Part; to: Part }[] {
  const owner = new Map(parts.flatMap((part) => boxesIn(part).map((box): [number, Part] => [box, part])));
  const edges: { from: Part; to: Part }[] = [];
  for (const to of parts) {
    const inputs = new Set(boxesIn(to).flatMap((box) => (boxes[box]?.inputs ?? []).map((input) => owner.get(input))));
    for (const from of inputs) if (from !== undefined && from !== to) edges.push({ from, to });
  }
  return edges;
}

function connect(placed: readonly PlacedPart[], boxes: readonly StepBox[]): Connection[] {
  const places = new Map(placed.map((place) => [place.part, place]));
  const lanes: { readonly top: number; readonly bottom: number; readonly x: number }[] = [];
  return edgesBetween(
    placed.map(({ part }) => part),
    boxes,
  ).flatMap(({ from, to }) => {
    const [source, target] = [places.get(from), places.get(to)];
    if (source === undefined || target === undefined) return [];
    const between = placed.filter(({ y, height }) => y + height <= source.y && y >= target.y + target.height);
    const straight = !between.some((place) => crosses(source, target, place));
    if (straight) return [{ from: from.name, to: to.name, path: curve(source, target) }];
    const [top, bottom] = [entryOf(target), exitOf(source)];
    const right = Math.max(...[source, target, ...between].map(({ x, width }) => x + width)) + LANE;
    const taken = lanes.filter((lane) => lane.top < bottom && lane.bottom > top).map(({ x }) => x);
    let x = right;
    while (taken.some((lane) => Math.abs(lane - x) < LANE / 2)) x += LANE / 2;
    lanes.push({ top, bottom, x });
    return [{ from: from.name, to: to.name, path: detour(source, target, x) }];
  });
}

function curve(source: Rectangle, target: Rectangle): string {
  const [x1, y1, x2, y2] = [centre(source), source.y, centre(target), target.y + target.height];
  const bend = (y1 - y2) / 2;
  return `M${x1} ${y1}C${x1} ${y1 - bend} ${x2} ${y2 + bend} ${x2} ${y2}`;
}

/** Out on the right, up the lane at x, and in on the right. */
function detour(source: Rectangle, target: Rectangle, x: number): string {
  const radius = 8;
  const [startX, startY] = [source.x + source.width, exitOf(source)];
  const [endX, endY] = [target.x + target.width, entryOf(target)];
  const up = `H${x - radius}Q${x} ${startY} ${x} ${startY - radius}V${endY + radius}`;
  return `M${startX} ${startY}${up}Q${x} ${endY} ${x - radius} ${endY}H${endX}`;
}

/** True if the straight line comes too close to a box. */
function crosses(source: Rectangle, target: Rectangle, { x, y, width, height }: Rectangle): boolean {
  const [fromY, toY] = [source.y, target.y + target.height];
  const at = (height: number): number =>
    centre(source) + ((centre(target) - centre(source)) * (fromY - height)) / (fromY - toY || 1);
  const [low, high] = [Math.min(at(y), at(y + height)), Math.max(at(y), at(y + height))];
  return high > x - CLEAR && low < x + width + CLEAR;
}

function centre({ x, width }: Rectangle): number {
  return x + width / 2;
}

/** Heights at which detours leave and enter on the right; they differ, since a box may have both. */
function exitOf({ y, height }: Rectangle): number {
  return y + height / 3;
}

function entryOf({ y, height }: Rectangle): number {
  return y + (2 * height) / 3;
}

function widthOf(row: readonly Block[]): number {
  return row.reduce((sum, { width }) => sum + width, 0) + (row.length - 1) * GAP.x;
}

function heightOf(row: readonly Block[]): number {
  return Math.max(...row.map(({ height }) => height));
}
