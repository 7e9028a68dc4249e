/**
 * Expressions at points of a kernel's index space, up to four neighbouring points at once along one axis of it, the
 * vector axis. A pointer for each access follows the loops; what lies at fixed distances is an offset in the instruction.
 */

import type { Access, Affine, Buffer, Expr, Store } from "../../compile/kernel.ts";
import { loadsOf, subexpressions } from "../../compile/kernel.ts";
import { internalError } from "../../util/errors.ts";
import type { FunctionBuilder } from "./assembler.ts";
import { type Code, f32, f32x4, get, i32, type Local, set, type Target, tee, v128 } from "./instructions.ts";
import { exp, log, pow } from "./math.ts";

/** Byte addresses (i32) of the buffers that a kernel touches. */
export type Bases = ReadonlyMap<Buffer, Local>;

/** i32 locals that hold coordinates; undefined where the coordinate is 0 and offsets count. */
export type Coordinates = readonly (Local | undefined)[];

/** Distance from the pointers' point: entries along the vector axis and, for tiles, along another. */
export interface Place {
  readonly along?: number;
  readonly across?: { readonly axis: number; readonly by: number };
  /** How many of the four lanes stand for points, from the first on. */
  readonly valid: number;
}

const INF = Number.POSITIVE_INFINITY;

export class Points {
  readonly #fn: FunctionBuilder;
  readonly #target: Target;
  readonly #bases: Bases;
  readonly #pointers = new Map<string, { readonly access: Access; readonly local: Local }>();
  readonly #indices = new Map<string, { readonly index: Affine; readonly local: Local }>();
  readonly #hoisted = new Map<Expr, Local>();
  readonly #locals: Local[] = [];
  /** The axis along which the lanes lie; undefined if all four stand for the same point. */
  readonly vectorAxis: number | undefined;
  /** What the kernel's reduction has come to. */
  reduced: Code | undefined;

  constructor(fn: FunctionBuilder, target: Target, bases: Bases, vectorAxis: number | undefined) {
    this.#fn = fn;
    this.#target = target;
    this.#bases = bases;
    this.vectorAxis = vectorAxis;
  }

  /** Whether an expression is the same all along the vector axis. */
  isInvariant(e: Expr): boolean {
    switch (e.kind) {
      case "load":
        return this.#lanes(e.access) === 0 && !this.#picksLanes(e.access);
      case "constant":
        return true;
      case "index":
        return this.#lanes(e.index) === 0;
      case "reduced":
        return this.vectorAxis === undefined;
      case "binary":
        return this.isInvariant(e.x) && this.isInvariant(e.y);
      default:
        return this.isInvariant(e.x);
    }
  }

  /** Whether the four lanes read rows that four different ids name. */
  #picksLanes({ pick }: Access): boolean {
    return pick !== undefined && this.#lanes(pick.ids) !== 0;
  }

  /** Whether some lane might take an id from beyond the last point. */
  picksAlong(roots: readonly Expr[], stores: readonly Store[]): boolean {
    const accesses = [...loadsOf(roots), ...stores.map(({ access }) => access)];
    return accesses.some((access) => this.#picksLanes(access));
  }

  #lanes({ strides }: Affine): number {
    return this.vectorAxis === undefined ? 0 : (strides[this.vectorAxis] ?? 0);
  }

  /** Code that brings the pointers of all accesses in the expressions and stores to a point. */
  moveTo(coordinates: Coordinates, roots: readonly Expr[], stores: readonly Store[] = []): Code {
    this.#hoisted.clear();
    const code: Code[] = [];
    for (const access of [...loadsOf(roots), ...stores.map((store) => store.access)]) {
      code.push(set(this.#pointerOf(access), this.#address(access, coordinates)));
    }
    for (const e of subexpressions(roots)) {
      if (e.kind !== "index") continue;
      code.push(set(this.#counterOf(e.index), place(e.index, coordinates, i32.const(e.index.offset))));
    }
    return code;
  }

  /** Code that moves every pointer along an axis. */
  advance(axis: number, by: number): Code {
    const code: Code[] = [];
    const bump = (local: Local, n: number): void => {
      if (n !== 0) code.push(set(local, i32.add(get(local), i32.const(n))));
    };
    for (const { access, local } of this.#pointers.values()) bump(local, 4 * by * (access.strides[axis] ?? 0));
    for (const { index, local } of this.#indices.values()) bump(local, by * (index.strides[axis] ?? 0));
    return code;
  }

  /** Code that computes once what does not change along the vector axis; `value` then finds it. To follow `moveTo`. */
  hoist(roots: readonly Expr[]): Code {
    const code: Code[] = [];
    const visit = (e: Expr): void => {
      if (this.#hoisted.has(e)) return;
      if (this.isInvariant(e)) {
        if (e.kind === "constant" || usesReduced(e)) return;
        const local = this.#fn.local("v128");
        code.push(set(local, this.#code(e, { valid: 4 }, new Memo(this.#fn, this.#locals, [e]))));
        this.#hoisted.set(e, local);
        return;
      }
      if (e.kind === "unary" || e.kind === "pow" || e.kind === "binary") visit(e.x);
      if (e.kind === "binary") visit(e.y);
    };
    for (const root of roots) visit(root);
    return code;
  }

  /** The value of an expression, four points wide. */
  value(e: Expr, at: Place): Code {
    return this.#code(e, at, new Memo(this.#fn, this.#locals, [e]));
  }

  /** Code that stores at up to four points: all values first, since a store may change what another reads. */
  store(stores: readonly Store[], at: Place): Code {
    const memo = new Memo(
      this.#fn,
      this.#locals,
      stores.map(({ value }) => value),
    );
    const [only] = stores;
    if (stores.length === 1 && only !== undefined) return this.#put(only.access, this.#code(only.value, at, memo), at);
    const values = stores.map(({ access, value }) => ({ access, value, local: memo.fresh() }));
    return [
      values.map(({ value, local }) => set(local, this.#code(value, at, memo))),
      values.map(({ access, local }) => this.#put(access, get(local), at)),
    ];
  }

  #put(access: Access, value: Code, at: Place): Code {
    const pointer = this.#pointerOf(access);
    const offset = this.#offset(access, at);
    const stride = this.#lanes(access);
    const lanes = this.vectorAxis === undefined ? 1 : at.valid;
    if (lanes === 1) return v128.storeLane(get(pointer), value, 0, offset);
    if (this.#picksLanes(access)) {
      const kept = this.#fn.local("v128");
      const each = range(lanes).map((lane) => {
        const row = this.#pickedRow(access, { ...at, along: (at.along ?? 0) + lane });
        return v128.storeLane(i32.add(get(pointer), row), get(kept), lane, offset + 4 * lane * stride);
      });
      return [set(kept, value), each];
    }
    if (stride === 1) {
      if (lanes === 4) return v128.store(get(pointer), value, offset);
      if (lanes === 2) return v128.storeHalf(get(pointer), value, offset);
      const kept = this.#fn.local("v128");
      return [
        v128.storeHalf(get(pointer), tee(kept, value), offset),
        v128.storeLane(get(pointer), get(kept), 2, offset + 8),
      ];
    }
    const kept = this.#fn.local("v128");
    const each = range(lanes).map((lane) => v128.storeLane(get(pointer), get(kept), lane, offset + 4 * lane * stride));
    return [set(kept, value), each];
  }

  #code(e: Expr, at: Place, memo: Memo): Code {
    const hoisted = at.across === undefined ? this.#hoisted.get(e) : undefined;
    if (hoisted !== undefined) return get(hoisted);
    return memo.once(e, () => this.#fresh(e, at, memo));
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
        return pow(this.#fn, this.#target, this.#code(e.x, at, memo), e.exponent);
      case "binary": {
        const [x, y] = [this.#code(e.x, at, memo), this.#code(e.y, at, memo)];
        if (e.op === "equal") return v128.and(f32x4.eq(x, y), f32x4.const(1));
        return f32x4[e.op](x, y);
      }
    }
  }

  #unary(op: "exp" | "log" | "relu" | "step", x: Code): Code {
    switch (op) {
      case "exp":
        return exp(this.#fn, this.#target, x);
      case "log":
        return log(this.#fn, this.#target, x);
      case "relu":
        // pmax would give 0 for NaN one way round and NaN the other: a NaN must stay one.
        return f32x4.max(x, f32x4.const(0));
      case "step":
        return v128.and(f32x4.gt(x, f32x4.const(0)), f32x4.const(1));
    }
  }

  #load(access: Access, at: Place): Code {
    const pointer = get(this.#pointerOf(access));
    const offset = this.#offset(access, at);
    const stride = this.#lanes(access);
    if (this.#picksLanes(access)) {
      return range(at.valid).reduce((vector: Code, lane) => {
        const row = this.#pickedRow(access, { ...at, along: (at.along ?? 0) + lane });
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

  #index(index: Affine, at: Place): Code {
    const stride = this.#lanes(index);
    const { across } = at;
    const apart = stride * (at.along ?? 0) + (across === undefined ? 0 : across.by * (index.strides[across.axis] ?? 0));
    const first = f32x4.splat(f32.convertI32(i32.add(get(this.#counterOf(index)), i32.const(apart))));
    return stride === 0 ? first : f32x4.add(first, v128.floats(0, stride, 2 * stride, 3 * stride));
  }

  #offset(access: Access, { along = 0, across }: Place): number {
    const other = across === undefined ? 0 : across.by * (access.strides[across.axis] ?? 0);
    return 4 * (along * this.#lanes(access) + other);
  }

  #pointerOf(access: Access): Local {
    const key = this.#key(access);
    const pointer = this.#pointers.get(key) ?? { access, local: this.#fn.local("i32") };
    this.#pointers.set(key, pointer);
    return pointer.local;
  }

  #counterOf(index: Affine): Local {
    const key = `${index.offset}+${index.strides.join()}`;
    const counter = this.#indices.get(key) ?? { index, local: this.#fn.local("i32") };
    this.#indices.set(key, counter);
    return counter.local;
  }

  #key(access: Access): string {
    const { buffer, offset, strides, pick } = access;
    return `${buffer.id}+${offset}+${strides.join()}${pick === undefined ? "" : ` ${pick.stride} ${this.#key(pick.ids)}`}`;
  }

  /** Byte address of an access at a point; where each lane picks its own row, without that row. */
  #address(access: Access, coordinates: Coordinates): Code {
    const address = plainAddress(this.#bases, access, coordinates);
    if (access.pick === undefined || this.#picksLanes(access)) return address;
    const id = f32.load(this.#address(access.pick.ids, coordinates));
    return i32.add(address, i32.mul(i32.truncSatF32(id), i32.const(4 * access.pick.stride)));
  }

  #pickedRow({ pick }: Access, at: Place): Code {
    if (pick === undefined) throw internalError("an access that picks nothing");
    const id = f32.load(get(this.#pointerOf(pick.ids)), this.#offset(pick.ids, at));
    return i32.mul(i32.truncSatF32(id), i32.const(4 * pick.stride));
  }
}

/** Holds what an expression uses more than once in locals, which evaluations one after the other share. */
class Memo {
  readonly #fn: FunctionBuilder;
  readonly #locals: Local[];
  readonly #shared: ReadonlySet<Expr>;
  readonly #held = new Map<Expr, Local>();
  #next = 0;

  constructor(fn: FunctionBuilder, locals: Local[], roots: readonly Expr[]) {
    this.#fn = fn;
    this.#locals = locals;
    const uses = new Map<Expr, number>();
    const use = (e: Expr): void => void uses.set(e, (uses.get(e) ?? 0) + 1);
    for (const e of subexpressions(roots)) {
      if (e.kind === "unary" || e.kind === "pow" || e.kind === "binary") use(e.x);
      if (e.kind === "binary") use(e.y);
    }
    for (const root of roots) use(root);
    this.#shared = new Set(
      [...uses].filter(([e, n]) => n > 1 && e.kind !== "constant" && e.kind !== "reduced").map(([e]) => e),
    );
  }

  fresh(): Local {
    const local = this.#locals[this.#next] ?? this.#fn.local("v128");
    this.#locals[this.#next++] = local;
    return local;
  }

  once(e: Expr, make: () => Code): Code {
    const held = this.#held.get(e);
    if (held !== undefined) return get(held);
    const code = make();
    if (!this.#shared.has(e)) return code;
    const local = this.fresh();
    this.#held.set(e, local);
    return tee(local, code);
  }
}

function usesReduced(e: Expr): boolean {
  return subexpressions([e]).some(({ kind }) => kind === "reduced");
}

/** start + Σ stride · coordinate */
function place({ strides }: Affine, coordinates: Coordinates, start: Code): Code {
  return strides.reduce((sum: Code, stride, axis) => {
    const coordinate = coordinates[axis];
    if (coordinate === undefined || stride === 0) return sum;
    return i32.add(sum, stride === 1 ? get(coordinate) : i32.mul(get(coordinate), i32.const(stride)));
  }, start);
}

/** Byte address of an access that picks no rows, at a point. */
export function plainAddress(bases: Bases, { buffer, offset, strides }: Access, coordinates: Coordinates): Code {
  const base = bases.get(buffer);
  if (base === undefined) throw internalError(`buffer ${buffer.name} without an address`);
  const start = offset === 0 ? get(base) : i32.add(get(base), i32.const(4 * offset));
  return place({ offset: 0, strides: strides.map((stride) => 4 * stride) }, coordinates, start);
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** What leaves a sum, or a maximum, as it is. */
export const neutral: { readonly sum: number; readonly max: number } = { sum: 0, max: -INF };
