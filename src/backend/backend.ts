/**
 * The door between the engine and a machine that runs programs. A backend knows kernels and buffers, never GPT.
 * (Ten methods at most, as in jax-js and tinygrad.)
 */

import type { Program } from "../compile/compile.ts";
import type { Target } from "../compile/target.ts";
import { MicrogptError } from "../util/errors.ts";
import type { Pace } from "./trial.ts";

export interface Backend {
  readonly name: string;
  /** The machine that programs are to be compiled for. */
  readonly target: Target;
  /**
   * Allocates all memory that the programs will ever need and prepares them to run. They share it: each was compiled
   * beside the one before. Default: one thread, the caller's. Errors: too little memory, threads that cannot be
   * started.
   */
  open(programs: readonly Program[], options?: OpenOptions): Promise<Device>;
  /** Opens at once, with threads that rest until `wake`. Only backends whose memory the host sees can do this. */
  openNow?(programs: readonly Program[], options?: OpenOptions): VisibleDevice;
}

export interface OpenOptions {
  /** The most threads: the first runs of a program show how many of them it is to have. Default: one. */
  readonly threads?: number;
  /** True if the number was asked for: less than all are taken only where those are far slower. */
  readonly asked?: boolean;
}

/**
 * Programs in memory. Writes and runs are queued and take effect in the order of the calls; a read returns the state
 * after all earlier calls. An input stays until it is written again or updated by a run.
 *
 * A run that fails rejects the next read, or throws at once if runs are synchronous. If it fails midway through its
 * updates, the updated inputs can no longer be read and programs that use them can no longer run: HalfUpdatedError.
 */
export interface Device {
  /** Threads that share the work between `wake` and `rest`. */
  readonly threads: number;
  /** Fills an input from its beginning; a list of rows may be shorter than its buffer. The data is copied. */
  write(program: Program, input: string, data: ArrayLike<number>): void;
  /** Runs a program on its first `rows` rows. */
  run(program: Program, rows: number): void;
  /** The number of threads that a program runs on; undefined until its first runs have shown it. Optional. */
  pace?(program: Program): Pace | undefined;
  /** A copy of an input or output, row-major, with room for all rows that the program can have. */
  read(program: Program, name: string): Promise<Float32Array>;
  /** The same numbers in place, if the host sees that memory. Optional: callers must be able to do without. */
  view?(program: Program, name: string): Float32Array;
  /** Starts the threads that `rest` ended. Errors: threads that do not start. */
  wake(): Promise<void>;
  /** Ends the threads and resolves when they have ended. Runs continue on the calling thread, with the same results. */
  rest(): Promise<void>;
  /** Frees threads and memory for good. */
  dispose(): void;
}

/**
 * A backend whose memory the host sees. Its runs are synchronous: when `run` returns, views show the results. Sampling asks
 * for such a backend, because it draws each token from the probabilities of the one before within one synchronous call.
 */
export interface VisibleBackend extends Backend {
  open(programs: readonly Program[], options?: OpenOptions): Promise<VisibleDevice>;
  openNow(programs: readonly Program[], options?: OpenOptions): VisibleDevice;
}

export interface VisibleDevice extends Device {
  view(program: Program, name: string): Float32Array;
}

/** A run failed midway through its updates, leaving some inputs new and others old. */
export class HalfUpdatedError extends MicrogptError {
  constructor() {
    const [expected, got] = ["all weights from the same step", "an update that failed midway"];
    super({ code: "threads", operation: "engine", expected, got, fix: "continue from the last saved file" });
  }
}
