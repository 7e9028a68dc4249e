/** Functions of a loaded shared object, by name and signature. */

import { internalError } from "../util/errors.ts";
import type { Remark } from "../util/words.ts";
import type { Koffi, KoffiLibrary } from "./koffi.ts";

/** C's types in signatures: what JavaScript passes as an argument, and what it gets as a result. */
interface CTypes {
  void: readonly [argument: never, result: undefined];
  int: readonly [argument: number, result: number];
  int64: readonly [argument: number | bigint, result: number | bigint];
  float: readonly [argument: number, result: number];
  double: readonly [argument: number, result: number];
  /** An address as a number costs 50 ns a call, a view of memory 90 to 140. */
  pointer: readonly [argument: number | bigint | ArrayBufferView | null, result: bigint];
}

export type CType = keyof CTypes;

/** A C function of this signature as JavaScript calls it. */
export type CFunction<R extends CType, A extends readonly CType[]> = (
  ...args: { [K in keyof A]: CTypes[A[K]][0] }
) => CTypes[R][1];

const KOFFI_TYPES: { readonly [T in CType]: string } = {
  void: "void",
  int: "int",
  int64: "int64_t",
  float: "float",
  double: "double",
  pointer: "void *",
};

/** The reason why a shared object is compiled again at each start. */
export type Uncached = Remark<"uncached">;

/**
 * A shared object in this process. It stays loaded until the process ends, since its threads may still be running. Each
 * object has static variables once in a process, even if it is loaded twice from the cache, in worker threads too.
 */
export class Library {
  /** True if it came from the cache, without compiling. */
  readonly cached: boolean;
  /** Present if the cache could not be used. */
  readonly remark?: Uncached;
  readonly #koffi: Koffi;
  readonly #object: KoffiLibrary;

  constructor(koffi: Koffi, object: KoffiLibrary, cached: boolean, remark?: Uncached) {
    this.#koffi = koffi;
    this.#object = object;
    this.cached = cached;
    if (remark !== undefined) this.remark = remark;
  }

  /** The function of that name. The signature is not checked: a wrong one crashes the process. */
  func<R extends CType, const A extends readonly CType[]>(name: string, result: R, args: A): CFunction<R, A> {
    let found: unknown;
    try {
      found = this.#object.func(
        name,
        KOFFI_TYPES[result],
        args.map((type) => KOFFI_TYPES[type]),
      );
    } catch (error) {
      throw internalError(
        `no function ${name} in the shared object: ${error instanceof Error ? error.message : error}`,
      );
    }
    if (!isFunction<CFunction<R, A>>(found)) throw internalError(`koffi made no function of ${name}`);
    return found;
  }

  /** The address of the variable of that name. Errors: none of it. */
  symbol(name: string): bigint {
    return this.#object.symbol(name, "int");
  }

  /** The address of memory, valid as long as the memory is referenced. A SharedArrayBuffer needs a view. */
  addressOf(memory: ArrayBuffer | ArrayBufferView): number {
    return Number(this.#koffi.address(memory));
  }
}

function isFunction<F>(value: unknown): value is F {
  return typeof value === "function";
}
