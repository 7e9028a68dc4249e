/**
 * Moving entries costs nothing: it is another indexing. A view maps a tensor's coordinates to an entry's position in a
 * buffer; a movement changes that map. (After tinygrad's ShapeTracker.)
 */

import { compareDims, type Dim, isDynamic } from "../util/dim.ts";
import { type Dims, type Shape, sizeOf } from "../util/shape.ts";
import type { Access, Affine, Expr, ExprPool } from "./kernel.ts";

/** Indexes the same entries by other coordinates, or returns undefined if no affine map does. */
export type Movement = (index: Affine) => Affine | undefined;

/** Row-major. */
export function contiguous(shape: Shape): Affine {
  const strides: number[] = [];
  let stride = 1;
  for (const n of shape.toReversed()) {
    strides.unshift(n === 1 ? 0 : stride);
    stride *= n;
  }
  return { offset: 0, strides };
}

/** Repeats `from` to the shape `to`, by NumPy's rule. */
export function expanding(from: Dims, to: Dims): Movement {
  const missing = to.length - from.length;
  return ({ offset, strides }) => ({
    offset,
    strides: to.map((_, i) => (i < missing || from[i - missing] === 1 ? 0 : (strides[i - missing] ?? 0))),
  });
}

export function permuting(axes: readonly number[]): Movement {
  return ({ offset, strides }) => ({ offset, strides: axes.map((axis) => strides[axis] ?? 0) });
}

export function slicing(axis: number, start: number): Movement {
  return ({ offset, strides }) => ({ offset: offset + start * (strides[axis] ?? 0), strides });
}

/**
 * The same entries in another shape. Both shapes are cut into the shortest groups of dimensions with equally many
 * entries; a group can be indexed anew if its dimensions are nested without gaps.
 */
export function reshaping(from: Dims, to: Dims): Movement {
  const groups = groupsOf(from, to);
  return ({ offset, strides }) => {
    const result = to.map(() => 0);
    for (const { old, fresh } of groups) {
      let inner = 0; // the stride of the group's innermost dimension
      let expected: number | undefined; // the stride required of the next dimension outwards
      for (const [i, axis] of old.toReversed().entries()) {
        const stride = strides[axis] ?? 0;
        if (i === 0) inner = stride;
        else if (stride !== expected) return undefined;
        expected = times(stride, from[axis]);
      }
      let stride: number | undefined = inner;
      for (const axis of fresh.toReversed()) {
        if (stride === undefined) return undefined;
        result[axis] = stride;
        stride = times(stride, to[axis]);
      }
    }
    return { offset, strides: result };
  };
}

/** Distance of the entries of the next dimension outwards; undefined if it depends on the number of rows. */
function times(stride: number, size: Dim = 1): number | undefined {
  if (stride === 0) return 0;
  return isDynamic(size) ? undefined : stride * size;
}

/** An access, and the ids that select its rows, in other coordinates. */
export function moveAccess(access: Access, movement: Movement): Access | undefined {
  const moved = movement(access);
  if (moved === undefined) return undefined;
  const { buffer, pick } = access;
  if (pick === undefined) return { buffer, ...moved };
  const ids = moveAccess(pick.ids, movement);
  return ids && { buffer, ...moved, pick: { ids, stride: pick.stride } };
}

/** An expression in other coordinates. */
export function moveExpr(pool: ExprPool, expr: Expr, movement: Movement): Expr | undefined {
  return pool.replaceLeaves(expr, (leaf) => {
    if (leaf.kind === "index") {
      const index = movement(leaf.index);
      return index && pool.index(index);
    }
    if (leaf.kind !== "load") return leaf;
    const access = moveAccess(leaf.access, movement);
    return access && pool.load(access);
  });
}

/** Adjacent axes of `from` and `to` with equally many entries; skips axes of size 1. */
function groupsOf(from: Dims, to: Dims): { old: number[]; fresh: number[] }[] {
  const axesOf = (shape: Dims): number[] => shape.flatMap((n, axis) => (n === 1 ? [] : [axis]));
  const [left, right] = [axesOf(from), axesOf(to)];
  const groups: { old: number[]; fresh: number[] }[] = [];
  while (left.length > 0 || right.length > 0) {
    const group = { old: [] as number[], fresh: [] as number[] };
    const size = (shape: Dims, axes: readonly number[]): Dim => sizeOf(axes.map((axis) => shape[axis] ?? 1));
    do {
      const [a, b] = [size(from, group.old), size(to, group.fresh)];
      const [source, target] = compareDims(a, b) <= 0 && left.length > 0 ? [left, group.old] : [right, group.fresh];
      target.push(source.shift() ?? 0);
    } while (size(from, group.old) !== size(to, group.fresh));
    groups.push(group);
  }
  return groups;
}
