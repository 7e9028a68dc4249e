import type { FunctionBuilder } from "../asm/assembler.ts";
import type { Local, Rounding } from "../asm/instructions.ts";
import type { Bases } from "./pointers.ts";

/** Everything that the code of a kernel can refer to in its function. */
export interface Scope {
  readonly fn: FunctionBuilder;
  readonly rounding: Rounding;
  readonly bases: Bases;
  /** i32: number of rows in this run. */
  readonly rows: Local;
  /** i32: this thread's index, and the number of threads; undefined if the program is for one thread. */
  readonly team: { readonly thread: Local; readonly threads: Local } | undefined;
  /** i32: byte address of this thread's scratch memory. */
  readonly scratch: Local;
}
