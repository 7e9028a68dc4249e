/** Attention of a program: its tables as pointers, and its threads as units. */

import type { Buffer, LibraryKernel } from "../../../compile/kernel.ts";
import type { Table } from "../../../compile/routines.ts";
import { sizeAt } from "../../../util/dim.ts";
import { internalError } from "../../../util/errors.ts";
import { type Code, get, i32, type Local, set } from "../asm/instructions.ts";
import { extent } from "../kernels/loops.ts";
import type { Scope } from "../kernels/scope.ts";
import { attentionScratchBytes, emitAttention, emitAttentionGrad, type Pointer } from "./attention.ts";

type AttentionKernel = LibraryKernel<"attention" | "attentionGrad">;

export function attentionBytes({ sizes }: AttentionKernel, maxRows: number): number {
  return attentionScratchBytes(sizes, sizeAt(sizes.keyRows, maxRows));
}

export function emitAttentionKernel(scope: Scope, kernel: AttentionKernel): void {
  const { fn, rounding, scratch, bases } = scope;
  const local = (value: Code): Local => {
    const made = fn.local("i32");
    fn.emit(set(made, value));
    return made;
  };
  const address = ({ buffer, offset }: Table<Buffer>): Local => {
    const base = bases.get(buffer);
    if (base === undefined) throw internalError(`buffer ${buffer.name} without an address`);
    return local(i32.add(get(base), i32.const(4 * offset)));
  };
  const pointer = (table: Table<Buffer>): Pointer => ({ base: address(table), rowStride: table.stride });
  const { sizes, reads } = kernel;
  const { heads, kvHeads, headDim } = sizes;
  const spec = {
    heads,
    kvHeads,
    headDim,
    rows: local(extent(scope, sizes.rows)),
    q: pointer(reads.q),
    k: pointer(reads.k),
    v: pointer(reads.v),
    starts: address(reads.starts),
    ends: address(reads.ends),
    scratch,
    thread: scope.team?.thread ?? local(i32.const(0)),
    threads: scope.team?.threads ?? local(i32.const(1)),
  };
  if (kernel.routine === "attention") {
    emitAttention(fn, rounding, { ...spec, out: pointer(kernel.writes.out) });
  } else {
    const { dq, dk, dv } = kernel.writes;
    const gradients = { g: pointer(kernel.reads.g), dq: pointer(dq), dk: pointer(dk), dv: pointer(dv) };
    emitAttentionGrad(fn, rounding, { ...spec, ...gradients, keyRows: local(extent(scope, sizes.keyRows)) });
  }
}
