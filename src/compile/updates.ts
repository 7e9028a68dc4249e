/** Finds the inputs that a run updates, and the first kernel that does. */

import type { Program } from "./compile.ts";
import { type Buffer, type Kernel, writesOf } from "./kernel.ts";

/** The first kernel that changes an input. A run must end before it if a guard is not finite. */
export function firstUpdate({ kernels }: Program): Kernel | undefined {
  return kernels.find((kernel) => inputsWritten(kernel).length > 0);
}

export function updatedInputs({ kernels }: Program): ReadonlySet<Buffer> {
  return new Set(kernels.flatMap(inputsWritten));
}

function inputsWritten(kernel: Kernel): Buffer[] {
  return [...writesOf(kernel)].filter(({ kind }) => kind === "input");
}
