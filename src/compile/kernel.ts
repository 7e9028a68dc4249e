/**
 * The compiler's own form of a program: kernels over buffers. A kernel visits an index space, computes an expression
 * for each of its points, possibly reduced along one more axis, and stores the result. Every backend renders these and
 * nothing else. (The idea is tinygrad's; a matrix product is an ordinary sum of products until it is scheduled.)
 */

import type { Cell } from "../util/cells.ts";
import type { Dim } from "../util/dim.ts";
import type { Dims } from "../util/shape.ts";
import type { Reads, Routine, Routines, Table, Writes } from "./routines.ts";

/** A tensor in memory, at an address that plan.ts chooses. Two buffers are equal if they are the same object. */
export interface Buffer {
  readonly id: number;
  readonly name: string;
  /** Row-major. */
  readonly shape: Dims;
  /** The format of its entries: f32, unless it is an input that no run updates. */
  readonly cell: Cell;
  /** The writer: the host before a run (the content stays), the compiler once, or a kernel. */
  readonly kind: "input" | "constant" | "temporary" | "output";
  /** The content of a constant. */
  readonly data?: ArrayLike<number>;
}

/** offset + Σ strides[i] · coordinate[i], in entries; one stride for each axis of the index space. */
export interface Affine {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** The entry of a buffer for a point of the index space. */
export interface Access extends Affine {
  readonly buffer: Buffer;
  /** Adds ids[...] · stride, to select a row of a table. */
  readonly pick?: { readonly ids: Access; readonly stride: number };
}

export const UNARY = ["exp", "log", "relu", "sigmoid", "erf", "step"] as const;
export type UnaryOp = (typeof UNARY)[number];
export const BINARY = ["add", "mul", "div", "equal", "hash"] as const;
export type BinaryOp = (typeof BINARY)[number];

/** An expression without its number. */
export type ExprForm =
  | { readonly kind: "load"; readonly access: Access }
  | { readonly kind: "constant"; readonly value: number }
  /** A number made of the coordinates themselves. */
  | { readonly kind: "index"; readonly index: Affine }
  /** The result of the kernel's reduction; only in stores. */
  | { readonly kind: "reduced" }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly x: Expr }
  | { readonly kind: "pow"; readonly exponent: number; readonly x: Expr }
  | { readonly kind: "binary"; readonly op: BinaryOp; readonly x: Expr; readonly y: Expr };

/** Equal expressions are the same object with the same number (see ExprPool), so that each is computed once. */
export type Expr = ExprForm & { readonly id: number };

export interface Store {
  readonly access: Access;
  readonly value: Expr;
}

export interface Reduction {
  readonly op: "sum" | "max";
  /** Length of the reduced axis: the last coordinate of `body`, after those of the index space. */
  readonly size: Dim;
  readonly body: Expr;
}

/** For each point of `space`: reduce, then store. */
export interface MapKernel {
  readonly kind: "map";
  readonly space: Dims;
  readonly reduction?: Reduction;
  readonly stores: readonly Store[];
}

/** target (rows, C) = 0, then target[ids[i]] += body[i] for each i in order; `space` is (...ids, C). */
export interface ScatterKernel {
  readonly kind: "scatter";
  readonly space: Dims;
  readonly ids: Access;
  readonly body: Expr;
  readonly target: Access;
  /** Number of entries of the target. */
  readonly size: number;
}

/** A routine of the library (library.ts): the tables that it reads and writes, by name. */
export type LibraryKernel<K extends Routine = Routine> = {
  [R in K]: {
    readonly kind: "library";
    readonly routine: R;
    readonly sizes: Routines[R]["sizes"];
    readonly reads: Readonly<Record<Reads<R>, Table<Buffer>>>;
    readonly writes: Readonly<Record<Writes<R>, Table<Buffer>>>;
  };
}[K];

export type Kernel = MapKernel | ScatterKernel | LibraryKernel;

/** Makes expressions, each only once. */
export class ExprPool {
  readonly #known = new Map<string, Expr>();

  /** Equal for pools in which the same expressions were made in the same order, so that their numbers are equal. */
  get key(): string {
    return [...this.#known.keys()].join(";");
  }

  load(access: Access): Expr {
    return this.#intern(`load ${accessKey(access)}`, { kind: "load", access });
  }

  constant(value: number): Expr {
    return this.#intern(`constant ${Object.is(value, -0) ? "-0" : value}`, { kind: "constant", value });
  }

  index(index: Affine): Expr {
    return this.#intern(`index ${index.offset}+${index.strides.join()}`, { kind: "index", index });
  }

  reduced(): Expr {
    return this.#intern("reduced", { kind: "reduced" });
  }

  unary(op: UnaryOp, x: Expr): Expr {
    return this.#intern(`${op} ${x.id}`, { kind: "unary", op, x });
  }

  pow(x: Expr, exponent: number): Expr {
    return this.#intern(`pow ${x.id} ${exponent}`, { kind: "pow", x, exponent });
  }

  binary(op: BinaryOp, x: Expr, y: Expr): Expr {
    // x · y⁻¹ is a division, which is one instruction and rounds once.
    if (op === "mul" && y.kind === "pow" && y.exponent === -1) return this.binary("div", x, y.x);
    if (op === "mul" && x.kind === "pow" && x.exponent === -1) return this.binary("div", y, x.x);
    // Constants that broadcasting had hidden from the graph.
    if (op === "mul" && isConstant(x, 1)) return y;
    if (op === "mul" && isConstant(y, 1)) return x;
    if (op === "add" && isConstant(x, 0)) return y;
    if (op === "add" && isConstant(y, 0)) return x;
    if (op === "add" && x === y) return this.binary("mul", x, this.constant(2));
    return this.#intern(`${op} ${x.id} ${y.id}`, { kind: "binary", op, x, y });
  }

  /** The expression with each leaf replaced; `undefined` from `leaf` makes the whole undefined. */
  replaceLeaves(expr: Expr, leaf: (leaf: Expr) => Expr | undefined): Expr | undefined {
    const done = new Map<Expr, Expr | undefined>();
    const visit = (e: Expr): Expr | undefined => {
      if (done.has(e)) return done.get(e);
      const result = this.#rebuild(e, visit, leaf);
      done.set(e, result);
      return result;
    };
    return visit(expr);
  }

  #rebuild(e: Expr, visit: (e: Expr) => Expr | undefined, leaf: (leaf: Expr) => Expr | undefined): Expr | undefined {
    switch (e.kind) {
      case "unary": {
        const x = visit(e.x);
        return x && this.unary(e.op, x);
      }
      case "pow": {
        const x = visit(e.x);
        return x && this.pow(x, e.exponent);
      }
      case "binary": {
        const [x, y] = [visit(e.x), visit(e.y)];
        return x && y && this.binary(e.op, x, y);
      }
      default:
        return leaf(e);
    }
  }

  #intern(key: string, form: ExprForm): Expr {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const expr: Expr = { ...form, id: this.#known.size };
    this.#known.set(key, expr);
    return expr;
  }
}

function isConstant(x: Expr, value: number): boolean {
  return x.kind === "constant" && x.value === value;
}

/** Equal for accesses to the same entries, point by point. */
export function accessKey({ buffer, offset, strides, pick }: Access): string {
  const rows = pick === undefined ? "" : ` by ${pick.stride} of ${accessKey(pick.ids)}`;
  return `${buffer.id}+${offset}+${strides.join()}${rows}`;
}

/** True if two accesses refer to the same entries, point by point. */
export function sameAccess(x: Access, y: Access): boolean {
  return x === y || (x.buffer === y.buffer && x.offset === y.offset && accessKey(x) === accessKey(y));
}

/** The operands of an expression. */
export function operandsOf(e: Expr): readonly Expr[] {
  if (e.kind === "binary") return [e.x, e.y];
  return e.kind === "unary" || e.kind === "pow" ? [e.x] : [];
}

/** Every distinct expression within the roots, each after its operands. */
export function subexpressions(roots: Iterable<Expr>): Set<Expr> {
  const found = new Set<Expr>();
  const visit = (e: Expr): void => {
    if (found.has(e)) return;
    for (const operand of operandsOf(e)) visit(operand);
    found.add(e);
  };
  for (const root of roots) visit(root);
  return found;
}

/** The accesses that expressions read, those of ids included. */
export function loadsOf(roots: Iterable<Expr>): Access[] {
  const accesses: Access[] = [];
  for (const e of subexpressions(roots)) {
    if (e.kind !== "load") continue;
    accesses.push(e.access);
    if (e.access.pick !== undefined) accesses.push(e.access.pick.ids);
  }
  return accesses;
}

/** The accesses that a kernel's points read, those of ids included. */
export function loadsOfMap({ reduction, stores }: MapKernel): Access[] {
  const values = stores.map(({ value }) => value);
  const loads = loadsOf(reduction === undefined ? values : [reduction.body, ...values]);
  for (const { access } of stores) if (access.pick !== undefined) loads.push(access.pick.ids);
  return loads;
}

/** The buffers that a kernel reads. */
export function readsOf(kernel: Kernel): Set<Buffer> {
  switch (kernel.kind) {
    case "map":
      return new Set(loadsOfMap(kernel).map(({ buffer }) => buffer));
    case "scatter":
      return new Set([kernel.ids, ...loadsOf([kernel.body])].map(({ buffer }) => buffer));
    case "library":
      return new Set(Object.values(kernel.reads).map(({ buffer }) => buffer));
  }
}

/** The buffers that a kernel writes. */
export function writesOf(kernel: Kernel): Set<Buffer> {
  switch (kernel.kind) {
    case "map":
      return new Set(kernel.stores.map(({ access }) => access.buffer));
    case "scatter":
      return new Set([kernel.target.buffer]);
    case "library":
      return new Set(Object.values(kernel.writes).map(({ buffer }) => buffer));
  }
}

/** True if the kernel sums products of two numbers from memory, like a matrix product. */
export function sumsProducts({ reduction }: MapKernel): boolean {
  if (reduction?.op !== "sum" || reduction.body.kind !== "binary" || reduction.body.op !== "mul") return false;
  return operandsOf(reduction.body).every((x) => x.kind === "load" && x.access.pick === undefined);
}
