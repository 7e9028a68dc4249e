/**
 * Tensors on their way to kernels: a tensor's value stays an expression over buffers until it must be in memory, so
 * that whole chains of operations become one kernel.
 */

import type { Cell } from "../util/cells.ts";
import { compareDims } from "../util/dim.ts";
import { internalError } from "../util/errors.ts";
import { type Dims, sameShape, shapeAt, sizeOf } from "../util/shape.ts";
import { type Access, type Affine, type Buffer, type Expr, ExprPool, type Kernel, subexpressions } from "./kernel.ts";
import { allocatedRows } from "./plan.ts";
import type { Room, Target } from "./target.ts";
import { contiguous, expanding, type Movement, moveAccess, moveExpr } from "./views.ts";

/** A tensor whose every entry is `expr` of its coordinates. Once it is in memory, `expr` reads it there. */
export interface Lazy {
  readonly shape: Dims;
  expr: Expr;
}

/** Results of operations that share their kernels. */
export interface Gradients {
  readonly x: Lazy;
  readonly weight: Lazy;
}

/** The kernels so far, their buffers, and the ways to write and read tensors there. */
export class Memory {
  readonly pool: ExprPool = new ExprPool();
  readonly kernels: Kernel[] = [];
  readonly constants: Buffer[] = [];
  readonly target: Target;
  readonly #rows: number;
  readonly #made: { readonly operands: readonly Lazy[]; readonly results: Gradients }[] = [];
  #buffers = 0;

  constructor(room: Room) {
    this.target = room.target;
    this.#rows = allocatedRows(room);
  }

  buffer(name: string, shape: Dims, kind: Buffer["kind"] = "temporary", cell: Cell = "f32"): Buffer {
    return { id: this.#buffers++, name, shape, cell, kind };
  }

  constant(shape: Dims, data: ArrayLike<number>): Buffer {
    const buffer: Buffer = { ...this.buffer("constant", shape, "constant"), data };
    this.constants.push(buffer);
    return buffer;
  }

  /** Known numbers: in memory, unless they are all equal. */
  known(shape: Dims, data: ArrayLike<number>): Lazy {
    const [first = 0, ...others] = Array.from(data);
    const same = others.every((x) => Object.is(x, first));
    return same ? { shape, expr: this.pool.constant(first) } : this.loaded(this.constant(shape, data));
  }

  /** The result for these operands, existing or made now: for operations that share their kernels. */
  once(operands: readonly Lazy[], make: () => Gradients): Gradients {
    const known = this.#made.find((made) => operands.every((operand, i) => operand === made.operands[i]));
    if (known !== undefined) return known.results;
    const results = make();
    this.#made.push({ operands, results });
    return results;
  }

  /** The layout of row-major entries, with room for all rows. */
  layout(shape: Dims): Affine {
    return contiguous(shapeAt(shape, this.#rows));
  }

  whole(buffer: Buffer): Access {
    return { buffer, ...this.layout(buffer.shape) };
  }

  loaded(buffer: Buffer): Lazy {
    return { shape: buffer.shape, expr: this.pool.load(this.whole(buffer)) };
  }

  /** Adds a kernel that stores the tensor. */
  write({ shape, expr }: Lazy, access: Access): void {
    this.kernels.push({ kind: "map", space: shape, stores: [{ access, value: expr }] });
  }

  /** The tensor in a buffer of its own. */
  copied(x: Lazy): Lazy {
    const buffer = this.buffer("value", x.shape);
    this.write(x, this.whole(buffer));
    return this.loaded(buffer);
  }

  /** Stores the tensor in memory for later users; those that already have its expression compute it again. */
  realise(x: Lazy): Lazy {
    const { expr, shape } = x;
    const buffer = expr.kind === "load" ? expr.access.buffer : undefined;
    const there = buffer && sameShape(buffer.shape, shape) && expr === this.pool.load(this.whole(buffer));
    if (there !== true) x.expr = this.copied(x).expr;
    return x;
  }

  /** The tensor with another indexing, stored in memory if need be. */
  moved(x: Lazy, shape: Dims, movement: Movement): Lazy {
    const expr = moveExpr(this.pool, x.expr, movement) ?? moveExpr(this.pool, this.realise(x).expr, movement);
    if (expr === undefined) throw internalError(`no view of shape ${shape.join()} of ${x.shape.join()}`);
    return { shape, expr };
  }

  /** Repeated to a shape; an expensive expression is computed before it is repeated. */
  expanded(x: Lazy, shape: Dims): Lazy {
    if (sameShape(x.shape, shape)) return x;
    const repeats = compareDims(sizeOf(x.shape), sizeOf(shape)) < 0;
    if (repeats && costsMuch(x.expr)) this.realise(x);
    return this.moved(x, shape, expanding(x.shape, shape));
  }

  /** Reads the tensor from memory, entry by entry; stores it there if need be. */
  access(x: Lazy): Access {
    if (x.expr.kind !== "load" || x.expr.access.pick !== undefined) this.realise(x);
    if (x.expr.kind !== "load") throw internalError("a value that is not in memory");
    return x.expr.access;
  }
}

function costsMuch(expr: Expr): boolean {
  for (const e of subexpressions([expr])) {
    if (e.kind === "pow" || e.kind === "unary" || (e.kind === "binary" && e.op === "hash")) return true;
  }
  return false;
}

/** An access in other coordinates that is known to exist. */
export function movedAccess(access: Access, ...movements: readonly Movement[]): Access {
  return movements.reduce((moved, movement) => {
    const next = moveAccess(moved, movement);
    if (next === undefined) throw internalError(`no such way to count ${access.buffer.name}`);
    return next;
  }, access);
}
