/** Detects the abilities of the present engine at run time: Node, a page and their workers differ. */

import { FunctionBuilder, ModuleBuilder } from "./asm/assembler.ts";
import { f32x4, i32, madd, v128 } from "./asm/instructions.ts";

type Builtins = Pick<NodeJS.Process, "getBuiltinModule">;

/** Node's access to its own modules, undefined in a page. An import would keep a page from loading this file. */
export const builtins: Builtins["getBuiltinModule"] | undefined = (
  globalThis as { readonly process?: Partial<Builtins> }
).process?.getBuiltinModule;

/** True if multiply-add in one instruction is available. In Node 20 this enables it for the whole process. */
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
    // Some engines that claim to be Node lack V8's flags.
  }
  return WebAssembly.validate(bytes);
}

/** True if memory may be shared between threads; a page must be cross-origin isolated. */
export function sharedMemory(): boolean {
  return typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
}

/** Number of threads that the machine runs at once. */
export function hardwareThreads(): number {
  const count = builtins?.("node:os").availableParallelism() ?? globalThis.navigator?.hardwareConcurrency;
  return Math.max(1, count ?? 1);
}
