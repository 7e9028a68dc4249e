/**
 * For tests: a backend without a view. Its memory is its own, writes and runs wait in a queue, and reads answer later, as
 * those of a machine across a bus do. It is also the least that a backend can be.
 */

import { type Backend, type Device, HalfUpdatedError } from "../backend/backend.ts";
import type { Program } from "../compile/compile.ts";
import type { Buffer } from "../compile/kernel.ts";
import { entriesOf } from "../compile/plan.ts";
import { runKernel } from "../compile/run-kernel.ts";
import type { Target } from "../compile/target.ts";
import { firstUpdate, updatedInputs } from "../compile/updates.ts";
import { formats } from "../util/cells.ts";
import { internalError } from "../util/errors.ts";

/** A machine that differs from WebAssembly in every limit, so that nothing can count on those. */
const WIDE: Target = {
  alignment: 128,
  vectorBytes: 32,
  tileRows: 6,
  largestExpression: 20,
  largestRepeated: 4,
  vocabularyChunk: 3000,
  cells: ["f32", "f16", "bf16", "i8"],
};

export const interpreted: Backend = {
  name: "interpreted kernels",
  target: WIDE,
  open: async (programs) => new InterpretedDevice(programs),
};

export class InterpretedDevice implements Device {
  readonly threads = 1;
  /** The number of reads so far. */
  reads = 0;
  readonly #arena: ArrayBuffer;
  readonly #queue: (() => void)[] = [];
  /** Byte addresses of inputs that a run left half updated. */
  readonly #halfUpdated = new Set<number>();

  readonly #runKernel: typeof runKernel;

  constructor(programs: readonly Program[], run: typeof runKernel = runKernel) {
    this.#runKernel = run;
    this.#arena = new ArrayBuffer(Math.max(...programs.map(({ plan }) => plan.bytes)));
    for (const program of programs) {
      for (const constant of program.constants) this.#write(program, constant, Float32Array.from(constant.data ?? []));
    }
  }

  write(program: Program, input: string, data: ArrayLike<number>): void {
    const copy = Float32Array.from(data);
    this.#queue.push(() => this.#write(program, bufferOf(program, input), copy));
  }

  run(program: Program, rows: number): void {
    this.#queue.push(() => this.#runNow(program, rows));
  }

  async read(program: Program, name: string): Promise<Float32Array> {
    this.reads++;
    let copy: Float32Array | undefined;
    this.#queue.push(() => {
      const buffer = bufferOf(program, name);
      this.#checkWhole(program, [buffer]);
      copy = this.#numbers(program, buffer).slice();
    });
    await Promise.resolve();
    for (const job of this.#queue.splice(0)) job();
    if (copy === undefined) throw internalError("a read without an answer");
    return copy;
  }

  async wake(): Promise<void> {}

  async rest(): Promise<void> {}

  dispose(): void {
    this.#queue.length = 0;
  }

  #runNow(program: Program, rows: number): void {
    this.#checkWhole(program, program.inputs.values());
    const first = firstUpdate(program);
    const updated = [...updatedInputs(program)].map((buffer) => addressOf(program, buffer));
    for (const kernel of program.kernels) {
      if (kernel === first) {
        if (!program.guards.every((guard) => Number.isFinite(this.#numbers(program, guard)[0]))) return;
        for (const address of updated) this.#halfUpdated.add(address);
      }
      this.#runKernel(kernel, (buffer) => this.#numbers(program, buffer), rows);
    }
    for (const address of updated) this.#halfUpdated.delete(address);
  }

  #checkWhole(program: Program, buffers: Iterable<Buffer>): void {
    for (const buffer of buffers) if (this.#halfUpdated.has(addressOf(program, buffer))) throw new HalfUpdatedError();
  }

  /** The numbers of a buffer: in place, or a copy if its cells are narrow. */
  #numbers(program: Program, buffer: Buffer): Float32Array {
    const { cell, shape } = buffer;
    const cells = formats[cell].view(this.#arena, addressOf(program, buffer), entriesOf(shape, program));
    return cells instanceof Float32Array ? cells : formats[cell].decode(cells);
  }

  #write(program: Program, buffer: Buffer, data: Float32Array): void {
    const { encode, view } = formats[buffer.cell];
    view(this.#arena, addressOf(program, buffer), data.length).set(encode(data));
  }
}

function addressOf({ plan }: Program, buffer: Buffer): number {
  const address = plan.addresses.get(buffer);
  if (address === undefined) throw internalError(`buffer ${buffer.name} without an address`);
  return address;
}

function bufferOf({ inputs, outputs }: Program, name: string): Buffer {
  const buffer = inputs.get(name) ?? outputs.get(name);
  if (buffer === undefined) throw internalError(`no input or output ${name}`);
  return buffer;
}
