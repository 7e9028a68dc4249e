/** Expressions at points of a kernel's index space: computed, kept, stored. */

import { type Evaluation, Expressions } from "../../backend/expression.ts";
import type { Expr, Store } from "../../compile/kernel.ts";
import type { Code } from "./code.ts";
import { type At, CEmitter } from "./emitter.ts";
import type { Scope } from "./scope.ts";

export class Points {
  readonly #code: Code;
  readonly #emitter: CEmitter;
  readonly #expressions: Expressions<string, At>;
  readonly #stores: readonly Store[];

  /** `inner`: the axis of the inner loop, before which values that are the same in all of it are computed by `hoist`. */
  constructor(
    { code, nameOf }: Scope,
    roots: readonly Expr[],
    inner: number | undefined,
    wide: boolean,
    stores: readonly Store[] = [],
  ) {
    this.#code = code;
    this.#emitter = new CEmitter(code, nameOf, wide);
    this.#expressions = new Expressions(roots, inner, this.#emitter);
    this.#stores = stores;
  }

  /** Points that store, rather than only compute. */
  static storing(scope: Scope, stores: readonly Store[], inner: number | undefined, wide: boolean): Points {
    const values = stores.map(({ value }) => value);
    return new Points(scope, values, inner, wide, stores);
  }

  /** The name of the reduction's result. */
  set reduced(name: string) {
    this.#emitter.reduction = name;
  }

  hoist(at: At): void {
    this.#expressions.hoist(at, (value) => this.#code.define(value));
  }

  value(e: Expr, at: At): string {
    return this.#evaluation(at).value(e);
  }

  /** A sum plus one more expression. */
  plus(sum: string, e: Expr, at: At): string {
    return this.#evaluation(at).plus(sum, e);
  }

  /** Stores at the points: all values first, since a store may change what another reads. */
  store(at: At): void {
    const evaluation = this.#evaluation(at);
    const single = this.#stores.length === 1;
    const values = this.#stores.map(({ access, value }) => {
      const text = evaluation.value(value);
      return { access, value: single ? text : this.#code.define(text) };
    });
    for (const { access, value } of values) this.#code.line(this.#emitter.store(access, value, at));
  }

  #evaluation(at: At): Evaluation<string, At> {
    return this.#expressions.evaluation(at);
  }
}
