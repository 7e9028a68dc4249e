/** Programs in a WebAssembly memory. Its runs are synchronous, and the host sees the memory. */

import type { Program } from "../../compile/compile.ts";
import type { Buffer } from "../../compile/kernel.ts";
import { entriesOf } from "../../compile/plan.ts";
import { updatedInputs } from "../../compile/updates.ts";
import { internalError } from "../../util/errors.ts";
import { HalfUpdatedError, type VisibleDevice } from "../backend.ts";
import type { Pace } from "../trial.ts";
import { ARENA, updatingAt } from "./memory.ts";
import type { HeldTeam } from "./threads/held-team.ts";

/** A program of the device, and its number there. */
interface Opened {
  readonly index: number;
  readonly views: ReadonlyMap<string, Float32Array>;
  /** Nonzero from the first update of a run to its last. */
  readonly updating: Int32Array;
  /** Byte offsets of the inputs that it updates. */
  readonly updates: ReadonlySet<number>;
}

export class WasmDevice implements VisibleDevice {
  readonly threads: number;
  readonly #opened: ReadonlyMap<Program, Opened>;
  readonly #all: readonly Opened[];
  readonly #run: (rows: number, program: number) => void;
  readonly #team: HeldTeam | undefined;

  /** `run` runs the program of that number on its first rows. */
  constructor(
    programs: readonly Program[],
    memory: WebAssembly.Memory,
    run: (rows: number, program: number) => void,
    team?: HeldTeam,
  ) {
    this.threads = team?.threads ?? 1;
    this.#run = run;
    this.#team = team;
    this.#opened = new Map(programs.map((program, index) => [program, place(program, index, memory)]));
    this.#all = [...this.#opened.values()];
  }

  write(program: Program, input: string, data: ArrayLike<number>): void {
    viewOf(this.#of(program), input).set(data);
  }

  run(program: Program, rows: number): void {
    const opened = this.#of(program);
    for (const other of this.#all) if (other.updating[0] !== 0) checkWhole(other, opened.views.values());
    this.#run(rows, opened.index);
  }

  pace(program: Program): Pace | undefined {
    return this.#team?.pace(this.#of(program).index);
  }

  async read(program: Program, name: string): Promise<Float32Array> {
    return this.view(program, name).slice();
  }

  view(program: Program, name: string): Float32Array {
    const view = viewOf(this.#of(program), name);
    for (const other of this.#all) if (other.updating[0] !== 0) checkWhole(other, [view]);
    return view;
  }

  async wake(): Promise<void> {
    await this.#team?.wake();
  }

  async rest(): Promise<void> {
    await this.#team?.rest();
  }

  dispose(): void {
    this.#team?.dispose();
  }

  #of(program: Program): Opened {
    const opened = this.#opened.get(program);
    if (opened === undefined) throw internalError("a program that was not opened");
    return opened;
  }
}

function viewOf({ views }: Opened, name: string): Float32Array {
  const view = views.get(name);
  if (view === undefined) throw internalError(`no input or output ${name}`);
  return view;
}

/** Errors: a view of inputs that a failed run left half updated. */
function checkWhole({ updates }: Opened, views: Iterable<Float32Array>): void {
  for (const { byteOffset } of views) if (updates.has(byteOffset)) throw new HalfUpdatedError();
}

/** A program's part of the memory, with its constants. */
function place(program: Program, index: number, memory: WebAssembly.Memory): Opened {
  const { plan } = program;
  const floats = new Float32Array(memory.buffer);
  const byteOffset = (buffer: Buffer): number => ARENA + (plan.addresses.get(buffer) ?? 0);
  for (const constant of program.constants) floats.set(constant.data ?? [], byteOffset(constant) / 4);
  const views = [...program.inputs, ...program.outputs].map(([name, buffer]) => {
    const from = byteOffset(buffer) / 4;
    return [name, floats.subarray(from, from + entriesOf(buffer.shape, program))] as const;
  });
  return {
    index,
    views: new Map(views),
    updating: new Int32Array(memory.buffer, updatingAt(index), 1),
    updates: new Set([...updatedInputs(program)].map(byteOffset)),
  };
}
