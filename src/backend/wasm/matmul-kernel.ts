/** Sums of products as matrix products, with the kernel's stores as the tiles' epilogue. */

import type { Access, Expr, MapKernel } from "../../compile/kernel.ts";
import { ROWS } from "../../util/shape.ts";
import { type Code, get, type Local, set } from "./instructions.ts";
import { type Extent, emitMatmul, type MatmulShape, scratchBytes, splitAxis, type TileSink } from "./matmul.ts";
import { Points, plainAddress } from "./points.ts";
import { nest, share, type Work } from "./work.ts";

/** Which axes of a kernel's space are the rows and columns of a product, and what it multiplies. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly left: Access;
  readonly right: Access;
  readonly size: number;
}

/** How the kernel is a matrix product, or undefined if it is none. */
export function productOf({ space, reduction, stores }: MapKernel): Product | undefined {
  if (reduction?.op !== "sum" || reduction.body.kind !== "binary" || reduction.body.op !== "mul") return undefined;
  const [left, right] = [plain(reduction.body.x), plain(reduction.body.y)];
  const [M, N] = [space.length - 2, space.length - 1];
  if (left === undefined || right === undefined || M < 0) return undefined;
  const { size } = reduction;
  // Rows and columns change places where that lets whole vectors be stored.
  const candidates: Product[] = [
    { m: M, n: N, left, right, size },
    { m: N, n: M, left: right, right: left, size },
  ];
  const fitting = candidates.filter(
    ({ m, n, left: a, right: b }) => a.strides[n] === 0 && b.strides[m] === 0 && (space[n] ?? 0) % ROWS !== 0,
  );
  const storesVectors = ({ n }: Product): boolean =>
    stores.every(({ access }) => access.strides[n] === 1 && access.pick === undefined);
  return fitting.find(storesVectors) ?? fitting[0];
}

function plain(e: Expr): Access | undefined {
  return e.kind === "load" && e.access.pick === undefined ? e.access : undefined;
}

/** The product's sizes; `rows` holds today's rows, of which there are at most `maxRows`. */
function shapeOf(
  { space }: MapKernel,
  { m, n, left, right, size }: Product,
  rows: Local,
  maxRows: number,
): MatmulShape {
  const dimension = (length: number): Extent => (length % ROWS === 0 ? rows : length);
  const most = (length: number): number => (length % ROWS === 0 ? maxRows : length);
  const [M, k] = [space[m] ?? 1, space.length];
  return {
    m: dimension(M),
    n: space[n] ?? 1,
    k: dimension(size),
    maxM: most(M),
    maxK: most(size),
    aStrides: { m: left.strides[m] ?? 0, k: left.strides[k] ?? 0 },
    bStrides: { k: right.strides[k] ?? 0, n: right.strides[n] ?? 0 },
  };
}

export function productScratchBytes(kernel: MapKernel, product: Product, maxRows: number): number {
  return scratchBytes(shapeOf(kernel, product, { type: "i32", index: 0 }, maxRows));
}

export function emitProduct(work: Work, kernel: MapKernel, product: Product, maxRows: number): void {
  const { fn, target, bases } = work;
  const { space, stores } = kernel;
  const shape = shapeOf(kernel, product, work.rows, maxRows);
  const axis = splitAxis(shape) === "m" ? product.m : product.n;
  const part = share(work, space[axis] ?? 1, 4);
  const batch = space.slice(0, -2);
  const counters = batch.map(() => fn.local("i32"));
  const [a, b] = [fn.local("i32"), fn.local("i32")];
  const points = new Points(fn, target, bases, product.n);
  const values = stores.map(({ value }) => value);
  const sum = fn.local("v128");
  points.reduced = get(sum);
  const sink: TileSink = {
    begin: (m, n) => {
      const coordinates: (Local | undefined)[] = [...counters, undefined, undefined];
      coordinates[product.m] = m;
      coordinates[product.n] = n;
      return points.moveTo(coordinates, values, stores);
    },
    store: (i, j, valid, value) => [
      set(sum, value),
      points.store(stores, { along: j, across: { axis: product.m, by: i }, valid }),
    ],
  };
  // The product's code is made apart, to stand inside the loops over the batch.
  const inner = fn.capture(() => emitMatmul(fn, target, { ...shape, a, b, scratch: work.scratch, ...part }, sink));
  const operands: Code = [
    set(a, plainAddress(bases, product.left, counters)),
    set(b, plainAddress(bases, product.right, counters)),
  ];
  fn.emit([part.code, nest(work, batch, counters, [operands, inner])]);
}
