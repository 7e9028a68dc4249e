/**
 * Expressions at points of a kernel's index space, up to four neighboring points at once along one axis of it, the
 * vector axis. Pointers follow the loops; what lies at fixed distances is an offset in the instruction.
 */

import {
  type Access,
  type Affine,
  type Expr,
  loadsOf,
  operandsOf,
  type Store,
  subexpressions,
  type UnaryOp,
} from "../../../compile/kernel.ts";
import { internalError } from "../../../util/errors.ts";
import { type Code, f32, f32x4, get, i32, type Local, madd, set, v128 } from "../asm/instructions.ts";
import { exp, hash, log, pow } from "../asm/math.ts";
import type { Work } from "./loops.ts";
import { Memo, sharedWithin } from "./memo.ts";
import { type Coordinates, type Place, Pointers } from "./pointers.ts";

export class Points {
  readonly #work: Work;
  readonly #pointers: Pointers;
  readonly #roots: readonly Expr[];
  readonly #stores: readonly Store[];
  /** What is the same all along the vector axis. */
  readonly #invariant = new Set<Expr>();
  readonly #shared: ReadonlySet<Expr>;
  readonly #hoisted = new Map<Expr, Local>();
  readonly #locals: Local[] = [];
  /** The axis along which the lanes lie; undefined if all four stand for the same point. */
  readonly vectorAxis: number | undefined;
  /** What the kernel's reduction has come to. */
  reduced: Code | undefined;

  constructor(work: Work, vectorAxis: number | undefined, roots: readonly Expr[], stores: readonly Store[] = []) {
    this.#work = work;
    this.#pointers = new Pointers(work.fn, work.bases, vectorAxis);
    this.vectorAxis = vectorAxis;
    this.#roots = roots;
    this.#stores = stores;
    this.#shared = sharedWithin(roots);
    for (const e of subexpressions(roots)) if (this.#isInvariant(e)) this.#invariant.add(e);
  }

  /** Points that store, rather than only compute. */
  static storing(work: Work, vectorAxis: number | undefined, stores: readonly Store[]): Points {
    const values = stores.map(({ value }) => value);
    return new Points(work, vectorAxis, values, stores);
  }

  #isInvariant(e: Expr): boolean {
    switch (e.kind) {
      case "load":
        return this.#pointers.lanes(e.access) === 0 && !this.#pointers.picksLanes(e.access);
      case "constant":
        return true;
      case "index":
        return this.#pointers.lanes(e.index) === 0;
      case "reduced":
        return this.vectorAxis === undefined;
      default:
        return operandsOf(e).every((operand) => this.#invariant.has(operand));
    }
  }

  /** Whether ids that change along an axis say what is read or where it goes. */
  picksAlong(axis: number): boolean {
    return this.#accesses().some(({ pick }) => pick !== undefined && (pick.ids.strides[axis] ?? 0) !== 0);
  }

  /** Code that brings everything that is read and written to a point. */
  moveTo(coordinates: Coordinates): Code {
    const indices: Affine[] = [];
    for (const e of subexpressions(this.#roots)) if (e.kind === "index") indices.push(e.index);
    return this.#pointers.moveTo(coordinates, this.#accesses(), indices);
  }

  #accesses(): Access[] {
    const written = this.#stores.flatMap(({ access }) => (access.pick ? [access, access.pick.ids] : [access]));
    return [...loadsOf(this.#roots), ...written];
  }

  /** Code that moves everything along an axis. */
  advance(axis: number, by: number): Code {
    return this.#pointers.advance(axis, by);
  }

  /** Code that computes once what does not change along the vector axis. To follow `moveTo`. */
  hoist(): Code {
    const code: Code[] = [];
    const visit = (e: Expr): void => {
      if (this.#hoisted.has(e) || e.kind === "constant") return;
      if (!this.#invariant.has(e)) {
        operandsOf(e).forEach(visit);
        return;
      }
      const local = this.#work.fn.local("v128");
      code.push(set(local, this.value(e, { valid: 4 })));
      this.#hoisted.set(e, local);
    };
    this.#roots.forEach(visit);
    return code;
  }

  /** The value of an expression, four points wide. */
  value(e: Expr, at: Place): Code {
    return this.#code(e, at, this.#memo());
  }

  /** A sum and the value of one more expression: of a product, by multiply-add. */
  plus(sum: Code, e: Expr, at: Place): Code {
    const memo = this.#memo();
    if (e.kind !== "binary" || e.op !== "mul" || this.#hoisted.has(e)) return f32x4.add(sum, this.#code(e, at, memo));
    return madd(this.#work.target, this.#code(e.x, at, memo), this.#code(e.y, at, memo), sum);
  }

  /** Code that stores at up to four points: all values first, since a store may change what another reads. */
  store(at: Place): Code {
    const memo = this.#memo();
    const [only] = this.#stores;
    if (this.#stores.length === 1 && only !== undefined) {
      return this.#put(only.access, this.#code(only.value, at, memo), at, memo);
    }
    const values = this.#stores.map(({ access, value }) => ({ access, value, local: memo.fresh() }));
    return [
      values.map(({ value, local }) => set(local, this.#code(value, at, memo))),
      values.map(({ access, local }) => this.#put(access, get(local), at, memo)),
    ];
  }

  #memo(): Memo {
    return new Memo(this.#work.fn, this.#locals, this.#shared);
  }

  #put(access: Access, value: Code, at: Place, memo: Memo): Code {
    const pointer = get(this.#pointers.of(access));
    const offset = this.#pointers.offset(access, at);
    const stride = this.#pointers.lanes(access);
    const lanes = this.vectorAxis === undefined ? 1 : at.valid;
    const picks = this.#pointers.picksLanes(access);
    if (lanes === 1 && !picks) return v128.storeLane(pointer, value, 0, offset);
    if (stride === 1 && !picks) {
      if (lanes === 4) return v128.store(pointer, value, offset);
      if (lanes === 2) return v128.storeHalf(pointer, value, offset);
    }
    const kept = memo.fresh();
    const each = range(lanes).map((lane) => {
      const to = picks ? i32.add(pointer, this.#pointers.pickedRow(access, further(at, lane))) : pointer;
      return v128.storeLane(to, get(kept), lane, offset + 4 * lane * stride);
    });
    return [set(kept, value), each];
  }

  #code(e: Expr, at: Place, memo: Memo): Code {
    const hoisted = this.#hoisted.get(e);
    return hoisted === undefined ? memo.once(e, () => this.#fresh(e, at, memo)) : get(hoisted);
  }

  #fresh(e: Expr, at: Place, memo: Memo): Code {
    switch (e.kind) {
      case "load":
        return this.#load(e.access, at);
      case "constant":
        return f32x4.const(e.value);
      case "index":
        return this.#index(e.index, at);
      case "reduced":
        if (this.reduced === undefined) throw internalError("a reduction's result before the reduction");
        return this.reduced;
      case "unary":
        return this.#unary(e.op, this.#code(e.x, at, memo));
      case "pow":
        return pow(this.#work.fn, this.#work.target, this.#code(e.x, at, memo), e.exponent);
      case "binary": {
        const [x, y] = [this.#code(e.x, at, memo), this.#code(e.y, at, memo)];
        if (e.op === "equal") return v128.and(f32x4.eq(x, y), f32x4.const(1));
        if (e.op === "hash") return hash(this.#work.fn, x, y);
        return f32x4[e.op](x, y);
      }
    }
  }

  #unary(op: UnaryOp, x: Code): Code {
    const { fn, target } = this.#work;
    switch (op) {
      case "exp":
        return exp(fn, target, x);
      case "log":
        return log(fn, target, x);
      case "relu":
        // pmax would give 0 for NaN one way round and NaN the other: a NaN must stay one.
        return f32x4.max(x, f32x4.const(0));
      case "step":
        return v128.and(f32x4.gt(x, f32x4.const(0)), f32x4.const(1));
    }
  }

  #load(access: Access, at: Place): Code {
    const pointer = get(this.#pointers.of(access));
    const offset = this.#pointers.offset(access, at);
    const stride = this.#pointers.lanes(access);
    if (this.#pointers.picksLanes(access)) {
      return range(at.valid).reduce((vector: Code, lane) => {
        const row = this.#pointers.pickedRow(access, further(at, lane));
        return v128.loadLane(i32.add(pointer, row), vector, lane, offset + 4 * lane * stride);
      }, f32x4.const(0));
    }
    if (stride === 0) return v128.loadSplat(pointer, offset);
    if (at.valid === 1) return v128.loadZero(pointer, offset);
    if (stride === 1) return v128.load(pointer, offset);
    return range(at.valid - 1).reduce(
      (vector: Code, i) => v128.loadLane(pointer, vector, i + 1, offset + 4 * (i + 1) * stride),
      v128.loadZero(pointer, offset),
    );
  }

  #index(index: Affine, { along = 0, across }: Place): Code {
    const stride = this.#pointers.lanes(index);
    const apart = stride * along + (across === undefined ? 0 : across.by * (index.strides[across.axis] ?? 0));
    const first = f32x4.splat(f32.convertI32(i32.add(get(this.#pointers.counter(index)), i32.const(apart))));
    return stride === 0 ? first : f32x4.add(first, v128.floats(0, stride, 2 * stride, 3 * stride));
  }
}

function further(at: Place, lanes: number): Place {
  return { ...at, along: (at.along ?? 0) + lanes };
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
