/** The native backend: programs as machine code of this processor, made by the system's C compiler. */

import { readFileSync } from "node:fs";
import type { OpenOptions, VisibleBackend, VisibleDevice } from "../backend/backend.ts";
import type { Program } from "../compile/compile.ts";
import { arenaFor } from "./arena.ts";
import { NativeDevice } from "./device.ts";
import type { Library } from "./library.ts";
import { renderPrograms, renderSupport, scratchBytes } from "./render.ts";
import { type SharedObjectOptions, sharedObject, sharedObjectNow } from "./shared-object.ts";
import { AVX, NEON, targetOf, type Vectors, vectorsOf } from "./target.ts";
import { NativeTeam } from "./team.ts";

export interface NativeOptions extends SharedObjectOptions {
  /** Default: those of this processor. */
  readonly vectors?: Vectors;
}

/** Errors on opening: those of `sharedObject`. */
export function nativeBackend({ vectors = ownVectors(), ...options }: NativeOptions = {}): VisibleBackend {
  const support = renderSupport(vectors);
  const opened = (
    programs: readonly Program[],
    [shared, own]: readonly [Library, Library],
    { threads = 1, asked = false }: OpenOptions = {},
  ): VisibleDevice => {
    const scratch = Math.max(...programs.map((program) => scratchBytes(program, vectors)));
    const arena = arenaFor(programs, scratch, threads, (memory) => shared.addressOf(memory));
    shared.func("large_pages", "void", ["pointer", "int64"])(shared.addressOf(arena.memory), arena.memory.byteLength);
    const team = new NativeTeam(shared, own, programs.length, arena, threads);
    return new NativeDevice(programs, arena, team, asked);
  };
  return {
    name: `native, vectors of ${32 * vectors.lanes} bits`,
    target: targetOf(vectors),
    open: async (programs, openOptions) => {
      const own = renderPrograms(programs, vectors);
      const objects = await Promise.all([sharedObject(support, options), sharedObject(own, options)]);
      const device = opened(programs, objects, openOptions);
      await device.wake();
      return device;
    },
    openNow: (programs, openOptions) => {
      const own = renderPrograms(programs, vectors);
      return opened(programs, [sharedObjectNow(support, options), sharedObjectNow(own, options)], openOptions);
    },
  };
}

/** The vectors of this processor. */
export function ownVectors(): Vectors {
  if (process.arch === "arm64") return NEON;
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
    return vectorsOf(new Set(flags.trim().split(/\s+/)));
  } catch {
    return AVX; // every Mac with an Intel processor that Node supports
  }
}
