import { expect, test } from "vitest";
import { ModuleBuilder } from "../asm/assembler.ts";
import { CONTROL, CONTROL_BYTES, MOST_THREADS } from "./barrier.ts";
import { startWorker } from "./worker.ts";

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const module = new WebAssembly.Module(new ModuleBuilder({ pages: 1, shared: true }).encode());
const assignment = { modules: [module], memory, controlAddress: 64, thread: 1, team: 0 };

test("a worker that is stopped while it waits reports its end", async () => {
  let stop = async (): Promise<void> => {};
  const reason = await new Promise<string>((gone) => {
    const worker = startWorker(assignment, { ready: () => void stop(), gone });
    stop = worker.stop;
  });
  expect(reason).toBe("a thread that was ended");
});

test("an error of a step is written down for the others and reported", async () => {
  const words = new Int32Array(memory.buffer, assignment.controlAddress, CONTROL_BYTES / 4);
  // This module has no run to call.
  const step = (): void => {
    Atomics.add(words, CONTROL.step, MOST_THREADS + 2);
    Atomics.notify(words, CONTROL.step);
  };
  const reason = await new Promise<string>((gone) => void startWorker(assignment, { ready: step, gone }));
  expect(reason).toBe("thread 1: TypeError: run is not a function");
  expect([CONTROL.failure, CONTROL.generation, CONTROL.length].map((i) => words[i])).toEqual([1, 1, reason.length]);
  expect(Buffer.from(words.slice(CONTROL.text).buffer, 0, reason.length).toString()).toBe(reason);
});
