/**
 * Makes one kernel of several. An entry-by-entry kernel joins the one that makes what it reads (a matrix product gets its
 * residual sum, AdamW's three updates become one loop), and what nobody reads any more is no longer written.
 */

import { sameShape, sizeOf } from "../util/shape.ts";
import {
  type Access,
  type Buffer,
  type Expr,
  type ExprPool,
  type Kernel,
  loadsOf,
  type MapKernel,
  type Store,
  sameAccess,
} from "./kernel.ts";
import type { Lowered } from "./lower.ts";
import { type Movement, permuting, reshaping } from "./views.ts";

/** The kernels of the program, fewer and writing less. */
export function fuse({ kernels, pool }: Lowered): Kernel[] {
  const fused: Kernel[] = [];
  for (const kernel of singleNumbersFirst(kernels)) {
    const done =
      joinProducer(fused, kernel, pool) || joinNeighbour(fused, kernel, pool) || redirectProducer(fused, kernel);
    if (!done) fused.push(kernel);
  }
  return withoutUnread(fused);
}

/** Kernels that make one number of inputs (a bias correction) go to the front, out of the way of others that could join. */
function singleNumbersFirst(kernels: readonly Kernel[]): Kernel[] {
  const isEarly = (kernel: Kernel): boolean =>
    kernel.kind === "map" &&
    sizeOf(kernel.space) === 1 &&
    readsOf(kernel).every(({ kind }) => kind === "input") &&
    writesOf(kernel).every(({ kind }) => kind === "temporary");
  return [...kernels.filter(isEarly), ...kernels.filter((kernel) => !isEarly(kernel))];
}

/** The buffers that a kernel reads, ids included. */
export function readsOf(kernel: Kernel): Buffer[] {
  switch (kernel.kind) {
    case "map":
      return [
        ...loadsOf([
          ...(kernel.reduction === undefined ? [] : [kernel.reduction.body]),
          ...kernel.stores.map(({ value }) => value),
        ]),
        ...kernel.stores.flatMap(({ access: { pick } }) => (pick === undefined ? [] : [pick.ids])),
      ].map(({ buffer }) => buffer);
    case "scatter":
      return [kernel.ids, ...loadsOf([kernel.body])].map(({ buffer }) => buffer);
    case "attention":
    case "attentionGrad": {
      const operands = [kernel.q, kernel.k, kernel.v, kernel.starts, kernel.ends];
      return (kernel.kind === "attention" ? operands : [...operands, kernel.g]).map(({ buffer }) => buffer);
    }
  }
}

/** The buffers that a kernel writes. */
export function writesOf(kernel: Kernel): Buffer[] {
  switch (kernel.kind) {
    case "map":
      return kernel.stores.map(({ access }) => access.buffer);
    case "scatter":
      return [kernel.target.buffer];
    case "attention":
      return [kernel.out.buffer];
    case "attentionGrad":
      return [kernel.dq, kernel.dk, kernel.dv].map(({ buffer }) => buffer);
  }
}

/** Whether `kernel` has become a part of the last kernel that writes what it reads. */
function joinProducer(fused: Kernel[], kernel: Kernel, pool: ExprPool): boolean {
  if (kernel.kind !== "map" || kernel.reduction !== undefined) return false;
  const reads = new Set(readsOf(kernel));
  const at = fused.findLastIndex((other) => writesOf(other).some((buffer) => reads.has(buffer)));
  const producer = fused[at];
  if (producer?.kind !== "map") return false;
  if (fused.slice(at + 1).some((other) => conflicts(other, kernel))) return false;
  const joined = join(producer, kernel, pool);
  if (joined === undefined) return false;
  fused[at] = joined;
  return true;
}

/** Whether `kernel` has become a part of the kernel just before it, which visits the same points and reads the same. */
function joinNeighbour(fused: Kernel[], kernel: Kernel, pool: ExprPool): boolean {
  const neighbour = fused.at(-1);
  if (kernel.kind !== "map" || kernel.reduction !== undefined || neighbour?.kind !== "map") return false;
  const reads = new Set(readsOf(kernel));
  if (neighbour.reduction !== undefined || !readsOf(neighbour).some((buffer) => reads.has(buffer))) return false;
  const joined = sameShape(neighbour.space, kernel.space) ? join(neighbour, kernel, pool) : undefined;
  if (joined === undefined) return false;
  fused[fused.length - 1] = joined;
  return true;
}

/** Whether moving `kernel` before `other` would let `other` see or destroy what it writes. */
function conflicts(other: Kernel, kernel: Kernel): boolean {
  const writes = new Set(writesOf(kernel));
  return [...readsOf(other), ...writesOf(other)].some((buffer) => writes.has(buffer));
}

/** Both in one loop, if each point of the second reads of the first only what that point has stored. */
function join(first: MapKernel, second: MapKernel, pool: ExprPool): MapKernel | undefined {
  if (sizeOf(first.space) !== sizeOf(second.space)) return undefined;
  for (const movement of countings(first, second)) {
    const counted = recount(movement, second, pool);
    const joined = counted && joinCounted(first, counted, pool);
    if (joined !== undefined) return joined;
  }
  return undefined;
}

function joinCounted(first: MapKernel, counted: readonly Store[], pool: ExprPool): MapKernel | undefined {
  const stored = new Map(first.stores.map((store) => [store.access.buffer, store]));
  const inside = (leaf: Expr): Expr | undefined => {
    if (leaf.kind !== "load") return leaf;
    if (leaf.access.pick !== undefined && stored.has(leaf.access.pick.ids.buffer)) return undefined;
    const store = stored.get(leaf.access.buffer);
    if (store === undefined) return leaf;
    return sameAccess(store.access, leaf.access) && onePointEach(store.access, first) ? store.value : undefined;
  };
  const stores: Store[] = [...first.stores];
  for (const { access, value } of counted) {
    const joined = pool.replaceLeaves(value, inside);
    if (joined === undefined) return undefined;
    stores.push({ access, value: joined });
  }
  // What the first reads elsewhere must not be overwritten by the second before all points have read it.
  const overwritten = new Set(counted.map(({ access }) => access.buffer));
  const reads = loadsOf([...(first.reduction === undefined ? [] : [first.reduction.body])]);
  if (reads.some(({ buffer }) => overwritten.has(buffer))) return undefined;
  const everyLoad = loadsOf(stores.map(({ value }) => value));
  const aligned = everyLoad.every((load) => {
    const store = counted.find(({ access }) => access.buffer === load.buffer);
    return store === undefined || sameAccess(store.access, load);
  });
  return aligned ? { ...first, stores } : undefined;
}

/** A store that different points would make to the same entry cannot be read back point by point. */
function onePointEach(access: Access, { space }: MapKernel): boolean {
  return access.pick === undefined && space.every((n, axis) => n === 1 || access.strides[axis] !== 0);
}

/** Ways to count the points of the second as those of the first: by its axes in another order, or in another shape. */
function* countings(first: MapKernel, second: MapKernel): Generator<Movement, void> {
  const { space } = first;
  const loads = loadsOf(second.stores.map(({ value }) => value));
  for (const { access } of first.stores) {
    const load = loads.find(({ buffer, pick }) => buffer === access.buffer && pick === undefined);
    if (load === undefined) continue;
    // The second's axis that moves as far in the buffer as the first's does.
    const axes = access.strides.map((stride, axis) =>
      load.strides.findIndex((other, i) => other === stride && second.space[i] === space[axis]),
    );
    if (!axes.includes(-1) && new Set(axes).size === second.space.length) yield permuting(axes);
    // The first's axes in the order in which they lie in the buffer.
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

/** The stores of a kernel by the coordinates of another space. */
function recount(movement: Movement, { stores }: MapKernel, pool: ExprPool): Store[] | undefined {
  const moved = (access: Access): Access | undefined => {
    const affine = movement(access);
    if (affine === undefined) return undefined;
    if (access.pick === undefined) return { buffer: access.buffer, ...affine };
    const ids = moved(access.pick.ids);
    return ids && { buffer: access.buffer, ...affine, pick: { ids, stride: access.pick.stride } };
  };
  const counted: Store[] = [];
  for (const { access, value } of stores) {
    const place = moved(access);
    const expr = pool.replaceLeaves(value, (leaf) => {
      if (leaf.kind === "index") {
        const index = movement(leaf.index);
        return index && pool.index(index);
      }
      if (leaf.kind !== "load") return leaf;
      const from = moved(leaf.access);
      return from && pool.load(from);
    });
    if (place === undefined || expr === undefined) return undefined;
    counted.push({ access: place, value: expr });
  }
  return counted;
}

/** Whether `kernel`, a plain copy, was saved by letting the one writer of its source write to the destination. */
function redirectProducer(fused: Kernel[], kernel: Kernel): boolean {
  if (kernel.kind !== "map" || kernel.reduction !== undefined || kernel.stores.length !== 1) return false;
  const [store] = kernel.stores;
  if (store?.value.kind !== "load" || store.access.pick !== undefined) return false;
  const from = store.value.access;
  const sequential = ({ strides }: Access): boolean => {
    const movement = reshaping(kernel.space, [sizeOf(kernel.space)]);
    return movement({ offset: 0, strides })?.strides[0] === 1;
  };
  const whole = from.offset === 0 && from.pick === undefined && sizeOf(from.buffer.shape) === sizeOf(kernel.space);
  if (!whole || from.buffer.kind !== "temporary" || !sequential(from) || !sequential(store.access)) return false;
  const at = fused.findLastIndex((other) => writesOf(other).includes(from.buffer));
  const producer = fused[at];
  if (producer?.kind !== "scatter" || fused.slice(at + 1).some((other) => conflicts(other, kernel))) return false;
  if (fused.slice(at + 1).some((other) => readsOf(other).includes(from.buffer))) return false;
  const { buffer, offset } = store.access;
  fused[at] = { ...producer, target: { ...producer.target, buffer, offset: producer.target.offset + offset } };
  return true;
}

/** Stores to temporaries that no kernel reads go, and kernels that store nothing. */
function withoutUnread(kernels: readonly Kernel[]): Kernel[] {
  const kept: Kernel[] = [];
  const read = new Set<Buffer>();
  for (const kernel of kernels.toReversed()) {
    const needed = (buffer: Buffer): boolean => buffer.kind !== "temporary" || read.has(buffer);
    const alive =
      kernel.kind === "map"
        ? { ...kernel, stores: kernel.stores.filter(({ access }) => needed(access.buffer)) }
        : kernel;
    if (!writesOf(alive).some(needed)) continue;
    for (const buffer of readsOf(alive)) read.add(buffer);
    kept.unshift(alive);
  }
  return kept;
}
