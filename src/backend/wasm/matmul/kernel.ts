/** Sums of products as matrix products, with the kernel's stores as the tiles' epilogue. */

import { type Access, type MapKernel, operandsOf, sumsProducts } from "../../../compile/kernel.ts";
import { type Dim, isDynamic, known, sizeAt } from "../../../util/dim.ts";
import { type Code, get, i32, type Local, set, when } from "../asm/instructions.ts";
import { extent, nest, share, type Work } from "../kernels/loops.ts";
import { type Coordinates, plainAddress } from "../kernels/pointers.ts";
import { Points } from "../kernels/points.ts";
import { type Extent, emitMatmul, type MatmulShape, scratchBytes, splitAxis, type TileSink } from "./matmul.ts";

/** Which axes of a kernel's space are the rows and columns of a product, and what it multiplies. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly left: Access;
  readonly right: Access;
  readonly size: Dim;
}

/** How the kernel is a matrix product, or undefined if it is none that `emitMatmul` could do. */
export function productOf(kernel: MapKernel): Product | undefined {
  const { space, reduction, stores } = kernel;
  const [M, N] = [space.length - 2, space.length - 1];
  if (reduction === undefined || M < 0 || !sumsProducts(kernel)) return undefined;
  const { size, body } = reduction;
  const [left, right] = operandsOf(body).flatMap((e) => (e.kind === "load" ? [e.access] : []));
  if (left === undefined || right === undefined) return undefined;
  // Rows and columns change places where that lets whole vectors be stored.
  const candidates: Product[] = [
    { m: M, n: N, left, right, size },
    { m: N, n: M, left: right, right: left, size },
  ];
  const dynamic = (axis: number): boolean => isDynamic(space[axis]);
  const fitting = candidates.filter(
    ({ m, n, left: a, right: b }) =>
      a.strides[n] === 0 && b.strides[m] === 0 && !dynamic(n) && !(dynamic(m) && isDynamic(size)),
  );
  const storesVectors = ({ n }: Product): boolean =>
    stores.every(({ access }) => access.strides[n] === 1 && access.pick === undefined);
  return fitting.find(storesVectors) ?? fitting[0];
}

/** The product's sizes, of which only `maxM` and `maxK` are known where they depend on the rows. */
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

export function emitProduct(work: Work, kernel: MapKernel, product: Product, maxRows: number): void {
  const { fn, target, bases } = work;
  const { space, stores } = kernel;
  const shape = shapeOf(kernel, product, maxRows, (size) => extentIn(work, size));
  const axis = splitAxis(shape) === "m" ? product.m : product.n;
  const part = share(work, space[axis] ?? 1, 4);
  const batch = space.slice(0, -2);
  const counters = batch.map(() => fn.local("i32"));
  const [a, b] = [fn.local("i32"), fn.local("i32")];
  const sum = fn.local("v128");
  const points = Points.storing(work, product.n, stores);
  points.reduced = get(sum);
  const picksRows = points.picksAlong(product.m);
  const begin = (m: Local, n: Local): Code => points.moveTo(coordinatesOf(product, counters, m, n));
  const sink = picksRows
    ? rowSink(work, space[product.m] ?? 1, points, begin, sum)
    : tileSink(product, points, begin, sum);
  // The product's code is made apart, to stand inside the loops over the batch.
  const inner = fn.capture(() => emitMatmul(fn, target, { ...shape, a, b, scratch: work.scratch, ...part }, sink));
  const operands: Code = [
    set(a, plainAddress(bases, product.left, counters)),
    set(b, plainAddress(bases, product.right, counters)),
  ];
  fn.emit([part.code, nest(work, batch, counters, [operands, inner])]);
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
 * Where each row has an id that says what it reads or where it goes, pointers are moved for each. Rows beyond today's
 * last are summed up like the others, but have no id.
 */
function rowSink(work: Work, rows: Dim, points: Points, begin: Begin, sum: Local): TileSink {
  const { fn } = work;
  const [first, column, row] = [fn.local("i32"), fn.local("i32"), fn.local("i32")];
  return {
    begin: (m, n) => [set(first, get(m)), set(column, get(n))],
    store: (i, j, valid, value) => [
      set(sum, value),
      set(row, i32.add(get(first), i32.const(i))),
      when(i32.ltS(get(row), extent(work, rows)), [begin(row, column), points.store({ along: j, valid })]),
    ],
  };
}

function coordinatesOf({ m, n }: Product, counters: readonly Local[], row: Local, column: Local): Coordinates {
  const coordinates: (Local | undefined)[] = [...counters, undefined, undefined];
  coordinates[m] = row;
  coordinates[n] = column;
  return coordinates;
}

/** A size as the matrix product takes it: a number, or a local that is set at the function's beginning. */
function extentIn(work: Work, size: Dim): Extent {
  if (!isDynamic(size)) return size;
  const local = work.fn.local("i32");
  work.fn.emit(set(local, extent(work, size)));
  return local;
}
