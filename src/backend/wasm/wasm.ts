/** The wasm backend: programs as WebAssembly SIMD, on one memory that the host sees. */

import type { Program } from "../../compile/compile.ts";
import { mistake } from "../../util/errors.ts";
import type { VisibleBackend, VisibleDevice } from "../backend.ts";
import type { Rounding } from "./asm/instructions.ts";
import { WasmDevice } from "./device.ts";
import { relaxedSimd, sharedMemory } from "./features.ts";
import { CONTROL_AT, memoryFor, modulesOf } from "./memory.ts";
import { SIMD128 } from "./target.ts";
import { HeldTeam } from "./threads/held-team.ts";
import { runOf, Team } from "./threads/team.ts";

/** WebAssembly SIMD; `strict` avoids multiply-adds that round differently between machines. */
export function wasm({ strict = false }: { readonly strict?: boolean | undefined } = {}): VisibleBackend {
  const rounding = { relaxed: !strict && relaxedSimd() };
  return {
    name: rounding.relaxed ? "wasm, relaxed SIMD" : "wasm, strict SIMD",
    target: SIMD128,
    open: async (programs, { threads = 1 } = {}) =>
      threads === 1 ? openAlone(programs, rounding) : await openTeam(programs, rounding, threads),
    openNow: (programs) => openAlone(programs, rounding),
  };
}

function openAlone(programs: readonly Program[], rounding: Rounding): VisibleDevice {
  const layout = memoryFor(programs, 1);
  const runs = modulesOf(programs, rounding, layout).map((module) => runOf(module, layout.memory));
  return new WasmDevice(programs, layout.memory, (rows, i) => runs[i]?.(0, 1, rows));
}

async function openTeam(programs: readonly Program[], rounding: Rounding, threads: number): Promise<VisibleDevice> {
  if (!sharedMemory()) {
    const got = "a page without shared memory";
    const fix = "serve it with COOP same-origin and COEP require-corp, or use one thread";
    throw mistake("threads", "engine", `memory for ${threads} threads`, got, fix);
  }
  const layout = memoryFor(programs, threads);
  const modules = modulesOf(programs, rounding, layout);
  const held = new HeldTeam(await Team.start(modules, layout.memory, CONTROL_AT, threads));
  return new WasmDevice(programs, layout.memory, (rows, i) => held.run(rows, i), held);
}
