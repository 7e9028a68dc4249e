/**
 * From a kernel's expressions to a renderer's code: their order, the values computed once and kept, and those moved out
 * of the inner loop. A renderer gives the primitives in its language (`Emitter`) and gets the rest from here.
 */

import {
  type Access,
  type Affine,
  type BinaryOp,
  type Expr,
  operandsOf,
  subexpressions,
  type UnaryOp,
} from "../compile/kernel.ts";

/**
 * The primitives in a renderer's language. V is its form of a value; At selects the points that a value is computed
 * for.
 */
export interface Emitter<V, At> {
  load(access: Access, at: At): V;
  constant(value: number): V;
  index(index: Affine, at: At): V;
  /** The result of the kernel's reduction. */
  reduced(): V;
  unary(op: UnaryOp, x: V): V;
  pow(x: V, exponent: number): V;
  binary(op: BinaryOp, x: V, y: V): V;
  /** x y + sum. */
  multiplyAdd(x: V, y: V, sum: V): V;
  /**
   * Keeps a value in variable number `slot`: gives the value where it is first used, and for each later use. The variables
   * of one evaluation are free again in the next. The operands of a value are emitted before it, so a language without
   * assignments in expressions can write a statement and give the variable's name both times.
   */
  keep(value: V, slot: number): { readonly first: V; readonly again: V };
}

/** The distance of neighboring points along an axis in an access or index; 0 if there is no axis. */
export function strideAlong({ strides }: Affine, axis: number | undefined): number {
  return axis === undefined ? 0 : (strides[axis] ?? 0);
}

/** True if points along an axis read or write rows that different ids select. */
export function picksAlong({ pick }: Access, axis: number | undefined): boolean {
  return pick !== undefined && strideAlong(pick.ids, axis) !== 0;
}

/** The expressions of one kernel, whose inner loop runs along an axis. */
export class Expressions<V, At> {
  readonly #emitter: Emitter<V, At>;
  readonly #roots: readonly Expr[];
  readonly #shared: ReadonlySet<Expr>;
  readonly #invariant: ReadonlySet<Expr>;
  readonly #hoisted = new Map<Expr, V>();

  /** Without an axis there is no inner loop: everything is invariant. */
  constructor(roots: readonly Expr[], axis: number | undefined, emitter: Emitter<V, At>) {
    this.#emitter = emitter;
    this.#roots = roots;
    this.#shared = sharedWithin(roots);
    this.#invariant = invariantWithin(roots, axis);
  }

  /**
   * Computes values that are invariant in the inner loop before it: `define` keeps a value and returns its later uses.
   */
  hoist(at: At, define: (value: V) => V): void {
    const visit = (e: Expr): void => {
      if (this.#hoisted.has(e) || e.kind === "constant") return;
      if (this.#invariant.has(e)) this.#hoisted.set(e, define(this.evaluation(at).value(e)));
      else operandsOf(e).forEach(visit);
    };
    this.#roots.forEach(visit);
  }

  /** Begins the computation of values for the same points; shared values are computed once. */
  evaluation(at: At): Evaluation<V, At> {
    return new Evaluation(at, this.#emitter, this.#shared, this.#hoisted);
  }
}

export class Evaluation<V, At> {
  readonly #at: At;
  readonly #emitter: Emitter<V, At>;
  readonly #shared: ReadonlySet<Expr>;
  readonly #hoisted: ReadonlyMap<Expr, V>;
  readonly #kept = new Map<Expr, V>();
  #slots = 0;

  constructor(at: At, emitter: Emitter<V, At>, shared: ReadonlySet<Expr>, hoisted: ReadonlyMap<Expr, V>) {
    this.#at = at;
    this.#emitter = emitter;
    this.#shared = shared;
    this.#hoisted = hoisted;
  }

  /** A variable that nothing else in this evaluation uses. */
  slot(): number {
    return this.#slots++;
  }

  value(e: Expr): V {
    const known = this.#hoisted.get(e) ?? this.#kept.get(e);
    if (known !== undefined) return known;
    const value = this.#compute(e);
    if (!this.#shared.has(e)) return value;
    const { first, again } = this.#emitter.keep(value, this.slot());
    this.#kept.set(e, again);
    return first;
  }

  /** sum + e; if e is a product, the machine may multiply and add in one instruction. */
  plus(sum: V, e: Expr): V {
    const isProduct = e.kind === "binary" && e.op === "mul" && !this.#hoisted.has(e);
    if (!isProduct) return this.#emitter.binary("add", sum, this.value(e));
    const x = this.value(e.x);
    return this.#emitter.multiplyAdd(x, this.value(e.y), sum);
  }

  #compute(e: Expr): V {
    const emitter = this.#emitter;
    switch (e.kind) {
      case "load":
        return emitter.load(e.access, this.#at);
      case "constant":
        return emitter.constant(e.value);
      case "index":
        return emitter.index(e.index, this.#at);
      case "reduced":
        return emitter.reduced();
      case "unary":
        return emitter.unary(e.op, this.value(e.x));
      case "pow":
        return emitter.pow(this.value(e.x), e.exponent);
      case "binary": {
        const x = this.value(e.x);
        return emitter.binary(e.op, x, this.value(e.y));
      }
    }
  }
}

/** Expressions that occur more than once within the roots, and cost more than a variable. */
function sharedWithin(roots: readonly Expr[]): ReadonlySet<Expr> {
  const once = new Set<Expr>();
  const shared = new Set<Expr>();
  const use = (e: Expr): void => {
    if (once.has(e) && e.kind !== "constant" && e.kind !== "reduced") shared.add(e);
    once.add(e);
  };
  for (const e of subexpressions(roots)) operandsOf(e).forEach(use);
  roots.forEach(use);
  return shared;
}

/** Expressions that are equal for all points along an axis. */
function invariantWithin(roots: readonly Expr[], axis: number | undefined): ReadonlySet<Expr> {
  const invariant = new Set<Expr>();
  const isInvariant = (e: Expr): boolean => {
    switch (e.kind) {
      case "load":
        return strideAlong(e.access, axis) === 0 && !picksAlong(e.access, axis);
      case "constant":
        return true;
      case "index":
        return strideAlong(e.index, axis) === 0;
      case "reduced":
        return axis === undefined;
      default:
        return operandsOf(e).every((operand) => invariant.has(operand));
    }
  };
  for (const e of subexpressions(roots)) if (isInvariant(e)) invariant.add(e);
  return invariant;
}
