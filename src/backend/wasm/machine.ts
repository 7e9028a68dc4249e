/** The wasm backend: a program in a WebAssembly memory of its own. */

import type { Program } from "../../compile/compile.ts";
import type { Buffer } from "../../compile/kernel.ts";
import { entriesOf } from "../../compile/plan.ts";
import { internalError, MicrogptError } from "../../util/errors.ts";
import type { Machine } from "../backend.ts";
import type { Target } from "./instructions.ts";
import { render, scratchBytesOf } from "./render.ts";

const PAGE = 65536;
/** What wasm32 can address. */
const MAX_PAGES = 65536;
/** The control words of the threads lie before the arena. */
const ARENA = 1024;

export interface WasmOptions {
  readonly target: Target;
  /** Default 1. */
  readonly threads?: number;
}

interface Exports {
  run(thread: number, threads: number, rows: number): void;
}

/** Loads a program for one thread. Errors: an arena that is larger than the memory there is. */
export function loadProgram(program: Program, { target }: WasmOptions): Machine {
  const scratch = ARENA + program.plan.bytes;
  const bytes = scratch + scratchBytesOf(program) + 64;
  const pages = Math.ceil(bytes / PAGE);
  const memory = allocate(pages, bytes);
  const module = new WebAssembly.Module(render(program, { target, threads: 1, arena: ARENA, scratch, pages }));
  const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports;
  const floats = new Float32Array(memory.buffer);
  const place = (buffer: Buffer): number => (ARENA + (program.plan.addresses.get(buffer) ?? 0)) / 4;
  for (const constant of program.constants) floats.set(constant.data ?? [], place(constant));
  const views = new Map(
    [...program.inputs, ...program.outputs].map(([name, buffer]) => {
      const from = place(buffer);
      return [name, floats.subarray(from, from + entriesOf(buffer.shape, program.maxRows))];
    }),
  );
  const view = (name: string): Float32Array => {
    const found = views.get(name);
    if (found === undefined) throw internalError(`no input or output ${name}`);
    return found;
  };
  return {
    view,
    write: (name, data) => view(name).set(data),
    run: (rows) => run(0, 1, rows),
    dispose: () => {},
  };
}

function allocate(pages: number, bytes: number): WebAssembly.Memory {
  const refuse = (expected: string): MicrogptError =>
    new MicrogptError({
      operation: "engine",
      expected,
      got: `a program of ${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`,
      fix: "lower batch_size, block_size, n_embd or n_layer",
    });
  if (pages > MAX_PAGES) throw refuse("at most 4,096 MiB, which is what WebAssembly can address");
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch {
    throw refuse("a program that the free memory can hold");
  }
}
