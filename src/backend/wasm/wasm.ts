/** The wasm backend: programs as WebAssembly SIMD, on one memory that the host sees. */

import type { Program } from "../../compile/compile.ts";
import { mistake } from "../../util/errors.ts";
import type { VisibleBackend, VisibleDevice } from "../backend.ts";
import type { Target } from "./asm/instructions.ts";
import { WasmDevice } from "./device.ts";
import { relaxedSimd, sharedMemory } from "./features.ts";
import { CONTROL_AT, memoryFor, modulesOf } from "./memory.ts";
import { HeldTeam } from "./threads/held-team.ts";
import { runOf, Team } from "./threads/team.ts";

/** WebAssembly SIMD; `strict` avoids multiply-adds that round differently between machines. */
export function wasm({ strict = false }: { readonly strict?: boolean | undefined } = {}): VisibleBackend {
  const target = { relaxed: !strict && relaxedSimd() };
  return {
    name: target.relaxed ? "wasm, relaxed SIMD" : "wasm, strict SIMD",
    open: async (programs, { threads = 1 } = {}) =>
      threads === 1 ? openAlone(programs, target) : await openTeam(programs, target, threads),
    openNow: (programs) => openAlone(programs, target),
  };
}

function openAlone(programs: readonly Program[], target: Target): VisibleDevice {
  const layout = memoryFor(programs, 1);
  const runs = modulesOf(programs, target, layout).map((module) => runOf(module, layout.memory));
  return new WasmDevice(programs, layout.memory, (rows, i) => runs[i]?.(0, 1, rows));
}

async function openTeam(programs: readonly Program[], target: Target, threads: number): Promise<VisibleDevice> {
  if (!sharedMemory()) {
    const got = "a page without shared memory";
    const fix = "serve it with COOP same-origin and COEP require-corp, or use one thread";
    throw mistake("threads", "engine", `memory for ${threads} threads`, got, fix);
  }
  const layout = memoryFor(programs, threads);
  const modules = modulesOf(programs, target, layout);
  const held = new HeldTeam(await Team.start(modules, layout.memory, CONTROL_AT, threads));
  return new WasmDevice(programs, layout.memory, (rows, i) => held.run(rows, i), held);
}
