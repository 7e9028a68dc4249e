/**
 * A block: up to eight rows that share their first key, processed one head at a time. Lane i of a pair of vectors is
 * row i of the block, so that scores, maxima and sums need no horizontal operations and no copy of the keys. Lanes
 * beyond the block's rows repeat its last row, and their results are not stored.
 */

import type { FunctionBuilder } from "../asm/assembler.ts";
import {
  type Code,
  doWhile,
  f32,
  f32x4,
  forRange,
  get,
  i32,
  type Local,
  type Rounding,
  set,
  v128,
} from "../asm/instructions.ts";
import { advance, greatest, least, type Pointer, plus, Tile, Transpose, wholeAt } from "./tiles.ts";

/** Rows of a block. */
export const BLOCK = 8;
/** Bytes of one number for each row of the block. */
export const LANES: number = BLOCK * 4;

// The scratch memory: the ends of the rows, the reciprocals of their sums of weights, transposed rows, then the
// weights.
export const ENDS = 0;
export const INVERSES: number = ENDS + LANES;
export const TURNED: number = INVERSES + LANES;

/** Bytes of a block's rows of one head, transposed so that entry d of all rows is contiguous. */
export function turnedBytes(headDim: number): number {
  return Math.ceil(headDim / 4) * 4 * LANES;
}

export interface BlockSpec {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly starts: Local;
  readonly ends: Local;
  readonly scratch: Local;
  /** Number of tensors whose rows are kept transposed; as many numbers are kept for each row and key. */
  readonly planes: 1 | 2;
}

/** The locals with a block's position, and the code that sets them. */
export class Block {
  readonly fn: FunctionBuilder;
  readonly rounding: Rounding;
  readonly headDim: number;
  readonly scratch: Local;
  readonly tile: Tile;
  /** The block's first row and its number of rows. */
  readonly row: Local;
  readonly count: Local;
  /** Some row sees the keys `from` to `to` - 1; all rows see those before `shared`. */
  readonly from: Local;
  readonly to: Local;
  readonly shared: Local;
  /** Byte offset of the head in every row; and in rows of keys, if there are fewer heads. */
  readonly head: Local;
  readonly keyHead: Local;
  /** Start and end of the keys' numbers in scratch memory. */
  readonly weights: Local;
  readonly weightsEnd: Local;
  /** Bytes of the numbers of one key. */
  readonly keyBytes: number;
  readonly #spec: BlockSpec;
  readonly #transpose: Transpose;
  readonly #rowPointers: readonly [Local, Local, Local, Local];
  readonly #pointer: Local;
  readonly #i: Local;

  constructor(fn: FunctionBuilder, rounding: Rounding, spec: BlockSpec) {
    const int = (): Local => fn.local("i32");
    this.fn = fn;
    this.rounding = rounding;
    this.headDim = spec.headDim;
    this.scratch = spec.scratch;
    this.tile = new Tile(fn, rounding);
    [this.row, this.count, this.from, this.to, this.shared, this.head] = [int(), int(), int(), int(), int(), int()];
    [this.weights, this.weightsEnd, this.#pointer, this.#i] = [int(), int(), int(), int()];
    this.keyHead = spec.heads === spec.kvHeads ? this.head : int();
    this.keyBytes = spec.planes * LANES;
    this.#spec = spec;
    this.#transpose = new Transpose(fn);
    this.#rowPointers = [int(), int(), int(), int()];
  }

  /** Takes up to eight rows from `row` on that share a start, before `last`. */
  take(last: Local): Code {
    const { starts, ends, headDim, planes, scratch } = this.#spec;
    const row = i32.add(get(this.row), get(this.count));
    const end = this.#pointer;
    const keepEnd = (i: Local): Code =>
      f32.store(i32.add(get(scratch), i32.shl(get(i), i32.const(2))), f32.convertI32(get(end)), ENDS);
    const one = [
      set(end, greatest(wholeAt(ends, row), get(this.from))),
      set(this.shared, least(get(this.shared), get(end))),
      set(this.to, greatest(get(this.to), get(end))),
      keepEnd(this.count),
      advance(this.count, 1),
    ];
    const fits = i32.and(i32.ltS(get(this.count), i32.const(BLOCK)), i32.ltS(row, get(last)));
    return [
      set(this.from, wholeAt(starts, get(this.row))),
      [set(this.count, i32.const(0)), set(this.to, get(this.from)), set(this.shared, i32.const(0x7fffffff))],
      doWhile(one, i32.and(fits, i32.eq(wholeAt(starts, row), get(this.from)))),
      forRange(this.#i, get(this.count), i32.const(BLOCK), 1, keepEnd(this.#i)),
      set(this.weights, plus(scratch, TURNED + planes * turnedBytes(headDim))),
      set(this.weightsEnd, this.weightsOf(this.to)),
    ];
  }

  /** The address of a key's numbers in scratch memory. */
  weightsOf(key: Local): Code {
    return i32.add(get(this.weights), i32.mul(i32.sub(get(key), get(this.from)), i32.const(this.keyBytes)));
  }

  /** The address of the head in a row of a tensor. */
  rowOf({ base, rowStride }: Pointer, row: Code): Code {
    return i32.add(i32.add(get(base), get(this.head)), i32.mul(row, i32.const(rowStride * 4)));
  }

  /** The address of the head of keys in a row of a tensor with that number of heads. */
  keyRowOf({ base, rowStride }: Pointer, row: Code): Code {
    return i32.add(i32.add(get(base), get(this.keyHead)), i32.mul(row, i32.const(rowStride * 4)));
  }

  /** Transposes the block's rows of a tensor, times `scale`, into plane `plane`. */
  turn(source: Pointer, plane: number, scale: number): Code {
    const [pointers, to] = [this.#rowPointers, this.#pointer];
    const rowOf = (i: number): Code =>
      this.rowOf(source, i32.add(get(this.row), least(i32.const(i), plus(this.count, -1))));
    const scaled = (pointer: Local): Code => f32x4.mul(v128.load(get(pointer)), f32x4.const(scale));
    const [a, b, c, d] = pointers;
    const half = (first: number): Code => [
      pointers.map((pointer, i) => set(pointer, rowOf(first + i))),
      set(to, plus(this.scratch, this.turned(plane) + first * 4)),
      forRange(this.#i, i32.const(0), i32.const(this.headDim), 4, [
        this.#transpose.turn([scaled(a), scaled(b), scaled(c), scaled(d)], (turned, lane) =>
          v128.store(get(to), turned, lane * LANES),
        ),
        pointers.map((pointer) => advance(pointer, 16)),
        advance(to, 4 * LANES),
      ]),
    ];
    return [half(0), half(4)];
  }

  /** The offset of a plane of transposed rows in `scratch`. */
  turned(plane: number): number {
    return TURNED + plane * turnedBytes(this.headDim);
  }

  /** Runs `body` for every key that a row sees, with `pointer` at its numbers. */
  forKeys(pointer: Local, body: Code): Code {
    return forRange(pointer, get(this.weights), get(this.weightsEnd), this.keyBytes, body);
  }
}
