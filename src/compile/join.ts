/** Two kernels as one loop over the same points. */

import { isDynamic } from "../util/dim.ts";
import { sizeOf } from "../util/shape.ts";
import {
  type Access,
  type Expr,
  type ExprPool,
  loadsOf,
  loadsOfMap,
  type MapKernel,
  type Store,
  sameAccess,
} from "./kernel.ts";
import { type Movement, moveAccess, moveExpr, permuting, reshaping } from "./views.ts";

/**
 * The second, which reduces nothing, within the first: if each of its points reads of the first's results only those
 * that the same point has stored, and overwrites nothing that another point has yet to read.
 */
export function join(first: MapKernel, second: MapKernel, pool: ExprPool): MapKernel | undefined {
  if (sizeOf(first.space) !== sizeOf(second.space)) return undefined;
  for (const movement of countings(first, second)) {
    const counted = recount(movement, second, pool);
    const joined = counted && joinCounted(first, counted, pool);
    if (joined !== undefined) return joined;
  }
  return undefined;
}

/**
 * Ways to express the points of the second by those of the first: with its axes in another order, or in another shape.
 */
function* countings(first: MapKernel, second: MapKernel): Generator<Movement, void> {
  const { space } = first;
  const loads = loadsOf(second.stores.map(({ value }) => value));
  for (const { access } of first.stores) {
    const load = loads.find(({ buffer, pick }) => buffer === access.buffer && pick === undefined);
    if (load === undefined) continue;
    // The second's axis with the same stride in the buffer as the first's.
    const axes = access.strides.map((stride, axis) =>
      load.strides.findIndex((other, i) => other === stride && second.space[i] === space[axis]),
    );
    if (!axes.includes(-1) && new Set(axes).size === second.space.length) yield permuting(axes);
    // The first's axes in the order of their strides in the buffer.
    const order = [...space.keys()].sort((i, j) => (access.strides[j] ?? 0) - (access.strides[i] ?? 0));
    const lying = reshaping(
      second.space,
      order.map((axis) => space[axis] ?? 1),
    );
    const turned = permuting(space.map((_, axis) => order.indexOf(axis)));
    yield (index) => {
      const moved = lying(index);
      return moved && turned(moved);
    };
  }
  yield reshaping(second.space, space);
}

/** The stores of a kernel in the coordinates of another space. */
function recount(movement: Movement, { stores }: MapKernel, pool: ExprPool): Store[] | undefined {
  const counted: Store[] = [];
  for (const store of stores) {
    const access = moveAccess(store.access, movement);
    const value = access && moveExpr(pool, store.value, movement);
    if (access === undefined || value === undefined) return undefined;
    counted.push({ access, value });
  }
  return counted;
}

function joinCounted(first: MapKernel, counted: readonly Store[], pool: ExprPool): MapKernel | undefined {
  const joined: Store[] = [];
  for (const { access, value } of counted) {
    const inside = pool.replaceLeaves(value, (leaf) => storedLeaf(leaf, first));
    if (inside === undefined) return undefined;
    joined.push({ access, value: inside });
  }
  const second: MapKernel = { kind: "map", space: first.space, stores: joined };
  return mayRunTogether(first, second) ? { ...first, stores: [...first.stores, ...joined] } : undefined;
}

/** A read of the second within the first: the expression that the same point has just stored there. */
function storedLeaf(leaf: Expr, first: MapKernel): Expr | undefined {
  if (leaf.kind !== "load") return leaf;
  const { buffer, pick } = leaf.access;
  const stores = first.stores.filter(({ access }) => access.buffer === buffer || access.buffer === pick?.ids.buffer);
  if (stores.length === 0) return leaf;
  const store = stores.find(({ access }) => sameAccess(access, leaf.access));
  return store !== undefined && onePointEach(store.access, first) ? store.value : undefined;
}

/** An entry that several points store to cannot be read back point by point. */
function onePointEach(access: Access, { space }: MapKernel): boolean {
  return access.pick === undefined && space.every((n, axis) => n === 1 || access.strides[axis] !== 0);
}

/** True if a point may run the second before other points have run the first. */
function mayRunTogether(first: MapKernel, second: MapKernel): boolean {
  // A product is computed in tiles of rows; scattering rows by id costs more than copying the rows afterwards.
  const manyRows = first.reduction !== undefined && first.space.some(isDynamic);
  if (manyRows && second.stores.some(({ access }) => access.pick !== undefined)) return false;
  const loads = [...loadsOfMap(first), ...loadsOfMap(second)];
  const swept = first.reduction === undefined ? [] : loadsOf([first.reduction.body]);
  return second.stores.every(({ access: place }) => {
    const { buffer } = place;
    // An entry overwritten by a point must not be read by another point, and the last of several writers must be known.
    const read = swept.some((load) => load.buffer === buffer);
    const readElsewhere = loads.some((load) => load.buffer === buffer && !sameAccess(load, place));
    const rewritten = first.stores.some((store) => store.access.buffer === buffer && (store.access.pick ?? place.pick));
    return !(read || readElsewhere || rewritten);
  });
}
