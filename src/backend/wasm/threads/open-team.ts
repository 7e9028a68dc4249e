/** Programs on several threads. */

import type { Program } from "../../../compile/compile.ts";
import { mistake } from "../../../util/errors.ts";
import type { VisibleDevice } from "../../backend.ts";
import type { Rounding } from "../asm/instructions.ts";
import { WasmDevice } from "../device.ts";
import { sharedMemory } from "../features.ts";
import { CONTROL_AT, memoryFor, modulesOf } from "../memory.ts";
import { addBarrier } from "./barrier.ts";
import { HeldTeam } from "./held-team.ts";
import { Team } from "./team.ts";

/** Errors: memory that cannot be shared. */
export function checkShared(threads = 1): void {
  if (threads === 1 || sharedMemory()) return;
  const got = "a page without shared memory";
  const fix = "serve it with COOP same-origin and COEP require-corp, or use one thread";
  throw mistake("threads", "engine", `memory for ${threads} threads`, got, fix);
}

/** Programs whose threads rest until `wake`. Errors: too little memory. */
export function openTeam(
  programs: readonly Program[],
  rounding: Rounding,
  threads: number,
  asked: boolean,
): VisibleDevice {
  const layout = memoryFor(programs, threads);
  const modules = modulesOf(programs, layout, { rounding, addBarrier: (module) => addBarrier(module, CONTROL_AT) });
  const held = new HeldTeam(new Team(modules, layout.memory, CONTROL_AT, threads), asked);
  return new WasmDevice(programs, layout.memory, (rows, i) => held.run(rows, i), held);
}
