/** Copies of parts of the operands of a matrix product, in the order in which its inner loop reads them. */

import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, f32x4, forRange, get, i32, type Local, set, v128, whileDo } from "../asm/instructions.ts";

/** A panel of B to copy: `columns` (at most 8) columns of `rows` rows. */
export interface Panel {
  /** Byte address of its first entry. */
  readonly from: Code;
  /** Byte address of the copy: rows of 4 or 8 entries; beyond `columns` they hold zeros or B's own content. */
  readonly to: Code;
  readonly rows: Code;
  readonly columns: number;
  readonly strides: { readonly k: number; readonly n: number };
}

/** Copies a panel. If its columns are contiguous, it writes up to 3 extra rows. */
export function packPanel(fn: FunctionBuilder, panel: Panel): Code {
  const [source, target, counter] = [fn.local("i32"), fn.local("i32"), fn.local("i32")];
  const { columns, strides } = panel;
  const pitch = columns > 4 ? 32 : 16;
  const transposes = strides.k === 1 && strides.n !== 1;
  const step = transposes ? 4 : 1;
  const halves = Array.from({ length: pitch / 16 }, (_, half) => {
    const lanes = Math.min(4, columns - half * 4);
    const offset = half * 4 * strides.n * 4;
    if (transposes)
      return transpose(fn, { source, offset, stride: strides.n * 4, lanes }, { target, at: half * 16, pitch });
    const vector =
      strides.n === 1 ? v128.load(get(source), offset) : gather({ source, offset, stride: strides.n * 4, lanes });
    return v128.store(get(target), vector, half * 16);
  });
  return [
    set(source, panel.from),
    set(target, panel.to),
    forRange(counter, i32.const(0), panel.rows, step, [
      halves,
      advance(source, step * strides.k * 4),
      advance(target, step * pitch),
    ]),
  ];
}

/** A block of rows of A, contiguous along m, to copy: `rows` rows, `depth` steps of k, `stride` entries apart. */
export interface Block {
  readonly from: Code;
  readonly to: Code;
  readonly rows: Code;
  readonly depth: Code;
  readonly stride: number;
  /** Bytes from one strip to the next. */
  readonly pitch: number;
}

/** Copies a block into strips of 4 rows; the last one includes memory beyond the rows. */
export function packBlock(fn: FunctionBuilder, { from, to, rows, depth, stride, pitch }: Block): Code {
  const [source, target, left, counter] = [fn.local("i32"), fn.local("i32"), fn.local("i32"), fn.local("i32")];
  const back = i32.mul(depth, i32.const(stride * 4));
  // Copies several strips at a time: one after the other they would visit all lines of A again.
  const strips = (count: number): Code =>
    whileDo(i32.geS(get(left), i32.const(count * 4 - 3)), [
      forRange(counter, i32.const(0), depth, 1, [
        Array.from({ length: count }, (_, i) => v128.store(get(target), v128.load(get(source), i * 16), i * pitch)),
        advance(target, 16),
        advance(source, stride * 4),
      ]),
      set(source, i32.add(i32.sub(get(source), back), i32.const(count * 16))),
      set(target, i32.add(i32.sub(get(target), i32.shl(depth, i32.const(4))), i32.const(count * pitch))),
      advance(left, -4 * count),
    ]);
  return [set(source, from), set(target, to), set(left, rows), strips(4), strips(1)];
}

interface Columns {
  readonly source: Local;
  readonly offset: number;
  /** Bytes from one column to the next, and the number of columns, up to 4. */
  readonly stride: number;
  readonly lanes: number;
}

// One entry of each column as a vector.
function gather({ source, offset, stride, lanes }: Columns): Code {
  let vector = v128.loadZero(get(source), offset);
  for (let lane = 1; lane < lanes; lane++) vector = v128.loadLane(get(source), vector, lane, offset + lane * stride);
  return vector;
}

// Transposes 4 entries of each column into 4 rows.
function transpose(
  fn: FunctionBuilder,
  { source, offset, stride, lanes }: Columns,
  { target, at, pitch }: { readonly target: Local; readonly at: number; readonly pitch: number },
): Code {
  const vector = (): Local => fn.local("v128");
  const [a, b, c, d, ab, cd] = [vector(), vector(), vector(), vector(), vector(), vector()];
  const load = (lane: number): Code => (lane < lanes ? v128.load(get(source), offset + lane * stride) : f32x4.const(0));
  const rows = (from: number): Code => [
    v128.store(get(target), v128.shuffle(get(ab), get(cd), [0, 1, 4, 5]), at + from * pitch),
    v128.store(get(target), v128.shuffle(get(ab), get(cd), [2, 3, 6, 7]), at + (from + 1) * pitch),
  ];
  return [
    [a, b, c, d].map((local, lane) => set(local, load(lane))),
    set(ab, v128.shuffle(get(a), get(b), [0, 4, 1, 5])),
    set(cd, v128.shuffle(get(c), get(d), [0, 4, 1, 5])),
    rows(0),
    set(ab, v128.shuffle(get(a), get(b), [2, 6, 3, 7])),
    set(cd, v128.shuffle(get(c), get(d), [2, 6, 3, 7])),
    rows(2),
  ];
}

/** Advances a pointer by a number of bytes. */
export function advance(pointer: Local, bytes: number): Code {
  return set(pointer, i32.add(get(pointer), i32.const(bytes)));
}
