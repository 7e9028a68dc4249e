/**
 * Runs kernels in plain float64, point by point, as obviously as can be: the oracle for fusion, for planning and, kernel
 * by kernel, for every backend.
 */

import { ArrayTensor } from "../tensor/array-tensor.ts";
import { sizeAt } from "../util/dim.ts";
import { internalError } from "../util/errors.ts";
import { hash24 } from "../util/hash.ts";
import { exp, log, pow } from "../util/math.ts";
import { shapeAt, sizeOf } from "../util/shape.ts";
import { erf, sigmoid } from "../util/special.ts";
import type { Program } from "./compile.ts";
import {
  type Access,
  type Affine,
  type BinaryOp,
  type Buffer,
  type Expr,
  type Kernel,
  type LibraryKernel,
  type MapKernel,
  readsOf,
  type ScatterKernel,
  subexpressions,
  type UnaryOp,
  writesOf,
} from "./kernel.ts";
import { library } from "./library.ts";
import { entriesOf } from "./plan.ts";
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

export interface InterpreterOptions {
  /** Puts buffers where the plan does, so that those that share a place overwrite each other. Default: each has its own. */
  readonly planned?: boolean;
}

/** A program's memory, in which its kernels run. What was not written is NaN. */
export class Interpreter {
  readonly #program: Program;
  readonly #lists = new Map<Buffer, Float64Array>();

  constructor(program: Program, { planned = false }: InterpreterOptions = {}) {
    this.#program = program;
    const { kernels, inputs, outputs, constants, plan, maxRows } = program;
    const arena = planned ? new Float64Array(plan.bytes / 4).fill(Number.NaN) : undefined;
    const touched = kernels.flatMap((kernel) => [...readsOf(kernel), ...writesOf(kernel)]);
    for (const buffer of new Set([...inputs.values(), ...outputs.values(), ...constants, ...touched])) {
      const at = (plan.addresses.get(buffer) ?? 0) / 4;
      const size = entriesOf(buffer.shape, maxRows);
      this.#lists.set(buffer, arena?.subarray(at, at + size) ?? new Float64Array(size).fill(Number.NaN));
    }
    for (const constant of constants) this.list(constant).set(Array.from(constant.data ?? []));
  }

  /** The numbers of a buffer, with room for all rows. */
  list(buffer: Buffer): Float64Array {
    const list = this.#lists.get(buffer);
    if (list === undefined) throw internalError(`no such buffer: ${buffer.name}`);
    return list;
  }

  /** Runs the program, up to the first update of an input if a guard is not finite. */
  run(rows: number): void {
    const { kernels, guards } = this.#program;
    let updates = false;
    for (const kernel of kernels) {
      updates ||= [...writesOf(kernel)].some(({ kind }) => kind === "input");
      if (updates && !guards.every((guard) => Number.isFinite(this.list(guard)[0]))) return;
      this.runKernel(kernel, rows);
    }
  }

  runKernel(kernel: Kernel, rows: number): void {
    switch (kernel.kind) {
      case "map":
        this.#map(kernel, rows);
        break;
      case "scatter":
        this.#scatter(kernel, rows);
        break;
      case "library":
        this.#library(kernel, rows);
    }
  }

  #map({ space, reduction, stores }: MapKernel, rows: number): void {
    const body = reduction && this.#evaluator([reduction.body]);
    const values = this.#evaluator(stores.map(({ value }) => value));
    for (const point of pointsOf(shapeAt(space, rows))) {
      let reduced = reduction?.op === "sum" ? 0 : Number.NEGATIVE_INFINITY;
      for (let k = 0; body !== undefined && reduction !== undefined && k < sizeAt(reduction.size, rows); k++) {
        const [term = Number.NaN] = body([...point, k]);
        reduced = reduction.op === "sum" ? reduced + term : Math.max(reduced, term);
      }
      const results = values(point, reduced);
      stores.forEach(({ access }, i) => {
        this.list(access.buffer)[this.#place(access, point)] = results[i] ?? Number.NaN;
      });
    }
  }

  #scatter({ space, ids, body, target, size }: ScatterKernel, rows: number): void {
    const table = this.list(target.buffer).subarray(target.offset, target.offset + size);
    table.fill(0);
    const values = this.#evaluator([body]);
    const width = sizeAt(space.at(-1) ?? 1, rows);
    for (const point of pointsOf(shapeAt(space, rows))) {
      const place = this.#load(ids, point) * width + (point.at(-1) ?? 0);
      table[place] = (table[place] ?? Number.NaN) + (values(point)[0] ?? Number.NaN);
    }
  }

  #library<K extends Routine>({ routine, sizes, reads, writes }: LibraryKernel<K>, rows: number): void {
    const { shapes, define } = library[routine];
    const tables = shapes(sizes);
    const read = (name: Reads<K>): ArrayTensor => {
      const shape = shapeAt(tables[name], rows);
      return ArrayTensor.from(shape, Float64Array.from(this.#entries(reads[name], shape)));
    };
    const names = Object.keys(reads) as Reads<K>[];
    const results = define(
      Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Reads<K>, ArrayTensor>,
    );
    for (const name of Object.keys(writes) as Writes<K>[]) {
      const list = this.list(writes[name].buffer);
      const { shape, data } = results[name];
      this.#placesOf(writes[name], shape).forEach((place, i) => {
        list[place] = data[i] ?? Number.NaN;
      });
    }
  }

  #entries(table: Table<Buffer>, shape: readonly number[]): number[] {
    const list = this.list(table.buffer);
    return this.#placesOf(table, shape).map((place) => list[place] ?? Number.NaN);
  }

  #placesOf({ offset, stride }: Table<Buffer>, [rows = 1, ...row]: readonly number[]): number[] {
    const width = sizeOf(row);
    return Array.from({ length: rows * width }, (_, i) => offset + Math.floor(i / width) * stride + (i % width));
  }

  /** Computes expressions at a point, each of their parts once. */
  #evaluator(roots: readonly Expr[]): (point: Point, reduced?: number) => number[] {
    const order = [...subexpressions(roots)];
    return (point, reduced = Number.NaN) => {
      const known = new Map<Expr, number>();
      for (const e of order)
        known.set(
          e,
          this.#value(e, point, reduced, (x) => known.get(x) ?? Number.NaN),
        );
      return roots.map((root) => known.get(root) ?? Number.NaN);
    };
  }

  #value(e: Expr, point: Point, reduced: number, of: (x: Expr) => number): number {
    switch (e.kind) {
      case "load":
        return this.#load(e.access, point);
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

  #load(access: Access, point: Point): number {
    return this.list(access.buffer)[this.#place(access, point)] ?? Number.NaN;
  }

  #place(access: Access, point: Point): number {
    const { pick } = access;
    return indexAt(access, point) + (pick === undefined ? 0 : this.#load(pick.ids, point) * pick.stride);
  }
}

function indexAt({ offset, strides }: Affine, point: Point): number {
  return strides.reduce((sum, stride, axis) => sum + stride * (point[axis] ?? 0), offset);
}

/** Every point of a space, the last coordinate first to count. */
function* pointsOf([size, ...inner]: readonly number[]): Generator<number[], void> {
  if (size === undefined) {
    yield [];
    return;
  }
  for (let i = 0; i < size; i++) for (const rest of pointsOf(inner)) yield [i, ...rest];
}
