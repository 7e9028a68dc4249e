/** What the compiler asks of a machine that runs programs. It knows kernels and buffers, never GPT. */

import type { Program } from "../compile/compile.ts";

export interface Backend {
  readonly name: string;
  /** Takes all memory that the program will ever need, and gets it ready to run. Errors: more than there is. */
  load(program: Program): Machine;
}

/** A program in memory. What is written stays until it is written again or updated by a run. */
export interface Machine {
  /** Fills an input from its beginning; a list of rows may be shorter than its buffer. */
  write(input: string, data: ArrayLike<number>): void;
  /** The numbers of an input or output as a view of memory, to be copied before the next run. */
  view(name: string): Float32Array;
  /** Runs the program for so many rows. */
  run(rows: number): void;
  /** Gives back threads and memory. */
  dispose(): void;
}
