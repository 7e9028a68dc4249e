/** Functions and modules of WebAssembly, made from the instructions of instructions.ts. */

import { internalError } from "../../../util/errors.ts";
import { type Code, flatten, type Local, unsigned, type ValueType } from "./instructions.ts";

const TYPE_BYTES: { readonly [T in ValueType]: number } = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** A function being built: parameters first, then locals, then code. */
export class FunctionBuilder {
  readonly #params: ValueType[] = [];
  readonly #locals: ValueType[] = [];
  readonly #body: Code[] = [];

  param(type: ValueType = "i32"): Local {
    if (this.#locals.length > 0) throw internalError("a parameter after a local");
    this.#params.push(type);
    return { type, index: this.#params.length - 1 };
  }

  /** A fresh local, 0 at first. */
  local(type: ValueType): Local {
    this.#locals.push(type);
    return { type, index: this.#params.length + this.#locals.length - 1 };
  }

  /** Adds code to the end. */
  emit(...code: Code[]): void {
    this.#body.push(code);
  }

  /** The code that `action` emits, to be placed elsewhere. */
  capture(action: () => void): Code {
    const kept = this.#body.splice(0);
    action();
    const code = this.#body.splice(0);
    this.#body.push(...kept);
    return code;
  }

  get params(): readonly ValueType[] {
    return this.#params;
  }

  /** The function as encoded in the code section. */
  encode(): Code {
    const runs: { type: ValueType; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const locals = runs.flatMap(({ type, count }) => [...unsigned(count), TYPE_BYTES[type]]);
    return sized([unsigned(runs.length), locals, this.#body, [0x0b]]);
  }
}

export interface MemoryImport {
  /** In pages of 64 KiB. */
  readonly pages: number;
  readonly shared: boolean;
}

/** A module that imports one memory as `env.memory` and exports some of its functions. */
export class ModuleBuilder {
  readonly #memory: MemoryImport;
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports = new Map<string, number>();

  constructor(memory: MemoryImport) {
    this.#memory = memory;
  }

  /** Adds a function that returns nothing; its index is what `call` takes. */
  add(builder: FunctionBuilder, exportName?: string): number {
    const index = this.#functions.push(builder) - 1;
    if (exportName !== undefined) this.#exports.set(exportName, index);
    return index;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const types = [...new Set(this.#functions.map(({ params }) => params.join()))];
    const typeOf = ({ params }: FunctionBuilder): number => types.indexOf(params.join());
    const signature = (params: string): number[] => {
      const bytes = params === "" ? [] : params.split(",").map((type) => TYPE_BYTES[type as ValueType]);
      return [0x60, ...unsigned(bytes.length), ...bytes, 0];
    };
    const { pages, shared } = this.#memory;
    const limits = shared ? [0x03, ...unsigned(pages), ...unsigned(pages)] : [0x00, ...unsigned(pages)];
    const name = (text: string): number[] => [...unsigned(text.length), ...new TextEncoder().encode(text)];
    const exports = [...this.#exports].map(([text, index]) => [...name(text), 0x00, ...unsigned(index)]);
    return Uint8Array.from(
      flatten([
        [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
        section(1, types.map(signature)),
        section(2, [[name("env"), name("memory"), 0x02, limits]]),
        section(
          3,
          this.#functions.map((builder) => unsigned(typeOf(builder))),
        ),
        section(7, exports),
        section(
          10,
          this.#functions.map((builder) => builder.encode()),
        ),
      ]),
    );
  }
}

function section(id: number, items: readonly Code[]): Code {
  return [id, sized([unsigned(items.length), items])];
}

/** Code preceded by its length in bytes. */
function sized(code: Code): Code {
  const bytes = flatten(code);
  return [unsigned(bytes.length), bytes];
}
