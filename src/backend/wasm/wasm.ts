/** The wasm backend: programs as WebAssembly SIMD, on one memory that the host sees. */

import type { Program } from "../../compile/compile.ts";
import type { VisibleBackend, VisibleDevice } from "../backend.ts";
import type { Rounding } from "./asm/instructions.ts";
import { WasmDevice } from "./device.ts";
import { relaxedSimd, sharedMemory } from "./features.ts";
import { memoryFor, modulesOf, runOf } from "./memory.ts";
import { SIMD128 } from "./target.ts";
import { checkShared, openTeam } from "./threads/open-team.ts";

/** WebAssembly SIMD; `strict` avoids multiply-adds that round differently between machines. */
export function wasm({ strict = false }: { readonly strict?: boolean | undefined } = {}): VisibleBackend {
  const rounding = { relaxed: !strict && relaxedSimd() };
  const openNow: VisibleBackend["openNow"] = (programs, { threads = 1, asked = false } = {}) =>
    threads > 1 && sharedMemory() ? openTeam(programs, rounding, threads, asked) : openAlone(programs, rounding);
  return {
    name: rounding.relaxed ? "wasm, relaxed SIMD" : "wasm, strict SIMD",
    target: SIMD128,
    open: async (programs, options) => {
      checkShared(options?.threads);
      const device = openNow(programs, options);
      await device.wake();
      return device;
    },
    openNow,
  };
}

function openAlone(programs: readonly Program[], rounding: Rounding): VisibleDevice {
  const layout = memoryFor(programs, 1);
  const runs = modulesOf(programs, layout, { rounding }).map((module) => runOf(module, layout.memory));
  return new WasmDevice(programs, layout.memory, (rows, i) => runs[i]?.(0, 1, rows));
}
