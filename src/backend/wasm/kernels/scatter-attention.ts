/** Scatter and attention as functions of a program. */

import type { Buffer, LibraryKernel, ScatterKernel } from "../../../compile/kernel.ts";
import type { Table } from "../../../compile/routines.ts";
import { known, sizeAt } from "../../../util/dim.ts";
import { internalError } from "../../../util/errors.ts";
import { type Code, f32, f32x4, forRange, get, i32, type Local, set, v128, whileDo } from "../asm/instructions.ts";
import { attentionScratchBytes, emitAttention, emitAttentionGrad, type Pointer } from "../attention/attention.ts";
import { extent, nest, share, type Work } from "./loops.ts";
import { plainAddress } from "./pointers.ts";
import { Points } from "./points.ts";

/** Adds rows up in a table. Threads share the columns, so that each sum has one order. */
export function emitScatter(work: Work, { space, ids, body, target, size }: ScatterKernel): void {
  const { fn, bases } = work;
  const axis = space.length - 1;
  const C = known(space[axis] ?? 1);
  const rows = space.slice(0, -1);
  const counters = rows.map(() => fn.local("i32"));
  const points = new Points(work, axis, [body]);
  const [part, column, table, row] = [share(work, C, 16), fn.local("i32"), fn.local("i32"), fn.local("i32")];
  const start = set(table, plainAddress(bases, target, []));

  const columns = (visit: (valid: number) => Code): Code => {
    const loop = whileDo(i32.leS(i32.add(get(column), i32.const(4)), get(part.to)), visit(4));
    const rest = whileDo(i32.ltS(get(column), get(part.to)), visit(1));
    return [set(column, get(part.from)), loop, C % 4 === 0 ? [] : rest];
  };
  const place = i32.add(get(row), i32.shl(get(column), i32.const(2)));
  const step = (valid: number): Code => set(column, i32.add(get(column), i32.const(valid)));
  const zero = columns((valid) => [
    valid === 4 ? v128.store(place, f32x4.const(0)) : f32.store(place, f32.const(0)),
    step(valid),
  ]);
  const add = columns((valid) => {
    const value = points.value(body, { valid });
    const sum = valid === 4 ? f32x4.add(v128.load(place), value) : f32x4.add(v128.loadZero(place), value);
    return [
      valid === 4 ? v128.store(place, sum) : v128.storeLane(place, sum, 0),
      points.advance(axis, valid),
      step(valid),
    ];
  });
  const id = i32.truncSatF32(f32.load(plainAddress(bases, ids, counters)));
  const end = fn.local("i32");
  fn.emit([
    part.code,
    start,
    set(end, i32.add(get(table), i32.const(4 * size))),
    forRange(row, get(table), get(end), 4 * C, zero),
    nest(work, rows, counters, [
      set(row, i32.add(get(table), i32.mul(id, i32.const(4 * C)))),
      points.moveTo([...counters, part.from]),
      points.hoist(),
      add,
    ]),
  ]);
}

type AttentionKernel = LibraryKernel<"attention" | "attentionGrad">;

export function attentionBytes({ sizes }: AttentionKernel, maxRows: number): number {
  return attentionScratchBytes(sizes, sizeAt(sizes.keyRows, maxRows));
}

export function emitAttentionKernel(work: Work, kernel: AttentionKernel): void {
  const { fn, target, scratch, bases } = work;
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
  const { heads, headDim } = sizes;
  if (sizes.kvHeads !== heads) throw internalError("attention of fewer heads of keys than of queries");
  const spec = {
    heads,
    kvHeads: heads,
    headDim,
    rows: local(extent(work, sizes.rows)),
    q: pointer(reads.q),
    k: pointer(reads.k),
    v: pointer(reads.v),
    starts: address(reads.starts),
    ends: address(reads.ends),
    scratch,
    thread: work.team?.thread ?? local(i32.const(0)),
    threads: work.team?.threads ?? local(i32.const(1)),
  };
  if (kernel.routine === "attention") {
    emitAttention(fn, target, { ...spec, out: pointer(kernel.writes.out) });
  } else {
    const { dq, dk, dv } = kernel.writes;
    const gradients = { g: pointer(kernel.reads.g), dq: pointer(dq), dk: pointer(dk), dv: pointer(dv) };
    emitAttentionGrad(fn, target, { ...spec, ...gradients, keyRows: local(extent(work, sizes.keyRows)) });
  }
}
