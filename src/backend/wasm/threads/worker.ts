/** A thread besides the caller's, in Node or in a page, that runs WebAssembly modules step by step. */

import { builtins } from "../features.ts";
import { CONTROL, MOST_THREADS, TEXT_BYTES } from "./barrier.ts";

/** The data of a worker before its first step. */
export interface Assignment {
  readonly modules: readonly WebAssembly.Module[];
  readonly memory: WebAssembly.Memory;
  readonly controlAddress: number;
  readonly thread: number;
  /** The value of CONTROL.team during its work. */
  readonly team: number;
}

export interface WorkerEvents {
  /** It waits for steps. */
  readonly ready: () => void;
  /** It has ended; the reason of the first call is the best. */
  readonly gone: (reason: string) => void;
}

/** A worker's message once it waits for steps; any other message is the reason for its end. */
const READY = "ready";

/** A worker that runs until it is stopped or fails, and keeps no process alive meanwhile. */
export interface StepWorker {
  /** Resolves when it has ended; at once in a page, which cannot observe that. */
  readonly stop: () => Promise<void>;
}

export function startWorker(assignment: Assignment, events: WorkerEvents): StepWorker {
  const node = builtins?.("node:worker_threads");
  if (node === undefined) return startInPage(assignment, events);
  const { ready, gone } = events;
  const code = `const { parentPort: port } = require("node:worker_threads");
    const receive = (start) => port.once("message", start);
    ${STEPS}`;
  // Without this process's options: a TypeScript loader, for instance, would be started in every thread.
  const worker = new node.Worker(code, { eval: true, execArgv: [] });
  worker.on("message", (message) => {
    if (message !== READY) return gone(String(message));
    worker.unref();
    ready();
  });
  worker.on("error", (error) => gone(String(error)));
  worker.on("exit", () => gone("a thread that was ended"));
  worker.postMessage(assignment);
  return { stop: async () => void (await worker.terminate()) };
}

function startInPage(assignment: Assignment, { ready, gone }: WorkerEvents): StepWorker {
  const code = `const port = self;
    const receive = (start) => addEventListener("message", ({ data }) => start(data), { once: true });
    ${STEPS}`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  worker.addEventListener("message", ({ data }) => {
    URL.revokeObjectURL(url);
    if (data === READY) ready();
    else gone(String(data));
  });
  worker.addEventListener("error", ({ message }) => gone(message || "a worker that could not be started"));
  worker.postMessage(assignment);
  return { stop: async () => worker.terminate() };
}

/**
 * The worker's own code. It is text because neither a bundler nor a page would find it otherwise. Like the barrier it
 * spins before it parks: the caller needs only a few microseconds between steps.
 */
const STEPS = `
receive(({ modules, memory, controlAddress, thread, team }) => {
  const words = new Int32Array(memory.buffer, controlAddress, ${CONTROL.text});
  try {
    const runs = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }).exports.run);
    let seen = Atomics.load(words, ${CONTROL.step});
    port.postMessage("${READY}");
    for (;;) {
      for (let spins = 0; spins < 5000 && Atomics.load(words, ${CONTROL.step}) === seen; spins++);
      if (Atomics.load(words, ${CONTROL.step}) === seen) {
        Atomics.add(words, ${CONTROL.idle}, 1);
        Atomics.wait(words, ${CONTROL.step}, seen);
        if (Atomics.load(words, ${CONTROL.team}) !== team) return port.close();
        Atomics.sub(words, ${CONTROL.idle}, 1);
      }
      if (Atomics.load(words, ${CONTROL.team}) !== team) return port.close();
      seen = Atomics.load(words, ${CONTROL.step});
      const threads = seen & ${MOST_THREADS - 1};
      if (thread >= threads) continue;
      const run = runs[words[${CONTROL.program}]];
      run(thread, threads, words[${CONTROL.rows}]);
    }
  } catch (error) {
    const reason = "thread " + thread + ": " + error;
    if (Atomics.compareExchange(words, ${CONTROL.claim}, 0, 1) === 0) {
      const text = new TextEncoder().encode(reason).subarray(0, ${TEXT_BYTES});
      new Uint8Array(memory.buffer, controlAddress + ${4 * CONTROL.text}).set(text);
      words[${CONTROL.length}] = text.length;
      Atomics.store(words, ${CONTROL.failure}, 1);
      Atomics.add(words, ${CONTROL.generation}, 1);
      Atomics.notify(words, ${CONTROL.generation});
    }
    port.postMessage(reason);
    port.close();
  }
});`;
