/** Splits the work of attention into units, which the threads take in turn. */

import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, doWhile, f32x4, forRange, get, i32, type Local, set, when, whileDo } from "../asm/instructions.ts";
import { advance, greatest, type Pointer, storeLanes, wholeAt } from "./tiles.ts";

export interface Sharing {
  readonly thread: Local;
  readonly threads: Local;
}

/** Counts units and selects this thread's. */
export class Units {
  readonly #sharing: Sharing;
  readonly #next: Local;

  constructor(fn: FunctionBuilder, sharing: Sharing) {
    this.#sharing = sharing;
    this.#next = fn.local("i32");
  }

  start(): Code {
    return set(this.#next, i32.const(0));
  }

  /** Runs `body` if it is this thread's turn. */
  take(body: Code): Code {
    const { thread, threads } = this.#sharing;
    return [
      when(i32.eq(get(this.#next), get(thread)), body),
      advance(this.#next, 1),
      set(this.#next, i32.select(i32.const(0), get(this.#next), i32.eq(get(this.#next), get(threads)))),
    ];
  }
}

export interface Segments {
  readonly rows: Local;
  /** Number of rows of keys. */
  readonly keyRows: Local;
  readonly starts: Local;
  readonly ends: Local;
}

/**
 * Splits the rows into segments that share no key, such as documents, and the keys with them: a segment's keys begin at
 * the end of the segment before. If starts ever decrease, all rows are one segment.
 */
export class Segmentation {
  readonly first: Local;
  readonly end: Local;
  readonly firstKey: Local;
  readonly keyEnd: Local;
  readonly #ordered: Local;
  readonly #spec: Segments;

  constructor(fn: FunctionBuilder, spec: Segments) {
    const int = (): Local => fn.local("i32");
    [this.first, this.end, this.firstKey, this.keyEnd, this.#ordered] = [int(), int(), int(), int(), int()];
    this.#spec = spec;
  }

  /** Runs `body` for every segment, and finally for the keys after all of them, without rows. */
  forEach(body: Code): Code {
    const { rows, keyRows, starts, ends } = this.#spec;
    const { first, end, firstKey, keyEnd } = this;
    const start = wholeAt(starts, get(end));
    const inOrder = i32.leS(wholeAt(starts, i32.sub(get(end), i32.const(1))), start);
    const apart = i32.and(get(this.#ordered), i32.geS(start, get(keyEnd)));
    const more = i32.and(i32.ltS(get(end), get(rows)), i32.eqz(apart));
    const grow = [set(keyEnd, greatest(wholeAt(ends, get(end)), get(keyEnd))), advance(end, 1)];
    return [
      set(this.#ordered, i32.const(1)),
      forRange(end, i32.const(1), get(rows), 1, set(this.#ordered, i32.and(get(this.#ordered), inOrder))),
      [first, end, firstKey, keyEnd].map((local) => set(local, i32.const(0))),
      whileDo(i32.leS(get(first), get(rows)), [
        when(i32.ltS(get(first), get(rows)), doWhile(grow, more), set(keyEnd, get(keyRows))),
        body,
        set(first, i32.add(get(end), i32.eq(get(first), get(rows)))),
        set(firstKey, get(keyEnd)),
      ]),
    ];
  }
}

/** Sets `numbers` numbers of every row of a tensor to 0, from `offset` bytes on, in the rows `from` to `to` - 1. */
export class Zeros {
  readonly #pointer: Local;
  readonly #row: Local;
  readonly #zero: Local;

  constructor(fn: FunctionBuilder) {
    [this.#pointer, this.#row, this.#zero] = [fn.local("i32"), fn.local("i32"), fn.local("v128")];
  }

  store({ base, rowStride }: Pointer, offset: Local, numbers: number, from: Local, to: Local): Code {
    const stride = rowStride * 4;
    const vectors = Array.from({ length: Math.ceil(numbers / 4) }, (_, i) => i * 4);
    return [
      set(this.#zero, f32x4.const(0)),
      set(this.#pointer, i32.add(i32.add(get(base), get(offset)), i32.mul(get(from), i32.const(stride)))),
      forRange(this.#row, get(from), get(to), 1, [
        vectors.map((at) => storeLanes(this.#pointer, this.#zero, numbers - at, at * 4)),
        advance(this.#pointer, stride),
      ]),
    ];
  }
}
