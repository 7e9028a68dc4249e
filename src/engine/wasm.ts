/** WebAssembly for the engine: the only file of this room that imports that backend. */

import { parametric } from "../backend/parametric.ts";
import { hardwareThreads, relaxedSimd, sharedMemory } from "../backend/wasm/features.ts";
import { checkBytes } from "../backend/wasm/memory.ts";
import { render } from "../backend/wasm/render.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import type { Program } from "../compile/compile.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { Machine } from "./machine.ts";

export function wasmMachine({ strict }: Pick<EngineOptions, "strict">): Machine {
  const backend = wasm({ strict });
  return { backend, sampler: backend, threads: sharedMemory() ? hardwareThreads() : 1, checkBytes };
}

/** True if multiply and add are one instruction; false if they must round separately. */
export function isRelaxed({ strict }: Pick<EngineOptions, "strict">): boolean {
  return strict !== true && relaxedSimd();
}

/** Pages that the module requests: all that wasm32 can address, since it is not loaded. */
const PAGES = 65536;

/** The module of a program, for one thread. */
export function moduleOf(program: Program, bytes: number, relaxed: boolean): Uint8Array<ArrayBuffer> {
  const [threads, arena, updating] = [1, 64, 0];
  return render(program, { rounding: { relaxed }, threads, arena, scratch: arena + bytes, pages: PAGES, updating });
}

/** Functions of the module: one for all kernels that differ only by the addresses of their buffers, and `run`. */
export function countFunctions({ kernels }: Program): number {
  return new Set(kernels.map((kernel) => parametric(kernel).key)).size + 1;
}
