/** Chooses the way to compute a map kernel that suits its shape, on any machine with vectors. */

import { type Access, loadsOf, type MapKernel, operandsOf, type Reduction, sumsProducts } from "../compile/kernel.ts";
import { type Dim, isDynamic } from "../util/dim.ts";
import type { Dims } from "../util/shape.ts";

export type Schedule =
  | { readonly kind: "elementwise" }
  | { readonly kind: "product"; readonly product: Product }
  /** The vectors are along the reduced axis: their lanes are parts of one sum. */
  | { readonly kind: "row reduction"; readonly reduction: Reduction }
  /** The vectors are along the last axis of the space: each lane is a sum of its own. */
  | { readonly kind: "column reduction"; readonly reduction: Reduction };

export function scheduleOf(kernel: MapKernel): Schedule {
  const { space, reduction } = kernel;
  if (reduction === undefined) return { kind: "elementwise" };
  const product = productOf(kernel);
  if (product !== undefined) return { kind: "product", product };
  return { kind: runsAlongRows(space, reduction) ? "row reduction" : "column reduction", reduction };
}

/** The axes of a kernel's space that are the rows and columns of a product, and its operands. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly left: Access;
  readonly right: Access;
  readonly size: Dim;
}

/** The kernel as a matrix product, or undefined if it is not one with a known number of columns. */
function productOf(kernel: MapKernel): Product | undefined {
  const { space, reduction, stores } = kernel;
  const [M, N] = [space.length - 2, space.length - 1];
  if (reduction === undefined || M < 0 || !sumsProducts(kernel)) return undefined;
  const { size, body } = reduction;
  const [left, right] = operandsOf(body).flatMap((e) => (e.kind === "load" ? [e.access] : []));
  if (left === undefined || right === undefined) return undefined;
  // Swaps rows and columns if whole vectors can then be stored.
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

/** True if a reduction's operands are contiguous along the reduced axis, rather than across it. */
function runsAlongRows(space: Dims, { body }: Reduction): boolean {
  const loads = loadsOf([body]);
  const along = loads.some(({ strides }) => strides[space.length] === 1);
  return along || space.length === 0 || !loads.some(({ strides }) => strides[space.length - 1] === 1);
}
