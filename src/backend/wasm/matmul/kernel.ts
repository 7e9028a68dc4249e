/** Sums of products as matrix products, with the kernel's stores as the tiles' epilogue. */

import type { MapKernel } from "../../../compile/kernel.ts";
import { type Dim, isDynamic, known, sizeAt } from "../../../util/dim.ts";
import type { Product } from "../../schedule.ts";
import { type Code, get, i32, type Local, set, when } from "../asm/instructions.ts";
import { extent, nest, share } from "../kernels/loops.ts";
import { type Coordinates, plainAddress } from "../kernels/pointers.ts";
import { Points } from "../kernels/points.ts";
import type { Scope } from "../kernels/scope.ts";
import { emitMatmul, scratchBytes, splitAxis } from "./matmul.ts";
import type { Extent, MatmulShape, TileSink } from "./spec.ts";

/** The product's sizes; only `maxM` and `maxK` are known if they depend on the rows. */
function shapeOf(
  { space }: MapKernel,
  { m, n, left, right, size }: Product,
  maxRows: number,
  extentOf: (size: Dim) => Extent,
): MatmulShape {
  const [M, k] = [space[m] ?? 1, space.length];
  return {
    m: extentOf(M),
    n: known(space[n] ?? 1),
    k: extentOf(size),
    maxM: sizeAt(M, maxRows),
    maxK: sizeAt(size, maxRows),
    aStrides: { m: left.strides[m] ?? 0, k: left.strides[k] ?? 0 },
    bStrides: { k: right.strides[k] ?? 0, n: right.strides[n] ?? 0 },
  };
}

export function productScratchBytes(kernel: MapKernel, product: Product, maxRows: number): number {
  const someLocal: Local = { type: "i32", index: 0 };
  const shape = shapeOf(kernel, product, maxRows, (size) => (isDynamic(size) ? someLocal : size));
  return scratchBytes(shape);
}

export function emitProduct(scope: Scope, kernel: MapKernel, product: Product, maxRows: number): void {
  const { fn, rounding, bases } = scope;
  const { space, stores } = kernel;
  const shape = shapeOf(kernel, product, maxRows, (size) => extentIn(scope, size));
  const axis = splitAxis(shape) === "m" ? product.m : product.n;
  const part = share(scope, space[axis] ?? 1, 4);
  const batch = space.slice(0, -2);
  const counters = batch.map(() => fn.local("i32"));
  const [a, b] = [fn.local("i32"), fn.local("i32")];
  const sum = fn.local("v128");
  const points = Points.storing(scope, product.n, stores);
  points.reduced = get(sum);
  const picksRows = points.picksAlong(product.m);
  const begin = (m: Local, n: Local): Code => points.moveTo(coordinatesOf(product, counters, m, n));
  const sink = picksRows
    ? rowSink(scope, space[product.m] ?? 1, points, begin, sum)
    : tileSink(product, points, begin, sum);
  // The product's code is emitted separately, to be placed inside the loops over the batch.
  const inner = fn.capture(() => emitMatmul(fn, rounding, { ...shape, a, b, scratch: scope.scratch, ...part }, sink));
  const operands: Code = [
    set(a, plainAddress(bases, product.left, counters)),
    set(b, plainAddress(bases, product.right, counters)),
  ];
  fn.emit([part.code, nest(scope, batch, counters, [operands, inner])]);
}

/** Code that moves the pointers to a row and column. */
type Begin = TileSink["begin"];

function tileSink({ m }: Product, points: Points, begin: Begin, sum: Local): TileSink {
  return {
    begin,
    store: (i, j, valid, value) => [set(sum, value), points.store({ along: j, across: { axis: m, by: i }, valid })],
  };
}

/**
 * If each row has an id that selects its input or output, pointers are moved for each. Rows beyond the last are summed
 * like the others, but have no id.
 */
function rowSink(scope: Scope, rows: Dim, points: Points, begin: Begin, sum: Local): TileSink {
  const { fn } = scope;
  const [first, column, row] = [fn.local("i32"), fn.local("i32"), fn.local("i32")];
  return {
    begin: (m, n) => [set(first, get(m)), set(column, get(n))],
    store: (i, j, valid, value) => [
      set(sum, value),
      set(row, i32.add(get(first), i32.const(i))),
      when(i32.ltS(get(row), extent(scope, rows)), [begin(row, column), points.store({ along: j, valid })]),
    ],
  };
}

function coordinatesOf({ m, n }: Product, counters: readonly Local[], row: Local, column: Local): Coordinates {
  const coordinates: (Local | undefined)[] = [...counters, undefined, undefined];
  coordinates[m] = row;
  coordinates[n] = column;
  return coordinates;
}

/** A size for the matrix product: a number, or a local that is set at the function's beginning. */
function extentIn(scope: Scope, size: Dim): Extent {
  if (!isDynamic(size)) return size;
  const local = scope.fn.local("i32");
  scope.fn.emit(set(local, extent(scope, size)));
  return local;
}
