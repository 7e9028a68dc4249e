/**
 * Runs programs in plain float64, kernel by kernel, as obviously as can be: the oracle for fusion, for planning and for
 * every backend.
 */

import { heldIn } from "../util/cells.ts";
import { internalError } from "../util/errors.ts";
import type { Program } from "./compile.ts";
import { type Buffer, type Kernel, readsOf, writesOf } from "./kernel.ts";
import { entriesOf } from "./plan.ts";
import { runKernel } from "./run-kernel.ts";
import { firstUpdate } from "./updates.ts";

export interface InterpreterOptions {
  /** Puts buffers where the plan does, so that those that share a place overwrite each other. Default: each has its own. */
  readonly planned?: boolean;
}

/** A program's memory, in which its kernels run. What was not written is NaN. */
export class Interpreter {
  readonly #program: Program;
  readonly #lists = new Map<Buffer, Float64Array>();

  constructor(program: Program, { planned = false }: InterpreterOptions = {}) {
    this.#program = program;
    const { kernels, inputs, outputs, constants, plan } = program;
    const arena = planned ? new Float64Array(plan.bytes / 4).fill(Number.NaN) : undefined; // narrow cells share nothing
    const touched = kernels.flatMap((kernel) => [...readsOf(kernel), ...writesOf(kernel)]);
    for (const buffer of new Set([...inputs.values(), ...outputs.values(), ...constants, ...touched])) {
      const at = (plan.addresses.get(buffer) ?? 0) / 4;
      const size = entriesOf(buffer.shape, program);
      const shared = buffer.cell === "f32" ? arena?.subarray(at, at + size) : undefined;
      this.#lists.set(buffer, shared ?? new Float64Array(size).fill(Number.NaN));
    }
    for (const constant of constants) this.list(constant).set(Array.from(constant.data ?? []));
  }

  /** Fills an input from its beginning. Narrow cells round the numbers; those of f32 are held in float64. */
  write(buffer: Buffer, numbers: ArrayLike<number>): void {
    this.list(buffer).set(buffer.cell === "f32" ? Array.from(numbers) : heldIn(buffer.cell, numbers));
  }

  /** The numbers of a buffer, with room for all rows. */
  list(buffer: Buffer): Float64Array {
    const list = this.#lists.get(buffer);
    if (list === undefined) throw internalError(`no such buffer: ${buffer.name}`);
    return list;
  }

  /** Runs the program, up to the first update of an input if a guard is not finite. */
  run(rows: number): void {
    const { kernels, guards } = this.#program;
    const first = firstUpdate(this.#program);
    for (const kernel of kernels) {
      if (kernel === first && !guards.every((guard) => Number.isFinite(this.list(guard)[0]))) return;
      this.runKernel(kernel, rows);
    }
  }

  runKernel(kernel: Kernel, rows: number): void {
    runKernel(kernel, (buffer) => this.list(buffer), rows);
  }
}
