/**
 * Expressions at points of a kernel's index space, up to four neighboring points at once along one axis, the vector
 * axis. Pointers follow the loops; fixed distances are offsets in the instruction.
 */

import { type Access, type Affine, type Expr, loadsOf, type Store, subexpressions } from "../../../compile/kernel.ts";
import { type Evaluation, Expressions, strideAlong } from "../../expression.ts";
import { type Code, get, i32, set, v128 } from "../asm/instructions.ts";
import { WasmEmitter } from "./emitter.ts";
import { type Coordinates, further, type Lanes, Pointers } from "./pointers.ts";
import type { Scope } from "./scope.ts";

export class Points {
  readonly #scope: Scope;
  readonly #pointers: Pointers;
  readonly #emitter: WasmEmitter;
  readonly #expressions: Expressions<Code, Lanes>;
  readonly #roots: readonly Expr[];
  readonly #stores: readonly Store[];
  /** The axis of the lanes; undefined if all four have the same point. */
  readonly vectorAxis: number | undefined;

  constructor(scope: Scope, vectorAxis: number | undefined, roots: readonly Expr[], stores: readonly Store[] = []) {
    this.#scope = scope;
    this.#pointers = new Pointers(scope.fn, scope.bases, vectorAxis);
    this.#emitter = new WasmEmitter(scope.fn, scope.rounding, this.#pointers);
    this.#expressions = new Expressions(roots, vectorAxis, this.#emitter);
    this.#roots = roots;
    this.#stores = stores;
    this.vectorAxis = vectorAxis;
  }

  /** Points that store, rather than only compute. */
  static storing(scope: Scope, vectorAxis: number | undefined, stores: readonly Store[]): Points {
    const values = stores.map(({ value }) => value);
    return new Points(scope, vectorAxis, values, stores);
  }

  /** The result of the kernel's reduction. */
  set reduced(code: Code) {
    this.#emitter.reduction = code;
  }

  /** True if ids that vary along an axis select the entries to read or write. */
  picksAlong(axis: number): boolean {
    return this.#accesses().some(({ pick }) => pick !== undefined && strideAlong(pick.ids, axis) !== 0);
  }

  /** Code that moves all pointers to a point. */
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

  /** Code that computes values that are invariant along the vector axis. Must follow `moveTo`. */
  hoist(): Code {
    const code: Code[] = [];
    this.#expressions.hoist({ valid: 4 }, (value) => {
      const local = this.#scope.fn.local("v128");
      code.push(set(local, value));
      return get(local);
    });
    return code;
  }

  /** The value of an expression, four points wide. */
  value(e: Expr, at: Lanes): Code {
    return this.#expressions.evaluation(at).value(e);
  }

  /** A sum plus one more expression; a product uses multiply-add. */
  plus(sum: Code, e: Expr, at: Lanes): Code {
    return this.#expressions.evaluation(at).plus(sum, e);
  }

  /** Code that stores at up to four points: all values first, since a store may change what another reads. */
  store(at: Lanes): Code {
    const evaluation = this.#expressions.evaluation(at);
    const [only] = this.#stores;
    if (this.#stores.length === 1 && only !== undefined) {
      return this.#put(only.access, evaluation.value(only.value), at, evaluation);
    }
    const values = this.#stores.map(({ access, value }) => {
      return { access, value, local: this.#emitter.variable(evaluation.slot()) };
    });
    return [
      values.map(({ value, local }) => set(local, evaluation.value(value))),
      values.map(({ access, local }) => this.#put(access, get(local), at, evaluation)),
    ];
  }

  #put(access: Access, value: Code, at: Lanes, evaluation: Evaluation<Code, Lanes>): Code {
    const pointer = get(this.#pointers.of(access));
    const offset = this.#pointers.offset(access, at);
    const stride = this.#pointers.stride(access);
    const lanes = this.vectorAxis === undefined ? 1 : at.valid;
    const picks = this.#pointers.picksLanes(access);
    if (lanes === 1 && !picks) return v128.storeLane(pointer, value, 0, offset);
    if (stride === 1 && !picks) {
      if (lanes === 4) return v128.store(pointer, value, offset);
      if (lanes === 2) return v128.storeHalf(pointer, value, offset);
    }
    const kept = this.#emitter.variable(evaluation.slot());
    const each = Array.from({ length: lanes }, (_, lane) => {
      const to = picks ? i32.add(pointer, this.#pointers.pickedRow(access, further(at, lane))) : pointer;
      return v128.storeLane(to, get(kept), lane, offset + 4 * lane * stride);
    });
    return [set(kept, value), each];
  }
}
