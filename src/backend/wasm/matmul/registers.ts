/** The sums of one tile of a matrix product, in registers. */

import type { FunctionBuilder } from "../asm/assembler.ts";
import {
  type Code,
  doWhile,
  f32x4,
  get,
  i32,
  type Local,
  madd,
  type Rounding,
  set,
  v128,
  when,
} from "../asm/instructions.ts";
import { advance } from "./pack.ts";
import { TILE_COLUMNS, TILE_ROWS } from "./plan.ts";
import type { TileSink } from "./spec.ts";

/** The operands of a tile: entries of rows of A, and rows of a panel of B. */
export interface Operands {
  /** Byte address of the first entry of the tile's rows of A. */
  readonly a: Code;
  /** In entries. */
  readonly aStrides: { readonly m: number; readonly k: number };
  /** Byte addresses of the panel's first row and of the one after its last. */
  readonly panel: Local;
  readonly panelEnd: Local;
  /** Bytes from one row of the panel to the next. */
  readonly pitch: number;
  /** True if the panel may have no rows. */
  readonly mayBeEmpty: boolean;
}

/** Locals for tiles of up to 4 rows and 8 columns, and their code. */
export class RegisterTile {
  readonly #rounding: Rounding;
  readonly #aPointer: Local;
  readonly #bPointer: Local;
  readonly #x: Local;
  readonly #ys: readonly Local[];
  /** By row, then by vector. */
  readonly #sums: readonly (readonly Local[])[];

  constructor(fn: FunctionBuilder, rounding: Rounding) {
    this.#rounding = rounding;
    this.#aPointer = fn.local("i32");
    this.#bPointer = fn.local("i32");
    this.#x = fn.local("v128");
    this.#ys = [fn.local("v128"), fn.local("v128")];
    this.#sums = Array.from({ length: TILE_ROWS }, () => [fn.local("v128"), fn.local("v128")]);
  }

  clear(rows: number, columns: number): Code {
    return this.#each(rows, columns, (sum) => set(sum, f32x4.const(0)));
  }

  /** Loads the sums that `keep` wrote to this address. */
  restore(rows: number, columns: number, from: Local): Code {
    return this.#each(rows, columns, (sum, i, j) => set(sum, v128.load(get(from), (i * TILE_COLUMNS + j) * 4)));
  }

  keep(rows: number, columns: number, to: Local): Code {
    return this.#each(rows, columns, (sum, i, j) => v128.store(get(to), get(sum), (i * TILE_COLUMNS + j) * 4));
  }

  deliver(rows: number, columns: number, sink: TileSink, row: Local, column: Local): Code {
    const stores = this.#each(rows, columns, (sum, i, j) => sink.store(i, j, Math.min(4, columns - j), get(sum)));
    return [sink.begin(row, column), stores];
  }

  /** Adds the products, one step of k after the other. Do not unroll the loop: V8 spills registers then. */
  multiply(rows: number, columns: number, operands: Operands): Code {
    const { a, aStrides, panel, panelEnd, pitch, mayBeEmpty } = operands;
    const [aPointer, bPointer, x] = [this.#aPointer, this.#bPointer, this.#x];
    const ys = this.#ys.slice(0, Math.ceil(columns / 4));
    const more = i32.ne(get(bPointer), get(panelEnd));
    const loop = doWhile(
      [
        ys.map((y, j) => set(y, v128.load(get(bPointer), j * 16))),
        this.#sums.slice(0, rows).map((sums, i) => [
          set(x, v128.loadSplat(get(aPointer), i * aStrides.m * 4)),
          ys.map((y, j) => {
            const sum = sums[j] ?? x;
            return set(sum, madd(this.#rounding, get(x), get(y), get(sum)));
          }),
        ]),
        advance(aPointer, aStrides.k * 4),
        advance(bPointer, pitch),
      ],
      more,
    );
    return [set(aPointer, a), set(bPointer, get(panel)), mayBeEmpty ? when(more, loop) : loop];
  }

  // Code for each vector of sums: row i, columns j to j + 3.
  #each(rows: number, columns: number, body: (sum: Local, i: number, j: number) => Code): Code {
    const width = Math.ceil(columns / 4);
    return this.#sums.slice(0, rows).map((sums, i) => sums.slice(0, width).map((sum, j) => body(sum, i, j * 4)));
  }
}
