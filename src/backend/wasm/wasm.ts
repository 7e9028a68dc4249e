/** The wasm backend: programs as WebAssembly SIMD, on one memory that the host sees. */

import type { Program } from "../../compile/compile.ts";
import type { VisibleBackend, VisibleDevice } from "../backend.ts";
import type { Rounding } from "./asm/instructions.ts";
import { WasmDevice } from "./device.ts";
import { relaxedSimd } from "./features.ts";
import { memoryFor, modulesOf, runOf } from "./memory.ts";
import { SIMD128 } from "./target.ts";
import { openTeam } from "./threads/open-team.ts";

/** WebAssembly SIMD; `strict` avoids multiply-adds that round differently between machines. */
export function wasm({ strict = false }: { readonly strict?: boolean | undefined } = {}): VisibleBackend {
  const rounding = { relaxed: !strict && relaxedSimd() };
  return {
    name: rounding.relaxed ? "wasm, relaxed SIMD" : "wasm, strict SIMD",
    target: SIMD128,
    open: async (programs, { threads = 1, asked = false } = {}) =>
      threads === 1 ? openAlone(programs, rounding) : await openTeam(programs, rounding, threads, asked),
    openNow: (programs) => openAlone(programs, rounding),
  };
}

function openAlone(programs: readonly Program[], rounding: Rounding): VisibleDevice {
  const layout = memoryFor(programs, 1);
  const runs = modulesOf(programs, layout, { rounding }).map((module) => runOf(module, layout.memory));
  return new WasmDevice(programs, layout.memory, (rows, i) => runs[i]?.(0, 1, rows));
}
