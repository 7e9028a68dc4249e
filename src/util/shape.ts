import { type Dim, known, product, sizeAt } from "./dim.ts";

/** Shape of a tensor's dimensions, outermost first; `[]` is a single number. Data is flat and row-major. */
export type Dims = readonly Dim[];

/** A shape whose sizes are all known, as those of tensors that hold numbers. */
export type Shape = readonly number[];

/** Number of entries of a tensor of this shape. */
export function sizeOf(shape: Shape): number;
export function sizeOf(shape: Dims): Dim;
export function sizeOf(shape: Dims): Dim {
  return shape.reduce(product, 1);
}

/** The shape for a number of rows. */
export function shapeAt(shape: Dims, rows: number): Shape {
  return shape.map((dim) => sizeAt(dim, rows));
}

/** The shape of a tensor that holds numbers, which cannot depend on the number of rows. */
export function knownShape(shape: Dims): Shape {
  return shape.map(known);
}

/** `(2, 3)`, `(4R, 3)`: a shape as shown in messages. */
export function showShape(shape: Dims): string {
  return `(${shape.join(", ")})`;
}

export function sameShape(x: Dims, y: Dims): boolean {
  return x.length === y.length && x.every((n, i) => n === y[i]);
}

/** Distance between neighbors along each dimension in flat, row-major data. */
function stridesOf(shape: Shape): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const n of shape.toReversed()) {
    strides.unshift(stride);
    stride *= n;
  }
  return strides;
}

/**
 * The shape two shapes broadcast to by NumPy's rule (aligned at the last dimension, equal sizes or a 1),
 * or undefined if they do not fit.
 */
export function broadcastShapes(x: Shape, y: Shape): Shape | undefined;
export function broadcastShapes(x: Dims, y: Dims): Dims | undefined;
export function broadcastShapes(x: Dims, y: Dims): Dims | undefined {
  const rank = Math.max(x.length, y.length);
  const shape: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const m = x[i - rank + x.length] ?? 1;
    const n = y[i - rank + y.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}

/** The flat positions in data of shape `from` of the entries of the (broadcast) shape `to`. */
export function expandIndices(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  const repeated = to.map((_, i) => (i < missing || from[i - missing] === 1 ? 0 : (strides[i - missing] ?? 0)));
  return viewIndices(to, repeated);
}

/** The flat positions in data of shape `from` of its entries with the dimensions in the order `axes`. */
export function permuteIndices(from: Shape, axes: readonly number[]): number[] {
  const strides = stridesOf(from);
  const shape = axes.map((axis) => from[axis] ?? 1);
  const permuted = axes.map((axis) => strides[axis] ?? 0);
  return viewIndices(shape, permuted);
}

/** The flat positions in data of shape `from` of its entries start to end - 1 along an axis (not negative). */
export function sliceIndices(from: Shape, axis: number, start: number, end: number): number[] {
  const strides = stridesOf(from);
  return viewIndices(from.with(axis, end - start), strides, start * (strides[axis] ?? 0));
}

// The flat positions of a strided view, in row-major order of `shape`.
function viewIndices(shape: Shape, strides: readonly number[], offset = 0): number[] {
  let indices = [offset];
  shape.forEach((n, dim) => {
    const stride = strides[dim] ?? 0;
    const next: number[] = [];
    for (const base of indices) for (let i = 0; i < n; i++) next.push(base + i * stride);
    indices = next;
  });
  return indices;
}

/** A shape cut at one axis, for reductions: entry (o, a, i) is at `(o * length + a) * inner + i`. */
export function splitAt(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis] ?? 1, inner: sizeOf(shape.slice(axis + 1)) };
}
