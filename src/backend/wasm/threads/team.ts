/**
 * A team of threads, the caller included, that runs WebAssembly modules on one shared memory, step by step. Each thread
 * derives its share of the work from its index; the kernels, not the team, guarantee that results are the same with any
 * number of threads.
 */

import { internalError, MicrogptError } from "../../../util/errors.ts";
import { say, set } from "../../../util/words.ts";
import { type Run, runOf } from "../memory.ts";
import { CONTROL, CONTROL_BYTES, MOST_THREADS, TEXT_BYTES } from "./barrier.ts";
import { type StepWorker, startWorker } from "./worker.ts";

/** A worker of a team, and the function to call when it need not be waited for any longer. */
interface Member {
  readonly worker: StepWorker;
  readonly leave: () => void;
}

/**
 * Threads that run steps together. Between `rest` and the next `wake` there are none, and the calling thread runs the
 * steps alone, to the same bits.
 */
export class Team {
  readonly threads: number;
  readonly #modules: readonly WebAssembly.Module[];
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #runs: readonly Run[];
  readonly #members: Member[] = [];
  #waking: Promise<void> | undefined;
  #working = false;
  #disposed = false;

  /**
   * Each module imports the memory as `env.memory` and exports `run(thread, threads, rows)`, which ends with the
   * barrier of barrier.ts. The team owns CONTROL_BYTES of the memory at `controlAddress`, a multiple of 64. The memory
   * must be shared if there are several threads. It rests until the first `wake`.
   */
  constructor(
    modules: readonly WebAssembly.Module[],
    memory: WebAssembly.Memory,
    controlAddress: number,
    threads: number,
  ) {
    this.threads = threads;
    this.#modules = modules;
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer, controlAddress, CONTROL_BYTES / 4).fill(0);
    this.#runs = modules.map((module) => runOf(module, memory));
    if (threads > 1) this.#words[CONTROL.mayPark] = mayPark(this.#words) ? 1 : 0;
  }

  /** Starts the workers, unless they are running. Errors: threads that do not start. */
  async wake(): Promise<void> {
    // Repeats only if `rest` was called meanwhile.
    while (this.threads > 1 && !this.#working && !this.#disposed && !this.#failed()) {
      this.#waking ??= this.#startAll().finally(() => {
        this.#waking = undefined;
      });
      await this.#waking;
    }
  }

  /** Ends the workers. The team continues without them until `wake`; resolves when they have ended. */
  async rest(): Promise<void> {
    const members = this.#members.splice(0);
    if (members.length === 0) return;
    this.#working = false;
    // Workers that have not ended yet leave by themselves, and no longer touch the words of their successors.
    Atomics.add(this.#words, CONTROL.team, 1);
    Atomics.store(this.#words, CONTROL.idle, 0);
    Atomics.store(this.#words, CONTROL.step, stepAfter(this.#words, 1));
    Atomics.notify(this.#words, CONTROL.step);
    for (const { leave } of members) leave();
    await Promise.all(members.map(({ worker }) => worker.stop()));
  }

  async #startAll(): Promise<void> {
    const [words, modules, memory] = [this.#words, this.#modules, this.#memory];
    const { byteOffset: controlAddress } = words;
    const team = Atomics.load(words, CONTROL.team);
    const start = (thread: number): Promise<void> =>
      new Promise((ready, reject) => {
        let left = false;
        const leave = (): void => {
          left = true;
          ready();
        };
        const gone = (reason: string): void => {
          if (left) return;
          this.#fail(reason);
          reject(this.#error());
        };
        const assignment = { modules, memory, controlAddress, thread, team };
        this.#members.push({ worker: startWorker(assignment, { ready, gone }), leave });
      });
    try {
      await Promise.all(Array.from({ length: this.threads - 1 }, (_, i) => start(i + 1)));
      this.#working = this.#members.length === this.threads - 1;
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** True from `wake` to `rest`. */
  get working(): boolean {
    return this.#working;
  }

  /**
   * Runs a step of one of the modules on the first `threads` threads, by default all, and returns when the last of them is
   * done; the others wait.
   */
  run(rows: number, program = 0, threads: number = this.threads): void {
    if (this.#failed()) throw this.#error();
    if (this.#disposed) throw internalError("a step of a team that is disposed");
    const run = this.#runs[program];
    if (run === undefined) throw internalError(`no program ${program}`);
    if (threads === 1 || !this.#working) {
      run(0, 1, rows);
      return;
    }
    try {
      this.#words[CONTROL.rows] = rows;
      this.#words[CONTROL.program] = program;
      Atomics.store(this.#words, CONTROL.step, stepAfter(this.#words, threads));
      // A worker that is not parked sees the new step by itself.
      if (Atomics.load(this.#words, CONTROL.idle) > 0) Atomics.notify(this.#words, CONTROL.step);
      run(0, threads, rows);
    } catch (cause) {
      this.#fail(`thread 0: ${cause}`);
      this.dispose();
      throw this.#error(cause);
    }
  }

  /** Ends the workers for good. */
  dispose(): void {
    this.#disposed = true;
    void this.rest();
  }

  #failed(): boolean {
    return Atomics.load(this.#words, CONTROL.failure) !== 0;
  }

  // Reports to all threads that one has failed, like a worker in worker.ts, unless it is known.
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
    const expected = `all ${this.threads} threads to finish the step`;
    const fix = say`run again with ${set("threads", 1)}`;
    return new MicrogptError({ code: "threads", operation: "train", expected, got, fix }, { cause });
  }
}

/** The next value of CONTROL.step, whose lowest bits say how many threads are to take part. */
function stepAfter(words: Int32Array, threads: number): number {
  return (((words[CONTROL.step] ?? 0) | (MOST_THREADS - 1)) + 1) | threads;
}

/** True if this thread may park: the main thread of a page may not, and throws even without anything to wait for. */
function mayPark(words: Int32Array): boolean {
  try {
    Atomics.wait(words, CONTROL.step, -1, 0);
    return true;
  } catch {
    return false;
  }
}
