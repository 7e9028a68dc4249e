import type { FunctionBuilder } from "../asm/assembler.ts";
import type { Local, Target } from "../asm/instructions.ts";
import type { Bases } from "./pointers.ts";

/** All that the code of a kernel can refer to in its function. */
export interface Scope {
  readonly fn: FunctionBuilder;
  readonly target: Target;
  readonly bases: Bases;
  /** i32: today's number of rows. */
  readonly rows: Local;
  /** i32: this thread's number, and how many there are; undefined where the program is for one thread. */
  readonly team: { readonly thread: Local; readonly threads: Local } | undefined;
  /** i32: byte address of this thread's scratch memory. */
  readonly scratch: Local;
}
