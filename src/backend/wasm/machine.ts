/** The wasm backend: programs in a WebAssembly memory of their own. */

import type { Program } from "../../compile/compile.ts";
import type { Buffer } from "../../compile/kernel.ts";
import { entriesOf } from "../../compile/plan.ts";
import { internalError, MicrogptError } from "../../util/errors.ts";
import type { Backend, Machine } from "../backend.ts";
import type { ModuleBuilder } from "./asm/assembler.ts";
import type { Target } from "./asm/instructions.ts";
import { relaxedSimd, sharedMemory } from "./features.ts";
import { render, scratchBytesOf } from "./render.ts";
import { addBarrier as barrierOf } from "./threads/barrier.ts";
import { runOf, Team } from "./threads/team.ts";
import { Trial } from "./threads/trial.ts";

const PAGE = 65536;
/** What wasm32 can address. */
const MAX_PAGES = 65536;
/** The control words of the threads lie before the arena. */
export const CONTROL_AT = 64;
/** For each program a word that is not 0 while a run updates its inputs. */
const UPDATING_AT = 960;
const ARENA = 1024;

/** WebAssembly SIMD; `strict` does without multiply-adds that round as the machine likes. */
export function wasm({ strict = false }: { readonly strict?: boolean | undefined }): Backend {
  const target = { relaxed: !strict && relaxedSimd() };
  return {
    name: target.relaxed ? "wasm, relaxed SIMD" : "wasm, strict SIMD",
    load: (programs) => loadPrograms(programs, target),
    start: (programs, threads) => startPrograms(programs, target, threads),
  };
}

/** Loads programs for this thread alone. Errors: an arena that is larger than the memory there is. */
export function loadPrograms(programs: readonly Program[], target: Target): Machine[] {
  const { memory, modules } = build(programs, target, 1);
  return programs.map((program, i) => {
    const run = runOf(modules[i] as WebAssembly.Module, memory);
    return new WasmMachine(program, memory, i, (rows) => run(0, 1, rows));
  });
}

/** Loads programs for a team of threads. Errors: too large an arena; threads that cannot be had. */
async function startPrograms(programs: readonly Program[], target: Target, threads: number): Promise<Machine[]> {
  if (threads === 1) return loadPrograms(programs, target);
  if (!sharedMemory()) {
    const got = "a page without shared memory";
    const fix = "serve it with COOP same-origin and COEP require-corp, or use one thread";
    throw new MicrogptError({ operation: "engine", expected: `memory for ${threads} threads`, got, fix });
  }
  const { memory, modules } = build(programs, target, threads);
  const team = await Team.start(modules, memory, CONTROL_AT, threads);
  const held = new HeldTeam(team);
  return programs.map((program, i) => new WasmMachine(program, memory, i, (rows) => held.run(rows, i), held));
}

/** The net for machines that are dropped without `rest`: a worker that waits keeps its team in memory for ever. */
const dropped = new FinalizationRegistry<Team>((team) => team.dispose());

/** A team as its machines hold it: no worker refers to this, so it is garbage when the last of the machines is. */
class HeldTeam {
  readonly team: Team;
  /** For each program: whether its threads pay. */
  #trials: Trial[] = [];

  constructor(team: Team) {
    this.team = team;
    dropped.register(this, team);
  }

  run(rows: number, program: number): void {
    const { team } = this;
    if (!team.working) {
      team.run(rows, program);
      return;
    }
    this.#trials[program] ??= new Trial();
    this.#trials[program].run(rows, (alone) => team.run(rows, program, alone));
  }

  /** Its threads may find another machine than the last time. */
  async wake(): Promise<void> {
    if (!this.team.working) this.#trials = [];
    await this.team.wake();
  }
}

function build(
  programs: readonly Program[],
  target: Target,
  threads: number,
): { memory: WebAssembly.Memory; modules: WebAssembly.Module[] } {
  const scratch = ARENA + Math.max(...programs.map(({ plan }) => plan.bytes));
  const bytes = scratch + threads * Math.max(...programs.map(scratchBytesOf)) + 64;
  const pages = Math.ceil(bytes / PAGE);
  const memory = allocate(pages, bytes, threads > 1);
  const addBarrier = (module: ModuleBuilder): number => barrierOf(module, CONTROL_AT);
  const options = { target, threads, arena: ARENA, scratch, pages, addBarrier };
  const modules = programs.map(
    (program, i) => new WebAssembly.Module(render(program, { ...options, updating: updatingAt(i) })),
  );
  return { memory, modules };
}

function updatingAt(program: number): number {
  const at = UPDATING_AT + 4 * program;
  if (at >= ARENA) throw internalError(`${program + 1} programs in one memory`);
  return at;
}

class WasmMachine implements Machine {
  readonly #views: ReadonlyMap<string, Float32Array>;
  readonly #run: (rows: number) => void;
  readonly #held: HeldTeam | undefined;
  readonly #updating: Int32Array;

  constructor(program: Program, memory: WebAssembly.Memory, i: number, run: (rows: number) => void, held?: HeldTeam) {
    this.#run = run;
    this.#held = held;
    this.#updating = new Int32Array(memory.buffer, updatingAt(i), 1);
    const floats = new Float32Array(memory.buffer);
    const place = (buffer: Buffer): number => (ARENA + (program.plan.addresses.get(buffer) ?? 0)) / 4;
    for (const constant of program.constants) floats.set(constant.data ?? [], place(constant));
    this.#views = new Map(
      [...program.inputs, ...program.outputs].map(([name, buffer]) => {
        const from = place(buffer);
        return [name, floats.subarray(from, from + entriesOf(buffer.shape, program.maxRows))];
      }),
    );
  }

  view(name: string): Float32Array {
    const view = this.#views.get(name);
    if (view === undefined) throw internalError(`no input or output ${name}`);
    return view;
  }

  write(input: string, data: ArrayLike<number>): void {
    this.view(input).set(data);
  }

  run(rows: number): void {
    this.#run(rows);
  }

  get torn(): boolean {
    return this.#updating[0] !== 0;
  }

  async wake(): Promise<void> {
    await this.#held?.wake();
  }

  async rest(): Promise<void> {
    await this.#held?.team.rest();
  }

  dispose(): void {
    this.#held?.team.dispose();
  }
}

/** Errors: a program that WebAssembly could not address. */
export function checkBytes(bytes: number): void {
  if (bytes > MAX_PAGES * PAGE) throw tooLarge(bytes, "at most 4,096 MiB, which is what WebAssembly can address");
}

function allocate(pages: number, bytes: number, shared: boolean): WebAssembly.Memory {
  checkBytes(pages * PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch {
    throw tooLarge(bytes, "a program that the free memory can hold");
  }
}

function tooLarge(bytes: number, expected: string): MicrogptError {
  return new MicrogptError({
    operation: "engine",
    expected,
    got: `a program of ${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`,
    fix: "lower batch_size, block_size, n_embd or n_layer",
  });
}
