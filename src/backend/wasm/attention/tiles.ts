/** The parts of the attention kernels: tiles of sums of products, transposed vectors, ends of rows. */

import type { FunctionBuilder } from "../asm/assembler.ts";
import {
  type Code,
  f32,
  f32x4,
  forRange,
  get,
  i32,
  type Local,
  madd,
  type Rounding,
  set,
  v128,
  whileDo,
} from "../asm/instructions.ts";

/** Address of a tensor's rows: entry (r, h, d) is at `base + 4 (r rowStride + h headDim + d)`. */
export interface Pointer {
  /** i32: a byte address. */
  readonly base: Local;
  /** In entries. */
  readonly rowStride: number;
}

/** The local plus a number of bytes. */
export function plus(local: Local, bytes: number): Code {
  return bytes === 0 ? get(local) : i32.add(get(local), i32.const(bytes));
}

/** Advances a pointer. */
export function advance(local: Local, bytes: number): Code {
  return set(local, plus(local, bytes));
}

/** The lesser of two i32; each is computed twice. */
export function least(x: Code, y: Code): Code {
  return i32.select(x, y, i32.ltS(x, y));
}

/** The greater of two i32; each is computed twice. */
export function greatest(x: Code, y: Code): Code {
  return i32.select(x, y, i32.gtS(x, y));
}

/** Entry `i` of a table of whole numbers, kept as float32. */
export function wholeAt(table: Local, i: Code): Code {
  return i32.truncSatF32(f32.load(i32.add(get(table), i32.shl(i, i32.const(2)))));
}

/** The sums of a tile: in every step, each of four floats at `a` times each of the vectors at `b`. */
export interface TileSteps {
  /** Modified: ends at `end`. */
  readonly a: Local;
  /** Distance between the four floats, in bytes. */
  readonly aApart: number;
  readonly aStep: number;
  /** Modified too. */
  readonly b: Local;
  readonly bStep: number;
  readonly vectors: number;
  readonly end: Local;
}

/** A tile of four rows of one or two vectors, held in locals during the summation. */
export class Tile {
  readonly #rounding: Rounding;
  readonly #sums: readonly Local[];
  readonly #b: readonly [Local, Local];
  readonly #a: Local;

  constructor(fn: FunctionBuilder, rounding: Rounding) {
    this.#rounding = rounding;
    this.#sums = Array.from({ length: 8 }, () => fn.local("v128"));
    this.#b = [fn.local("v128"), fn.local("v128")];
    this.#a = fn.local("v128");
  }

  /** The sums of row `row`, in the requested number of vectors. */
  row(row: number, vectors: number): readonly Local[] {
    return this.#sums.slice(row * 2, row * 2 + vectors);
  }

  sum({ a, aApart, aStep, b, bStep, vectors, end }: TileSteps): Code {
    const columns = this.#b.slice(0, vectors);
    const rows = [0, 1, 2, 3];
    const step = [
      columns.map((column, c) => set(column, v128.load(get(b), c * 16))),
      rows.map((row) => [
        set(this.#a, v128.loadSplat(get(a), row * aApart)),
        this.row(row, vectors).map((sum, c) =>
          set(sum, madd(this.#rounding, get(this.#a), get(columns[c] ?? sum), get(sum))),
        ),
      ]),
      advance(b, bStep),
      advance(a, aStep),
    ];
    const zeros = rows.map((row) => this.row(row, vectors).map((sum) => set(sum, f32x4.const(0))));
    return [zeros, whileDo(i32.ne(get(a), get(end)), step)];
  }
}

/** The sums of the lanes of four vectors, one a lane; modifies two of them. */
export function sumsOfLanes([a, b, c, d]: readonly [Local, Local, Local, Local]): Code {
  const pairs = (x: Local, y: Local, even: Lanes, odd: Lanes): Code =>
    f32x4.add(v128.shuffle(get(x), get(y), even), v128.shuffle(get(x), get(y), odd));
  return [
    [set(a, pairs(a, b, [0, 4, 1, 5], [2, 6, 3, 7])), set(c, pairs(c, d, [0, 4, 1, 5], [2, 6, 3, 7]))],
    pairs(a, c, [0, 1, 4, 5], [2, 3, 6, 7]),
  ];
}

type Lanes = readonly [number, number, number, number];

/** Stores the first lanes of a vector. */
export function storeLanes(pointer: Local, value: Local, lanes: number, offset: number): Code {
  if (lanes >= 4) return v128.store(get(pointer), get(value), offset);
  return Array.from({ length: lanes }, (_, lane) => v128.storeLane(get(pointer), get(value), lane, offset + lane * 4));
}

/** Runs `body` for every eight columns of `headDim`, with `at` as their first byte; the last may be fewer. */
export function forColumns(at: Local, headDim: number, body: (columns: number) => Code): Code {
  const whole = headDim - (headDim % 8);
  const loop = whole > 0 ? forRange(at, i32.const(0), i32.const(whole * 4), 32, body(8)) : [];
  return [loop, whole < headDim ? [set(at, i32.const(whole * 4)), body(headDim - whole)] : []];
}

/** Four vectors, transposed so that lane i of each becomes vector i. */
export class Transpose {
  readonly #halves: readonly Local[];

  constructor(fn: FunctionBuilder) {
    this.#halves = Array.from({ length: 8 }, () => fn.local("v128"));
  }

  /** @param store called with each of the transposed vectors */
  turn(vectors: readonly [Code, Code, Code, Code], store: (turned: Code, lane: number) => Code): Code {
    const [a, b, c, d, ab01, ab23, cd01, cd23] = this.#halves.map(get) as [
      Code,
      Code,
      Code,
      Code,
      Code,
      Code,
      Code,
      Code,
    ];
    const pairs = [
      v128.shuffle(a, b, [0, 4, 1, 5]),
      v128.shuffle(a, b, [2, 6, 3, 7]),
      v128.shuffle(c, d, [0, 4, 1, 5]),
      v128.shuffle(c, d, [2, 6, 3, 7]),
    ];
    const turned = [
      v128.shuffle(ab01, cd01, [0, 1, 4, 5]),
      v128.shuffle(ab01, cd01, [2, 3, 6, 7]),
      v128.shuffle(ab23, cd23, [0, 1, 4, 5]),
      v128.shuffle(ab23, cd23, [2, 3, 6, 7]),
    ];
    return [[...vectors, ...pairs].map((value, i) => set(this.#halves[i] as Local, value)), turned.map(store)];
  }
}
