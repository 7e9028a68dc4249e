/** For tests: a kernel in plain numbers, point by point. */

import { type Emitter, Expressions } from "../backend/expression.ts";
import type {
  Access,
  Affine,
  BinaryOp,
  Buffer,
  Expr,
  Kernel,
  LibraryKernel,
  MapKernel,
  ScatterKernel,
  UnaryOp,
} from "../compile/kernel.ts";
import { library } from "../compile/library.ts";
import type { Table } from "../compile/routines.ts";
import { ArrayTensor } from "../tensor/array-tensor.ts";
import { known, sizeAt } from "../util/dim.ts";
import { hash24 } from "../util/hash.ts";
import { exp, log, pow } from "../util/math.ts";
import { type Dims, shapeAt } from "../util/shape.ts";
import { erf, sigmoid } from "../util/special.ts";

/** The numbers of a buffer, from its beginning. */
export type Memory = (buffer: Buffer) => Float32Array;

/** Runs a kernel on `rows` rows. */
export function walk(kernel: Kernel, memory: Memory, rows: number): void {
  switch (kernel.kind) {
    case "map":
      walkMap(kernel, memory, rows);
      break;
    case "scatter":
      walkScatter(kernel, memory, rows);
      break;
    case "library":
      callLibrary(kernel, memory, rows);
  }
}

function walkMap({ space, reduction, stores }: MapKernel, memory: Memory, rows: number): void {
  const numbers = new Numbers(memory);
  for (const point of pointsOf(space, rows)) {
    if (reduction !== undefined) {
      const { op, size, body } = reduction;
      let result = op === "sum" ? 0 : Number.NEGATIVE_INFINITY;
      for (let k = 0; k < sizeAt(size, rows); k++) {
        const term = numbers.value(body, [...point, k]);
        result = op === "sum" ? result + term : Math.max(result, term);
      }
      numbers.reduction = result;
    }
    // All values first: a store may change what another reads.
    const values = stores.map(({ value }) => numbers.value(value, point));
    stores.forEach(({ access }, i) => {
      memory(access.buffer)[numbers.place(access, point)] = values[i] ?? Number.NaN;
    });
  }
}

function walkScatter({ space, ids, body, target, size }: ScatterKernel, memory: Memory, rows: number): void {
  const numbers = new Numbers(memory);
  const width = known(space.at(-1) ?? 1);
  const table = memory(target.buffer);
  table.fill(0, target.offset, target.offset + size);
  for (const point of pointsOf(space, rows)) {
    const id = numbers.load(ids, point.slice(0, -1));
    const at = target.offset + id * width + (point.at(-1) ?? 0);
    table[at] = (table[at] ?? Number.NaN) + numbers.value(body, point);
  }
}

function callLibrary({ routine, sizes, reads, writes }: LibraryKernel, memory: Memory, rows: number): void {
  const entry = library[routine];
  const shapes: Readonly<Record<string, Dims>> = entry.shapes(sizes);
  const placesOf = (name: string, { offset, stride }: Table<Buffer>): number[] => {
    const [count = 1, ...rest] = shapeAt(shapes[name] ?? [], rows);
    const width = rest.reduce((x, y) => x * y, 1);
    return Array.from({ length: count * width }, (_, i) => offset + Math.floor(i / width) * stride + (i % width));
  };
  const operands = Object.entries<Table<Buffer>>(reads).map(([name, table]) => {
    const from = memory(table.buffer);
    const data = placesOf(name, table).map((at) => from[at] ?? Number.NaN);
    return [name, ArrayTensor.from(shapeAt(shapes[name] ?? [], rows), data)] as const;
  });
  const define = entry.define as (reads: Readonly<Record<string, ArrayTensor>>) => Record<string, ArrayTensor>;
  const results = define(Object.fromEntries(operands));
  for (const [name, table] of Object.entries<Table<Buffer>>(writes)) {
    const to = memory(table.buffer);
    placesOf(name, table).forEach((at, i) => {
      to[at] = results[name]?.data[i] ?? Number.NaN;
    });
  }
}

/** The primitives of expressions as numbers. */
class Numbers implements Emitter<number, readonly number[]> {
  readonly #memory: Memory;
  readonly #known = new Map<Expr, Expressions<number, readonly number[]>>();
  reduction = Number.NaN;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  value(e: Expr, point: readonly number[]): number {
    const expressions = this.#known.get(e) ?? new Expressions([e], undefined, this);
    this.#known.set(e, expressions);
    return expressions.evaluation(point).value(e);
  }

  /** The entry of its buffer that an access means at a point. */
  place(access: Access, point: readonly number[]): number {
    const { pick } = access;
    return this.index(access, point) + (pick === undefined ? 0 : this.load(pick.ids, point) * pick.stride);
  }

  load(access: Access, point: readonly number[]): number {
    return this.#memory(access.buffer)[this.place(access, point)] ?? Number.NaN;
  }

  constant(value: number): number {
    return value;
  }

  index({ offset, strides }: Affine, point: readonly number[]): number {
    return point.reduce((sum, coordinate, axis) => sum + coordinate * (strides[axis] ?? 0), offset);
  }

  reduced(): number {
    return this.reduction;
  }

  unary(op: UnaryOp, x: number): number {
    return unary[op](x);
  }

  pow(x: number, exponent: number): number {
    return pow(x, exponent);
  }

  binary(op: BinaryOp, x: number, y: number): number {
    return binary[op](x, y);
  }

  multiplyAdd(x: number, y: number, sum: number): number {
    return x * y + sum;
  }

  keep(value: number): { first: number; again: number } {
    return { first: value, again: value };
  }
}

const unary: { readonly [K in UnaryOp]: (x: number) => number } = {
  exp,
  log,
  relu: (x) => Math.max(0, x),
  sigmoid,
  erf,
  step: (x) => (x > 0 ? 1 : 0),
};

const binary: { readonly [K in BinaryOp]: (x: number, y: number) => number } = {
  add: (x, y) => x + y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  equal: (x, y) => (x === y ? 1 : 0),
  hash: hash24,
};

/** The points of a space, the last axis fastest. */
function* pointsOf(space: Dims, rows: number): Generator<readonly number[]> {
  const shape = shapeAt(space, rows);
  const point = shape.map(() => 0);
  if (shape.includes(0)) return;
  for (;;) {
    yield [...point];
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      const next = (point[axis] ?? 0) + 1;
      point[axis] = next < (shape[axis] ?? 0) ? next : 0;
      if (point[axis] !== 0) break;
    }
    if (axis < 0) return;
  }
}
