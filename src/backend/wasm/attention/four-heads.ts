/**
 * Attention one row at a time for heads of four channels, four heads at once: a head's row is one vector, and lane h of
 * a vector of scores is head h of the four. For short documents, whose rows are too few to fill a block: without it a
 * step at microgpt's size takes a tenth longer (bench/attention.ts).
 */

import type { FunctionBuilder } from "../asm/assembler.ts";
import {
  type Code,
  f32x4,
  forRange,
  get,
  i32,
  type Local,
  madd,
  type Rounding,
  set,
  tee,
  v128,
} from "../asm/instructions.ts";
import { exp } from "../asm/math.ts";
import { advance, greatest, type Pointer, sumsOfLanes, wholeAt } from "./tiles.ts";

type Four<T> = readonly [T, T, T, T];

const HEADS = [0, 1, 2, 3] as const;
/** Bytes of a row of four heads. */
export const FOUR_HEADS = 64;
// Two vectors for each key in scratch memory: its weights, and their gradients.
const FOUR_HEADS_KEY = 32;
const GRADIENT = 16;

type HeadsSpec = Readonly<Record<"q" | "k" | "v", Pointer> & Record<"starts" | "ends" | "scratch", Local>>;
type Gradients = Readonly<Record<"g" | "dq" | "dk" | "dv", Pointer>>;

/** The reciprocal square root of a head's channels. */
const SCALE = 0.5;

export class FourHeads {
  readonly #fn: FunctionBuilder;
  readonly #rounding: Rounding;
  readonly #spec: HeadsSpec;
  readonly row: Local;
  /** Byte offset of the four heads in every row. */
  readonly head: Local;
  readonly #from: Local;
  readonly #end: Local;
  readonly #pointer: Local;
  readonly #key: Local;
  readonly #value: Local;
  readonly #dk: Local;
  readonly #dv: Local;
  readonly #q: Four<Local>;
  readonly #g: Four<Local>;
  readonly #sums: Four<Local>;
  readonly #products: Four<Local>;
  readonly #most: Local;
  readonly #total: Local;
  readonly #mean: Local;
  readonly #weight: Local;
  readonly #slope: Local;

  constructor(fn: FunctionBuilder, rounding: Rounding, spec: HeadsSpec) {
    const int = (): Local => fn.local("i32");
    const vector = (): Local => fn.local("v128");
    const four = (): Four<Local> => [vector(), vector(), vector(), vector()];
    this.#fn = fn;
    this.#rounding = rounding;
    this.#spec = spec;
    [this.row, this.head, this.#from, this.#end] = [int(), int(), int(), int()];
    [this.#pointer, this.#key, this.#value, this.#dk, this.#dv] = [int(), int(), int(), int(), int()];
    [this.#q, this.#g, this.#sums, this.#products] = [four(), four(), four(), four()];
    [this.#most, this.#total, this.#mean] = [vector(), vector(), vector()];
    [this.#weight, this.#slope] = [vector(), vector()];
  }

  /** Attention of row `row` for the four heads at `head`. */
  attend(out: Pointer): Code {
    const { k, v } = this.#spec;
    const [weight, inverse] = [this.#weight, this.#total];
    const weigh = [
      v128.store(
        get(this.#pointer),
        tee(weight, exp(this.#fn, this.#rounding, f32x4.sub(this.#load(0), get(this.#most)))),
      ),
      set(this.#total, f32x4.add(get(this.#total), get(weight))),
    ];
    const take = [
      set(weight, this.#load(0)),
      this.#addTo(this.#sums, weight, (h) => v128.load(get(this.#value), h * 16)),
      advance(this.#value, v.rowStride * 4),
    ];
    return [
      this.#begin(),
      this.#forKeys([this.#score(), advance(this.#key, k.rowStride * 4)]),
      this.#forKeys(weigh),
      this.#forKeys(take),
      this.#invert(),
      set(this.#pointer, this.#rowOf(out, this.row)),
      this.#sums.map((sum, h) => v128.store(get(this.#pointer), f32x4.mul(get(sum), splat(inverse, h)), h * 16)),
    ];
  }

  /** Its gradients: stores the query's and adds to those of keys and values. */
  differentiate({ g, dq, dk, dv }: Gradients): Code {
    const { k, v } = this.#spec;
    const [weight, slope, inverse] = [this.#weight, this.#slope, this.#total];
    const rounding = this.#rounding;
    const score = [
      this.#score(),
      v128.store(get(this.#pointer), this.#dots(this.#g, this.#value), GRADIENT),
      advance(this.#key, k.rowStride * 4),
      advance(this.#value, v.rowStride * 4),
    ];
    const weigh = [
      v128.store(get(this.#pointer), tee(weight, exp(this.#fn, rounding, f32x4.sub(this.#load(0), get(this.#most))))),
      set(this.#total, f32x4.add(get(this.#total), get(weight))),
      set(this.#mean, madd(rounding, get(weight), this.#load(GRADIENT), get(this.#mean))),
    ];
    const add = (to: Local, factor: Local, rows: Four<Local>): Code =>
      rows.map((row, h) =>
        v128.store(get(to), madd(rounding, splat(factor, h), get(row), v128.load(get(to), h * 16)), h * 16),
      );
    const spread = [
      set(weight, f32x4.mul(this.#load(0), get(inverse))),
      set(slope, f32x4.mul(get(weight), f32x4.sub(this.#load(GRADIENT), get(this.#mean)))),
      add(this.#dv, weight, this.#g),
      add(this.#dk, slope, this.#q),
      this.#addTo(this.#sums, slope, (h) => v128.load(get(this.#key), h * 16)),
      [advance(this.#key, k.rowStride * 4), advance(this.#dk, dk.rowStride * 4), advance(this.#dv, dv.rowStride * 4)],
    ];
    return [
      this.#begin(),
      set(this.#pointer, this.#rowOf(g, this.row)),
      this.#g.map((row, h) => set(row, v128.load(get(this.#pointer), h * 16))),
      set(this.#mean, f32x4.const(0)),
      this.#forKeys(score),
      this.#forKeys(weigh),
      this.#invert(),
      set(this.#mean, f32x4.mul(get(this.#mean), get(inverse))),
      set(this.#key, this.#rowOf(k, this.#from)),
      [set(this.#dk, this.#rowOf(dk, this.#from)), set(this.#dv, this.#rowOf(dv, this.#from))],
      this.#forKeys(spread),
      set(this.#pointer, this.#rowOf(dq, this.row)),
      this.#sums.map((sum, h) => v128.store(get(this.#pointer), f32x4.mul(get(sum), f32x4.const(SCALE)), h * 16)),
    ];
  }

  /** Finds the keys of the row, loads its queries and resets all sums. */
  #begin(): Code {
    const { starts, ends, scratch, q, k, v } = this.#spec;
    const keys = i32.sub(greatest(wholeAt(ends, get(this.row)), get(this.#from)), get(this.#from));
    return [
      set(this.#from, wholeAt(starts, get(this.row))),
      set(this.#end, i32.add(get(scratch), i32.mul(keys, i32.const(FOUR_HEADS_KEY)))),
      [set(this.#key, this.#rowOf(k, this.#from)), set(this.#value, this.#rowOf(v, this.#from))],
      set(this.#pointer, this.#rowOf(q, this.row)),
      this.#q.map((row, h) => set(row, f32x4.mul(v128.load(get(this.#pointer), h * 16), f32x4.const(SCALE)))),
      // Almost the lowest float, but finite: -Infinity minus itself would be NaN.
      set(this.#most, f32x4.const(-3.4e38)),
      [this.#total, ...this.#sums].map((sum) => set(sum, f32x4.const(0))),
    ];
  }

  #rowOf({ base, rowStride }: Pointer, row: Local): Code {
    return i32.add(i32.add(get(base), get(this.head)), i32.mul(get(row), i32.const(rowStride * 4)));
  }

  #forKeys(body: Code): Code {
    return forRange(this.#pointer, get(this.#spec.scratch), get(this.#end), FOUR_HEADS_KEY, body);
  }

  #load(offset: number): Code {
    return v128.load(get(this.#pointer), offset);
  }

  /** Stores the key's score. */
  #score(): Code {
    const score = tee(this.#weight, this.#dots(this.#q, this.#key));
    return [v128.store(get(this.#pointer), score), set(this.#most, f32x4.pmax(get(this.#most), get(this.#weight)))];
  }

  /** The products of four rows with those at a pointer, one a lane. */
  #dots(rows: Four<Local>, pointer: Local): Code {
    return [
      HEADS.map((h) => set(this.#products[h], f32x4.mul(get(rows[h]), v128.load(get(pointer), h * 16)))),
      sumsOfLanes(this.#products),
    ];
  }

  /** Adds to every sum lane h of the factor times a row. */
  #addTo(sums: Four<Local>, factor: Local, row: (h: number) => Code): Code {
    return sums.map((sum, h) => set(sum, madd(this.#rounding, splat(factor, h), row(h), get(sum))));
  }

  /** Inverts the sum of weights. A row that sees no key has none, and its weights stay 0. */
  #invert(): Code {
    const total = this.#total;
    return set(total, v128.and(f32x4.div(f32x4.const(1), get(total)), f32x4.ne(get(total), f32x4.const(0))));
  }
}

function splat(x: Local, lane: number): Code {
  return v128.shuffle(get(x), get(x), [lane, lane, lane, lane]);
}
