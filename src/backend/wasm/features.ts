/** What the engine we run in can do, asked of the engine itself: Node, a page and their workers answer differently. */

import { FunctionBuilder, ModuleBuilder } from "./asm/assembler.ts";
import { f32x4, i32, madd, v128 } from "./asm/instructions.ts";

type Builtins = Pick<NodeJS.Process, "getBuiltinModule">;

/** Node's way to its own modules, undefined in a page. Importing them would keep a page from loading this file. */
export const builtins: Builtins["getBuiltinModule"] | undefined = (
  globalThis as { readonly process?: Partial<Builtins> }
).process?.getBuiltinModule;

/** Whether multiply-add in one instruction is to be had. In Node 20 this switches it on, for the whole process. */
export function relaxedSimd(): boolean {
  const fn = new FunctionBuilder();
  const one = f32x4.const(1);
  fn.emit(v128.store(i32.const(0), madd({ relaxed: true }, one, one, one)));
  const module = new ModuleBuilder({ pages: 1, shared: false });
  module.add(fn);
  const bytes = module.encode();
  if (WebAssembly.validate(bytes)) return true;
  try {
    builtins?.("node:v8").setFlagsFromString("--experimental-wasm-relaxed-simd");
  } catch {
    // Not every engine that calls itself Node has V8's flags.
  }
  return WebAssembly.validate(bytes);
}

/** Whether memory may be shared between threads; a page needs to be cross-origin isolated. */
export function sharedMemory(): boolean {
  return typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
}

/** How many threads the machine runs at once. */
export function hardwareThreads(): number {
  const count = builtins?.("node:os").availableParallelism() ?? globalThis.navigator?.hardwareConcurrency;
  return Math.max(1, count ?? 1);
}
