/** The memory of a device: the threads' control words, one arena for all programs, scratch memory for each thread. */

import type { Program } from "../../compile/compile.ts";
import { internalError, type MicrogptError, mistake } from "../../util/errors.ts";
import { say, set } from "../../util/words.ts";
import { type RenderOptions, render, scratchBytesOf } from "./render.ts";

const PAGE = 65536;
/** The number of pages that wasm32 can address. */
const MAX_PAGES = 65536;
/** Byte address of the control words of the threads. */
export const CONTROL_AT = 64;
/** Byte address of one word for each program, nonzero while a run updates its inputs. */
const UPDATING_AT = 960;
/** Byte address of the arena. */
export const ARENA = 1024;

export interface Layout {
  readonly memory: WebAssembly.Memory;
  readonly threads: number;
  readonly pages: number;
  /** Byte address of the threads' scratch memory. */
  readonly scratch: number;
}

/** Memory for programs that share an arena. Errors: too little memory. */
export function memoryFor(programs: readonly Program[], threads: number): Layout {
  const scratch = ARENA + Math.max(...programs.map(({ plan }) => plan.bytes));
  const bytes = scratch + threads * Math.max(...programs.map(scratchBytesOf)) + 64;
  const pages = Math.ceil(bytes / PAGE);
  return { memory: allocate(pages, bytes, threads > 1), threads, pages, scratch };
}

/** The programs as modules for that memory. `addBarrier`: as in RenderOptions. */
export function modulesOf(
  programs: readonly Program[],
  { threads, pages, scratch }: Layout,
  options: Pick<RenderOptions, "rounding" | "addBarrier">,
): WebAssembly.Module[] {
  const where = { ...options, threads, arena: ARENA, scratch, pages };
  return programs.map((program, i) => new WebAssembly.Module(render(program, { ...where, updating: updatingAt(i) })));
}

export type Run = (thread: number, threads: number, rows: number) => void;

/** An instance of a module on a memory, as the function that it exports. */
export function runOf(module: WebAssembly.Module, memory: WebAssembly.Memory): Run {
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  if (typeof run !== "function") throw internalError("a module without run");
  return run as Run;
}

/** Byte address of the word that is nonzero while a program updates its inputs. */
export function updatingAt(program: number): number {
  const at = UPDATING_AT + 4 * program;
  if (at >= ARENA) throw internalError(`${program + 1} programs in one memory`);
  return at;
}

/** Errors: a program that WebAssembly could not address. */
export function checkBytes(bytes: number): void {
  if (bytes > MAX_PAGES * PAGE) throw tooLarge(bytes, "at most 4,096 MiB, the limit of WebAssembly");
}

function allocate(pages: number, bytes: number, shared: boolean): WebAssembly.Memory {
  checkBytes(pages * PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch {
    throw tooLarge(bytes, "a program that fits into the free memory");
  }
}

/** The error of a program that takes too much memory. */
export function tooLarge(bytes: number, expected: string): MicrogptError {
  return mistake(
    "memory",
    "engine",
    expected,
    `a program of ${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`,
    say`lower ${set("batchSize")}, ${set("blockSize")}, ${set("nEmbd")} or ${set("nLayer")}`,
  );
}
