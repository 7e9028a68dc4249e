/** The memory of a device. */

import { tooLarge } from "../backend/wasm/memory.ts";
import type { Program } from "../compile/compile.ts";

/** Bytes that a load may read beyond the last buffer. */
const SPARE = 256;
const LINE = 64;

export interface Arena {
  readonly memory: ArrayBuffer;
  /** Byte offset in `memory` of the programs' first buffer, whose address is a multiple of a cache line. */
  readonly at: number;
  /** Byte offset of the threads' scratch memory, and the bytes of each. */
  readonly scratch: number;
  readonly scratchEach: number;
}

/** Memory for programs that share it. Errors: too little memory. */
export function arenaFor(
  programs: readonly Program[],
  scratchEach: number,
  threads: number,
  addressOf: (memory: ArrayBuffer) => number,
): Arena {
  const bytes = Math.max(...programs.map(({ plan }) => plan.bytes)) + SPARE;
  const memory = allocate(bytes + threads * scratchEach + 2 * LINE);
  const at = (LINE - (addressOf(memory) % LINE)) % LINE;
  return { memory, at, scratch: at + Math.ceil(bytes / LINE) * LINE, scratchEach };
}

function allocate(bytes: number): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    throw tooLarge(bytes, "a program that fits into the free memory");
  }
}
