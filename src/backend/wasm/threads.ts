/**
 * A team of threads that run WebAssembly modules on one shared memory, step by step, the caller among them. Which part of the work a thread does, it finds from its number; so the kernels, not the team, answer for results being the
 * same with any number of threads.
 */

import { internalError, MicrogptError } from "../../util/errors.ts";
import { CONTROL, CONTROL_BYTES, TEXT_BYTES } from "./barrier.ts";
import { type StepWorker, startWorker } from "./worker.ts";

type Run = (thread: number, threads: number, rows: number) => void;

/** An instance of a module on a memory, as the function that it exports. */
export function runOf(module: WebAssembly.Module, memory: WebAssembly.Memory): Run {
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  if (typeof run !== "function") throw internalError("a module without run");
  return run as Run;
}

export class Team {
  readonly threads: number;
  readonly #words: Int32Array;
  readonly #runs: readonly Run[];
  readonly #workers: StepWorker[] = [];
  #disposed = false;

  /**
   * Each module imports the memory as `env.memory` and exports `run(thread, threads, rows)`, which ends with the barrier
   * of barrier.ts. CONTROL_BYTES of the memory at `controlAddress`, a multiple of 64, are the team's. The memory must be
   * shared if there are several threads.
   */
  static async start(
    modules: readonly WebAssembly.Module[],
    memory: WebAssembly.Memory,
    controlAddress: number,
    threads: number,
  ): Promise<Team> {
    const team = new Team(modules, memory, controlAddress, threads);
    const start = (thread: number): Promise<void> =>
      new Promise((ready, reject) => {
        const gone = (reason: string): void => {
          team.#fail(reason);
          reject(team.#error());
        };
        team.#workers.push(startWorker({ modules, memory, controlAddress, thread, threads }, { ready, gone }));
      });
    try {
      await Promise.all(Array.from({ length: threads - 1 }, (_, i) => start(i + 1)));
    } catch (error) {
      team.dispose();
      throw error;
    }
    return team;
  }

  private constructor(
    modules: readonly WebAssembly.Module[],
    memory: WebAssembly.Memory,
    controlAddress: number,
    threads: number,
  ) {
    this.threads = threads;
    this.#words = new Int32Array(memory.buffer, controlAddress, CONTROL_BYTES / 4).fill(0);
    this.#runs = modules.map((module) => runOf(module, memory));
    if (threads > 1) this.#words[CONTROL.mayPark] = mayPark(this.#words) ? 1 : 0;
  }

  /** Runs a step of one of the modules on all threads, and returns when the last of them has done its part. */
  run(rows: number, program = 0): void {
    if (this.#failed()) throw this.#error();
    if (this.#disposed) throw internalError("a step of a team that is disposed");
    const run = this.#runs[program];
    if (run === undefined) throw internalError(`no program ${program}`);
    if (this.threads === 1) {
      run(0, 1, rows);
      return;
    }
    try {
      this.#words[CONTROL.rows] = rows;
      this.#words[CONTROL.program] = program;
      Atomics.add(this.#words, CONTROL.step, 1);
      // A worker that is not parked sees the new step by itself.
      if (Atomics.load(this.#words, CONTROL.idle) > 0) Atomics.notify(this.#words, CONTROL.step);
      run(0, this.threads, rows);
    } catch (cause) {
      this.#fail(`thread 0: ${cause}`);
      this.dispose();
      throw this.#error(cause);
    }
  }

  /** Ends the workers. */
  dispose(): void {
    this.#disposed = true;
    for (const worker of this.#workers.splice(0)) worker.stop();
  }

  #failed(): boolean {
    return Atomics.load(this.#words, CONTROL.failure) !== 0;
  }

  // Tells all threads that one has failed, as a worker does in worker.ts, unless they know.
  #fail(reason: string): void {
    const words = this.#words;
    if (this.#disposed || this.#failed() || Atomics.compareExchange(words, CONTROL.claim, 0, 1) !== 0) return;
    const text = new TextEncoder().encode(reason).subarray(0, TEXT_BYTES);
    new Uint8Array(words.buffer, words.byteOffset + 4 * CONTROL.text).set(text);
    words[CONTROL.length] = text.length;
    Atomics.store(words, CONTROL.failure, 1);
    Atomics.add(words, CONTROL.generation, 1);
    Atomics.notify(words, CONTROL.generation);
  }

  #error(cause?: unknown): MicrogptError {
    const words = this.#words;
    const late = Atomics.load(words, CONTROL.failure) === 2;
    // Copied, because a page's TextDecoder refuses shared memory.
    const text = new Uint8Array(words.buffer, words.byteOffset + 4 * CONTROL.text, words[CONTROL.length]).slice();
    const got = late ? "one that stopped answering" : new TextDecoder().decode(text);
    const expected = `all ${this.threads} threads to go on`;
    const fix = "run again with --threads 1";
    return new MicrogptError({ operation: "train", expected, got, fix }, { cause });
  }
}

/** Whether this thread may park: the main thread of a page may not, and says so even where there is nothing to wait for. */
function mayPark(words: Int32Array): boolean {
  try {
    Atomics.wait(words, CONTROL.step, -1, 0);
    return true;
  } catch {
    return false;
  }
}
