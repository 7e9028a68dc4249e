/** What the compiler asks of a machine that runs programs. It knows kernels and buffers, never GPT. */

import type { Program } from "../compile/compile.ts";

export interface Backend {
  readonly name: string;
  /**
   * Takes all memory that the programs will ever need, and gets them ready to run on the calling thread. They share it:
   * each was compiled beside the one before. Errors: more memory than there is.
   */
  load(programs: readonly Program[]): Machine[];
  /** The same for several threads, which run all of the programs, one at a time. Errors: threads that cannot be had. */
  start(programs: readonly Program[], threads: number): Promise<Machine[]>;
}

/** A program in memory. What is written stays until it is written again or updated by a run. */
export interface Machine {
  /** Fills an input from its beginning; a list of rows may be shorter than its buffer. */
  write(input: string, data: ArrayLike<number>): void;
  /** The numbers of an input or output as a view of memory, to be copied before the next run. */
  view(name: string): Float32Array;
  /** Runs the program for so many rows. */
  run(rows: number): void;
  /** Whether a run of this program has failed in the midst of its updates, so that some inputs are new and others old. */
  readonly torn: boolean;
  /** Starts the threads again that `rest` has ended. Errors: threads that do not start. */
  wake(): Promise<void>;
  /**
   * Ends the threads, those of the programs that share them too. Runs are then the calling thread's alone, and their
   * results the same. Resolves when the threads have ended.
   */
  rest(): Promise<void>;
  /** Gives back threads and memory for good. */
  dispose(): void;
}
