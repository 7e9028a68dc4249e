/** Programs in memory that machine code and JavaScript share. Runs are synchronous. */

import type { VisibleDevice } from "../backend/backend.ts";
import { type Pace, Trial } from "../backend/trial.ts";
import type { Program } from "../compile/compile.ts";
import type { Buffer } from "../compile/kernel.ts";
import { entriesOf } from "../compile/plan.ts";
import { formats } from "../util/cells.ts";
import { internalError } from "../util/errors.ts";
import type { Arena } from "./arena.ts";
import type { NativeTeam } from "./team.ts";

export class NativeDevice implements VisibleDevice {
  readonly threads: number;
  readonly #views: ReadonlyMap<Program, ReadonlyMap<string, Float32Array>>;
  readonly #numbers: ReadonlyMap<Program, number>;
  readonly #arena: Arena;
  readonly #team: NativeTeam;
  readonly #asked: boolean;
  /** One for each program, to find out how many threads it is to have. */
  #trials: Trial[] = [];

  /** `asked`: as in OpenOptions. */
  constructor(programs: readonly Program[], arena: Arena, team: NativeTeam, asked: boolean) {
    const { memory, at } = arena;
    this.#arena = arena;
    this.threads = team.threads;
    this.#asked = asked;
    this.#team = team;
    this.#numbers = new Map(programs.map((program, i) => [program, i]));
    this.#views = new Map(programs.map((program) => [program, viewsOf(program, memory, at)]));
  }

  write(program: Program, input: string, data: ArrayLike<number>): void {
    const buffer = program.inputs.get(input);
    if (buffer === undefined || buffer.cell === "f32") {
      this.view(program, input).set(data);
      return;
    }
    const { memory, at } = this.#arena;
    const { view, encode } = formats[buffer.cell];
    view(memory, at + (program.plan.addresses.get(buffer) ?? 0), data.length).set(encode(Float32Array.from(data)));
  }

  run(program: Program, rows: number): void {
    const number = this.#numbers.get(program);
    if (number === undefined) throw internalError("a program that was not opened");
    if (!this.#team.working) {
      this.#team.run(number, rows, 1);
      return;
    }
    this.#trials[number] ??= new Trial(this.threads, this.#asked);
    this.#trials[number].run(rows, (threads) => this.#team.run(number, rows, threads));
  }

  pace(program: Program): Pace | undefined {
    return this.#trials[this.#numbers.get(program) ?? -1]?.pace;
  }

  async read(program: Program, name: string): Promise<Float32Array> {
    return this.view(program, name).slice();
  }

  view(program: Program, name: string): Float32Array {
    const view = this.#views.get(program)?.get(name);
    if (view === undefined) throw internalError(`no input or output ${name}`);
    return view;
  }

  async wake(): Promise<void> {
    if (!this.#team.working) this.#trials = [];
    this.#team.wake();
  }

  async rest(): Promise<void> {
    this.#team.rest();
  }

  dispose(): void {
    this.#team.dispose();
  }
}

/** Inputs and outputs of floats in memory, with the constants set. */
function viewsOf(program: Program, memory: ArrayBuffer, at: number): Map<string, Float32Array> {
  const view = (buffer: Buffer): Float32Array => {
    const address = program.plan.addresses.get(buffer) ?? 0;
    return new Float32Array(memory, at + address, entriesOf(buffer.shape, program));
  };
  for (const constant of program.constants) view(constant).set(constant.data ?? []);
  const seen = [...program.inputs, ...program.outputs].filter(([, { cell }]) => cell === "f32");
  return new Map(seen.map(([name, buffer]) => [name, view(buffer)]));
}
