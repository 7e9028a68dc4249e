/**
 * Attention of a block that is a single row, as in generation, where every row has keys of its own: four keys at once,
 * then four channels at once.
 */

import {
  type Code,
  f32x4,
  forRange,
  get,
  i32,
  i32x4,
  type Local,
  madd,
  set,
  tee,
  v128,
  when,
} from "../asm/instructions.ts";
import { exp } from "../asm/math.ts";
import type { Block } from "./block.ts";
import { advance, type Pointer, storeLanes, sumsOfLanes } from "./tiles.ts";

/** Number of channel vectors that are summed at once. */
const WIDE = 8;

type Four<T> = readonly [T, T, T, T];

export class Single {
  readonly #block: Block;
  readonly #pointer: Local;
  readonly #end: Local;
  readonly #query: Local;
  readonly #row: Local;
  readonly #sums: readonly Local[];
  readonly #value: Local;
  readonly #most: Local;
  readonly #total: Local;

  constructor(block: Block) {
    const { fn } = block;
    this.#block = block;
    [this.#pointer, this.#end, this.#query] = [fn.local("i32"), fn.local("i32"), fn.local("i32")];
    this.#row = fn.local("i32");
    this.#sums = Array.from({ length: WIDE }, () => fn.local("v128"));
    [this.#value, this.#most, this.#total] = [fn.local("v128"), fn.local("v128"), fn.local("v128")];
  }

  /** Attention of the block's first row, for one head. */
  attend(q: Pointer, k: Pointer, v: Pointer, out: Pointer): Code {
    const { from, row, to, weights } = this.#block;
    const keys = i32.sub(get(to), get(from));
    return [
      set(this.#end, i32.add(get(weights), i32.shl(keys, i32.const(2)))),
      set(this.#query, this.#block.rowOf(q, get(row))),
      set(this.#row, this.#block.keyRowOf(k, get(from))),
      this.#forKeys(4, [this.#scores(k.rowStride * 4), advance(this.#row, 16 * k.rowStride)]),
      this.#hide(keys),
      this.#softmax(),
      set(this.#query, this.#block.rowOf(out, get(row))),
      this.#mix(v),
    ];
  }

  /** Runs `body` for every group of keys, with the pointer at the first of their weights. */
  #forKeys(keys: number, body: Code): Code {
    return forRange(this.#pointer, get(this.#block.weights), get(this.#end), keys * 4, body);
  }

  /** The scores of four keys, possibly some beyond the last. */
  #scores(stride: number): Code {
    const { headDim, rounding } = this.#block;
    const sums = this.#sums.slice(0, 4) as unknown as Four<Local>;
    const steps = Array.from({ length: Math.ceil(headDim / 4) }, (_, step) => {
      const lanes = headDim - step * 4;
      // The memory beyond the head is another head or garbage, perhaps NaN: both factors must be set to 0.
      const part = (x: Code): Code => (lanes >= 4 ? x : v128.and(x, firstLanes(i32.const(lanes))));
      return [
        set(this.#value, part(v128.load(get(this.#query), step * 16))),
        sums.map((sum, key) =>
          set(
            sum,
            madd(rounding, get(this.#value), part(v128.load(get(this.#row), key * stride + step * 16)), get(sum)),
          ),
        ),
      ];
    });
    return [
      sums.map((sum) => set(sum, f32x4.const(0))),
      steps,
      v128.store(get(this.#pointer), f32x4.mul(sumsOfLanes(sums), f32x4.const(1 / Math.sqrt(headDim)))),
    ];
  }

  /** Makes the scores of keys beyond the last -Infinity. */
  #hide(keys: Code): Code {
    const rest = i32.and(keys, i32.const(3));
    const last = this.#pointer;
    const hidden = v128.bitselect(v128.load(get(last)), f32x4.const(-Infinity), firstLanes(rest));
    return when(rest, [set(last, i32.sub(get(this.#end), i32.shl(rest, i32.const(2)))), v128.store(get(last), hidden)]);
  }

  /** Turns scores into e^(score - greatest), and sets `total` to the reciprocal of their sum, in all lanes. */
  #softmax(): Code {
    const { fn, rounding } = this.#block;
    const [pointer, value, most, total] = [this.#pointer, this.#value, this.#most, this.#total];
    const across = (x: Local, combine: (x: Code, y: Code) => Code): Code => [
      set(x, combine(get(x), v128.shuffle(get(x), get(x), [2, 3, 0, 1]))),
      set(x, combine(get(x), v128.shuffle(get(x), get(x), [1, 0, 3, 2]))),
    ];
    return [
      // Almost the lowest float, but finite: -Infinity minus itself would be NaN.
      set(most, f32x4.const(-3.4e38)),
      this.#forKeys(4, set(most, f32x4.pmax(get(most), v128.load(get(pointer))))),
      across(most, f32x4.pmax),
      set(total, f32x4.const(0)),
      this.#forKeys(4, [
        v128.store(get(pointer), tee(value, exp(fn, rounding, f32x4.sub(v128.load(get(pointer)), get(most))))),
        set(total, f32x4.add(get(total), get(value))),
      ]),
      across(total, f32x4.add),
      // A row that sees no key has no sum, and its weights stay 0.
      set(total, v128.and(f32x4.div(f32x4.const(1), get(total)), f32x4.ne(get(total), f32x4.const(0)))),
    ];
  }

  /** The sum over keys of weights times values, stored where `query` points. */
  #mix(values: Pointer): Code {
    const { from, headDim, rounding } = this.#block;
    const vectors = Math.ceil(headDim / 4);
    return Array.from({ length: Math.ceil(vectors / WIDE) }, (_, part) => {
      const at = (c: number): number => (part * WIDE + c) * 16;
      const sums = this.#sums.slice(0, vectors - part * WIDE);
      const take = sums.map((sum, c) =>
        set(sum, madd(rounding, get(this.#value), v128.load(get(this.#row), at(c)), get(sum))),
      );
      return [
        sums.map((sum) => set(sum, f32x4.const(0))),
        set(this.#row, this.#block.keyRowOf(values, get(from))),
        this.#forKeys(1, [
          set(this.#value, v128.loadSplat(get(this.#pointer))),
          take,
          advance(this.#row, values.rowStride * 4),
        ]),
        sums.map((sum, c) => [
          set(sum, f32x4.mul(get(sum), get(this.#total))),
          storeLanes(this.#query, sum, headDim - at(c) / 4, at(c)),
        ]),
      ];
    });
  }
}

/** All bits in the first lanes, none in the others. */
function firstLanes(lanes: Code): Code {
  return i32x4.gtS(i32x4.splat(lanes), v128.ints(0, 1, 2, 3));
}
