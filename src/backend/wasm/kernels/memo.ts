import { type Expr, operandsOf, subexpressions } from "../../../compile/kernel.ts";
import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, get, type Local, tee } from "../asm/instructions.ts";

/** Holds what an expression uses more than once in locals, which evaluations one after the other share. */
export class Memo {
  readonly #fn: FunctionBuilder;
  readonly #locals: Local[];
  readonly #shared: ReadonlySet<Expr>;
  readonly #held = new Map<Expr, Local>();
  #next = 0;

  constructor(fn: FunctionBuilder, locals: Local[], shared: ReadonlySet<Expr>) {
    this.#fn = fn;
    this.#locals = locals;
    this.#shared = shared;
  }

  /** A local that this evaluation has for itself. */
  fresh(): Local {
    const local = this.#locals[this.#next] ?? this.#fn.local("v128");
    this.#locals[this.#next++] = local;
    return local;
  }

  /** What `make` computes, or computed when it was first asked for. */
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

/** What occurs more than once within the roots, and costs more than a local. */
export function sharedWithin(roots: readonly Expr[]): ReadonlySet<Expr> {
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
