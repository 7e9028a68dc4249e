/** Runs a kernel in plain numbers, point by point, on the memory of whoever asks. */

import { ArrayTensor } from "../tensor/array-tensor.ts";
import { sizeAt } from "../util/dim.ts";
import { hash24 } from "../util/hash.ts";
import { exp, log, pow } from "../util/math.ts";
import { shapeAt, sizeOf } from "../util/shape.ts";
import { erf, sigmoid } from "../util/special.ts";
import {
  type Access,
  type Affine,
  type BinaryOp,
  type Buffer,
  type Expr,
  type Kernel,
  type LibraryKernel,
  type MapKernel,
  type ScatterKernel,
  subexpressions,
  type UnaryOp,
} from "./kernel.ts";
import { library } from "./library.ts";
import type { Reads, Routine, Table, Writes } from "./routines.ts";

const unary: { readonly [K in UnaryOp]: (x: number) => number } = {
  ...{ exp, log, sigmoid, erf },
  relu: (x) => Math.max(0, x),
  step: (x) => (x > 0 ? 1 : 0),
};

const binary: { readonly [K in BinaryOp]: (x: number, y: number) => number } = {
  add: (x, y) => x + y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  equal: (x, y) => (x === y ? 1 : 0),
  hash: hash24,
};

/** The coordinates of a point. */
type Point = readonly number[];

/** The numbers of a buffer, with room for all rows. */
export type Memory = (buffer: Buffer) => Float32Array | Float64Array;

/** Runs one kernel on `rows` rows. Sums are float64, whatever the memory holds. */
export function runKernel(kernel: Kernel, memory: Memory, rows: number): void {
  switch (kernel.kind) {
    case "map":
      runMap(kernel, memory, rows);
      break;
    case "scatter":
      runScatter(kernel, memory, rows);
      break;
    case "library":
      runLibrary(kernel, memory, rows);
  }
}

function runMap({ space, reduction, stores }: MapKernel, memory: Memory, rows: number): void {
  const body = reduction && evaluator([reduction.body], memory);
  const values = evaluator(
    stores.map(({ value }) => value),
    memory,
  );
  const length = reduction === undefined ? 0 : sizeAt(reduction.size, rows);
  for (const point of pointsOf(shapeAt(space, rows))) {
    let reduced = reduction?.op === "sum" ? 0 : Number.NEGATIVE_INFINITY;
    for (let k = 0; body !== undefined && k < length; k++) {
      const [term = Number.NaN] = body([...point, k]);
      reduced = reduction?.op === "sum" ? reduced + term : Math.max(reduced, term);
    }
    // All values first: a store may change what another reads.
    const results = values(point, reduced);
    stores.forEach(({ access }, i) => {
      memory(access.buffer)[placeOf(access, point, memory)] = results[i] ?? Number.NaN;
    });
  }
}

function runScatter({ space, ids, body, target, size }: ScatterKernel, memory: Memory, rows: number): void {
  const table = memory(target.buffer).subarray(target.offset, target.offset + size);
  table.fill(0);
  const values = evaluator([body], memory);
  const width = sizeAt(space.at(-1) ?? 1, rows);
  for (const point of pointsOf(shapeAt(space, rows))) {
    const place = load(ids, point, memory) * width + (point.at(-1) ?? 0);
    table[place] = (table[place] ?? Number.NaN) + (values(point)[0] ?? Number.NaN);
  }
}

function runLibrary<K extends Routine>(
  { routine, sizes, reads, writes }: LibraryKernel<K>,
  memory: Memory,
  rows: number,
) {
  const { shapes, define } = library[routine];
  const tables = shapes(sizes);
  const read = (name: Reads<K>): ArrayTensor => {
    const [shape, list] = [shapeAt(tables[name], rows), memory(reads[name].buffer)];
    return ArrayTensor.from(
      shape,
      placesOf(reads[name], shape).map((place) => list[place] ?? Number.NaN),
    );
  };
  const names = Object.keys(reads) as Reads<K>[];
  const results = define(Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Reads<K>, ArrayTensor>);
  for (const name of Object.keys(writes) as Writes<K>[]) {
    const list = memory(writes[name].buffer);
    const { shape, data } = results[name];
    placesOf(writes[name], shape).forEach((place, i) => {
      list[place] = data[i] ?? Number.NaN;
    });
  }
}

function placesOf({ offset, stride }: Table<Buffer>, [rows = 1, ...row]: readonly number[]): number[] {
  const width = sizeOf(row);
  return Array.from({ length: rows * width }, (_, i) => offset + Math.floor(i / width) * stride + (i % width));
}

/** Computes expressions at a point, each of their parts once. */
function evaluator(roots: readonly Expr[], memory: Memory): (point: Point, reduced?: number) => number[] {
  const order = [...subexpressions(roots)];
  const known = new Map<Expr, number>();
  const of = (x: Expr): number => known.get(x) ?? Number.NaN;
  return (point, reduced = Number.NaN) => {
    const at = { point, reduced, memory, of };
    for (const e of order) known.set(e, numberOf(e, at));
    return roots.map(of);
  };
}

/** All that an expression's number depends on. */
interface Surroundings {
  readonly point: Point;
  readonly reduced: number;
  readonly memory: Memory;
  /** The number of an operand. */
  readonly of: (x: Expr) => number;
}

function numberOf(e: Expr, { point, reduced, memory, of }: Surroundings): number {
  switch (e.kind) {
    case "load":
      return load(e.access, point, memory);
    case "constant":
      return e.value;
    case "index":
      return indexAt(e.index, point);
    case "reduced":
      return reduced;
    case "unary":
      return unary[e.op](of(e.x));
    case "pow":
      return pow(of(e.x), e.exponent);
    case "binary":
      return binary[e.op](of(e.x), of(e.y));
  }
}

function load(access: Access, point: Point, memory: Memory): number {
  return memory(access.buffer)[placeOf(access, point, memory)] ?? Number.NaN;
}

function placeOf(access: Access, point: Point, memory: Memory): number {
  const { pick } = access;
  return indexAt(access, point) + (pick === undefined ? 0 : load(pick.ids, point, memory) * pick.stride);
}

function indexAt({ offset, strides }: Affine, point: Point): number {
  return strides.reduce((sum, stride, axis) => sum + stride * (point[axis] ?? 0), offset);
}

/** Every point of a space, the last coordinate first to count. */
function* pointsOf(shape: readonly number[]): Generator<number[], void> {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  for (let n = 0; n < sizeOf(shape); n++) {
    yield shape.map((size, axis) => Math.floor(n / (strides[axis] ?? 1)) % size);
  }
}
