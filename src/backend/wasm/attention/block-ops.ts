/** Computations on a block: products with keys, and sums over keys or rows. */

import { type Code, f32x4, forRange, get, i32, type Local, set, v128, when, whileDo } from "../asm/instructions.ts";
import { type Block, INVERSES, LANES } from "./block.ts";
import { advance, forColumns, type Pointer, plus, storeLanes } from "./tiles.ts";

export class BlockOps {
  readonly #block: Block;
  readonly #a: Local;
  readonly #b: Local;
  readonly #end: Local;
  readonly #pointer: Local;
  readonly #to: Local;
  readonly #i: Local;
  readonly #at: Local;
  readonly #value: Local;

  constructor(block: Block) {
    const int = (): Local => block.fn.local("i32");
    this.#block = block;
    [this.#a, this.#b, this.#end, this.#at] = [int(), int(), int(), int()];
    [this.#pointer, this.#to, this.#i] = [int(), int(), int()];
    this.#value = block.fn.local("v128");
  }

  /** The products of a plane of transposed rows with every key, into the same plane of the keys' numbers. */
  multiply(plane: number, keys: Pointer): Code {
    const { headDim, keyBytes, scratch, tile, weights, weightsEnd, from } = this.#block;
    const [a, b, end, pointer] = [this.#a, this.#b, this.#end, this.#pointer];
    const stride = keys.rowStride * 4;
    const store = (key: number): Code =>
      tile.row(key, 2).map((sum, c) => v128.store(get(pointer), get(sum), plane * LANES + key * keyBytes + c * 16));
    // The last four keys may extend beyond the last visible one; their results are not read.
    const fourKeys = [
      set(b, plus(scratch, this.#block.turned(plane))),
      set(end, plus(a, headDim * 4)),
      tile.sum({ a, aApart: stride, aStep: 4, b, bStep: LANES, vectors: 2, end }),
      [0, 1, 2, 3].map(store),
      advance(a, 4 * stride - headDim * 4),
      advance(pointer, 4 * keyBytes),
    ];
    return [
      set(a, this.#block.keyRowOf(keys, get(from))),
      set(pointer, get(weights)),
      whileDo(i32.ltS(get(pointer), get(weightsEnd)), fourKeys),
    ];
  }

  /** For every row, the sum over keys of plane `plane` times the rows of `values`; `divided` by the sum of weights. */
  mix(plane: number, values: Pointer, out: Pointer, divided: boolean): Code {
    const { count, from, headDim, keyBytes, row, scratch, tile, weights, weightsEnd } = this.#block;
    const [a, b, end, outRow, half, at, value] = [
      this.#a,
      this.#b,
      this.#end,
      this.#to,
      this.#i,
      this.#at,
      this.#value,
    ];
    const inverse = (i: number): Code =>
      v128.loadSplat(i32.add(get(scratch), i32.shl(get(half), i32.const(2))), INVERSES + i * 4);
    const columns = (n: number): Code => {
      const vectors = Math.ceil(n / 4);
      const store = (i: number): Code => [
        divided ? set(value, inverse(i)) : [],
        tile
          .row(i, vectors)
          .map((sum, c) => [
            divided ? set(sum, f32x4.mul(get(sum), get(value))) : [],
            storeLanes(outRow, sum, n - c * 4, i * out.rowStride * 4 + c * 16),
          ]),
      ];
      return [
        set(a, i32.add(plus(weights, plane * LANES), i32.shl(get(half), i32.const(2)))),
        set(end, i32.add(plus(weightsEnd, plane * LANES), i32.shl(get(half), i32.const(2)))),
        set(b, i32.add(this.#block.keyRowOf(values, get(from)), get(at))),
        set(outRow, i32.add(this.#block.rowOf(out, i32.add(get(row), get(half))), get(at))),
        tile.sum({ a, aApart: 4, aStep: keyBytes, b, bStep: values.rowStride * 4, vectors, end }),
        [0, 1, 2, 3].map((i) => when(i32.gtS(get(count), plus(half, i)), store(i))),
      ];
    };
    return forRange(half, i32.const(0), get(count), 4, forColumns(at, headDim, columns));
  }

  /** For every key, adds the sum over the block's rows of plane `plane` times the rows of `values`. */
  scatter(plane: number, values: Pointer, out: Pointer): Code {
    const { count, from, headDim, keyBytes, row, tile, weights, weightsEnd } = this.#block;
    const [a, b, end, outRow, at, pointer, i] = [
      this.#a,
      this.#b,
      this.#end,
      this.#to,
      this.#at,
      this.#pointer,
      this.#i,
    ];
    const stride = out.rowStride * 4;
    const keys = [0, 1, 2, 3];
    const has = (key: number): Code => i32.gtS(get(weightsEnd), plus(pointer, key * keyBytes));
    const columns = (n: number): Code => {
      const vectors = Math.ceil(n / 4);
      const add = (key: number): Code =>
        tile
          .row(key, vectors)
          .map((sum, c) => [
            set(sum, f32x4.add(get(sum), v128.load(get(i), key * stride + c * 16))),
            storeLanes(i, sum, n - c * 4, key * stride + c * 16),
          ]);
      return [
        set(a, plus(pointer, plane * LANES)),
        set(end, i32.add(get(a), i32.shl(get(count), i32.const(2)))),
        set(b, i32.add(this.#block.rowOf(values, get(row)), get(at))),
        tile.sum({ a, aApart: keyBytes, aStep: 4, b, bStep: values.rowStride * 4, vectors, end }),
        set(i, i32.add(get(outRow), get(at))),
        // A check for each key would cost 3 % of the gradients.
        when(
          has(3),
          keys.map(add),
          keys.map((key) => when(has(key), add(key))),
        ),
      ];
    };
    return [
      set(outRow, this.#block.keyRowOf(out, get(from))),
      forRange(pointer, get(weights), get(weightsEnd), 4 * keyBytes, [
        forColumns(at, headDim, columns),
        advance(outRow, 4 * stride),
      ]),
    ];
  }
}
