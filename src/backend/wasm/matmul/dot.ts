/** Matrix products as dot products of contiguous rows of A with contiguous columns of B, vectors over k. */

import { internalError } from "../../../util/errors.ts";
import type { FunctionBuilder } from "../asm/assembler.ts";
import {
  type Code,
  doWhile,
  f32x4,
  forRange,
  get,
  i32,
  type Local,
  madd,
  type Rounding,
  set,
  when,
} from "../asm/instructions.ts";
import { loadEntries, sumOverLanes } from "./lanes.ts";
import { advance } from "./pack.ts";
import { BLOCK_ENTRIES } from "./plan.ts";
import type { MatmulSpec, TileSink } from "./spec.ts";

// Columns of a tile: the number of lanes in a vector of results.
const COLUMNS = 4;
// A single row of at least this length takes one column of B at a time, since memory is read fastest in one stream.
const STREAM_DEPTH = 256;

/** Emits a product whose k strides are 1; `from` and `to` are along the axis `split`. */
export function emitDots(
  fn: FunctionBuilder,
  rounding: Rounding,
  spec: MatmulSpec,
  sink: TileSink,
  split: "m" | "n",
): void {
  const { k, from, to } = spec;
  if (typeof k !== "number") throw internalError("dot products of a length not known");
  const emitter = new DotEmitter(fn, rounding, { ...spec, k }, sink);
  fn.emit(when(i32.ltS(get(from), get(to)), split === "n" ? emitter.columnPart() : emitter.rowPart()));
}

class DotEmitter {
  readonly #rounding: Rounding;
  readonly #spec: MatmulSpec & { readonly k: number };
  readonly #sink: TileSink;
  readonly #row: Local;
  readonly #rowsFrom: Local;
  readonly #rowsTo: Local;
  readonly #column: Local;
  readonly #aPointer: Local;
  readonly #aEnd: Local;
  readonly #bPointer: Local;
  readonly #xs: readonly Local[];
  readonly #y: Local;
  readonly #pair: Local;
  /** By row, then by column; each is summed over its lanes. */
  readonly #sums: readonly (readonly Local[])[];
  readonly #partial: readonly Local[];

  constructor(fn: FunctionBuilder, rounding: Rounding, spec: MatmulSpec & { readonly k: number }, sink: TileSink) {
    this.#rounding = rounding;
    this.#spec = spec;
    this.#sink = sink;
    this.#row = fn.local("i32");
    this.#rowsFrom = fn.local("i32");
    this.#rowsTo = fn.local("i32");
    this.#column = fn.local("i32");
    this.#aPointer = fn.local("i32");
    this.#aEnd = fn.local("i32");
    this.#bPointer = fn.local("i32");
    const vectors = (count: number): Local[] => Array.from({ length: count }, () => fn.local("v128"));
    this.#xs = vectors(spec.maxM === 1 ? 1 : 2);
    this.#y = fn.local("v128");
    this.#pair = fn.local("v128");
    this.#sums = this.#xs.map(() => vectors(COLUMNS));
    this.#partial = vectors(4);
  }

  /** All rows of a part of the columns. */
  columnPart(): Code {
    const { m, n, from, to } = this.#spec;
    const rest = n % COLUMNS;
    return [
      set(this.#rowsTo, typeof m === "number" ? i32.const(m) : get(m)),
      forRange(this.#column, get(from), i32.sub(get(to), i32.const(COLUMNS - 1)), COLUMNS, this.#rows(COLUMNS)),
      rest > 0 ? when(i32.ltS(get(this.#column), get(to)), this.#rows(rest)) : [],
    ];
  }

  /** All columns of a part of the rows, as many at a time as stay in the cache. */
  rowPart(): Code {
    const { n, k, maxM, from, to } = this.#spec;
    const rest = n % COLUMNS;
    const columns = [
      forRange(this.#column, i32.const(0), i32.const(n - rest), COLUMNS, this.#rows(COLUMNS)),
      rest > 0 ? [set(this.#column, i32.const(n - rest)), this.#rows(rest)] : [],
    ];
    const blockRows = Math.ceil(BLOCK_ENTRIES / k / 4) * 4;
    if (maxM <= blockRows) return [set(this.#rowsFrom, get(from)), set(this.#rowsTo, get(to)), columns];
    const blockEnd = i32.add(get(this.#rowsFrom), i32.const(blockRows));
    return forRange(this.#rowsFrom, get(from), get(to), blockRows, [
      set(this.#rowsTo, i32.select(get(to), blockEnd, i32.ltS(get(to), blockEnd))),
      columns,
    ]);
  }

  // `columns` columns of the rows from #rowsFrom to #rowsTo; if m is a local, perhaps one row more.
  #rows(columns: number): Code {
    const { m } = this.#spec;
    const [row, to] = [this.#row, this.#rowsTo];
    const height = this.#xs.length;
    if (typeof m !== "number" || m % height === 0) {
      return forRange(row, get(this.#rowsFrom), get(to), height, this.#tile(height, columns));
    }
    return [
      forRange(row, get(this.#rowsFrom), i32.sub(get(to), i32.const(height - 1)), height, this.#tile(height, columns)),
      when(i32.ltS(get(row), get(to)), this.#tile(1, columns)),
    ];
  }

  #tile(rows: number, columns: number): Code {
    const { k, maxM } = this.#spec;
    const sums = this.#sums.slice(0, rows).map((locals) => locals.slice(0, columns));
    return [
      maxM === 1 && k >= STREAM_DEPTH ? this.#stream(sums) : this.#together(sums),
      this.#sink.begin(this.#row, this.#column),
      sums.map((locals, i) => this.#sink.store(i, 0, columns, sumOverLanes(locals, this.#y, this.#pair))),
    ];
  }

  // All columns at once, a vector of each in each step.
  #together(sums: readonly (readonly Local[])[]): Code {
    const { aStrides, bStrides } = this.#spec;
    const xs = this.#xs.slice(0, sums.length);
    const ys = sums[0] ?? [];
    const step = (entries: number): Code => [
      xs.map((x, i) => set(x, loadEntries(this.#aPointer, i * aStrides.m * 4, entries))),
      ys.map((_, j) => [
        set(this.#y, loadEntries(this.#bPointer, j * bStrides.n * 4, entries)),
        xs.map((x, i) => {
          const sum = sums[i]?.[j] ?? x;
          return set(sum, madd(this.#rounding, get(x), get(this.#y), get(sum)));
        }),
      ]),
    ];
    return [this.#operands(0), clear(sums.flat()), this.#loop(4, step)];
  }

  // One column after the other, four vectors in each step.
  #stream(sums: readonly (readonly Local[])[]): Code {
    const partial = this.#partial;
    const step = (entries: number): Code =>
      partial.slice(0, Math.ceil(entries / 4)).map((sum, c) => {
        const [x, y] = [this.#aPointer, this.#bPointer].map((pointer) => loadEntries(pointer, c * 16, entries - c * 4));
        return set(sum, madd(this.#rounding, x ?? [], y ?? [], get(sum)));
      });
    const [a, b, c, d] = partial.map(get);
    const total = f32x4.add(f32x4.add(a ?? [], b ?? []), f32x4.add(c ?? [], d ?? []));
    return sums.flat().map((sum, j) => [this.#operands(j), clear(partial), this.#loop(16, step), set(sum, total)]);
  }

  // Sets the pointers to the tile's first row of A and to its column of B.
  #operands(j: number): Code {
    const { a, b, aStrides, bStrides } = this.#spec;
    const at = (index: Local, stride: number): Code => i32.mul(get(index), i32.const(stride * 4));
    const column = i32.add(get(b), at(this.#column, bStrides.n));
    return [
      set(this.#aPointer, i32.add(get(a), at(this.#row, aStrides.m))),
      set(this.#bPointer, j === 0 ? column : i32.add(column, i32.const(j * bStrides.n * 4))),
    ];
  }

  // Steps of `entries` along k, and one with the rest.
  #loop(entries: number, step: (entries: number) => Code): Code {
    const rest = this.#spec.k % entries;
    const bytes = (this.#spec.k - rest) * 4;
    const [a, b, end] = [this.#aPointer, this.#bPointer, this.#aEnd];
    const body = [step(entries), advance(a, entries * 4), advance(b, entries * 4)];
    return [
      bytes > 0 ? [set(end, i32.add(get(a), i32.const(bytes))), doWhile(body, i32.ne(get(a), get(end)))] : [],
      rest > 0 ? step(rest) : [],
    ];
  }
}

function clear(locals: readonly Local[]): Code {
  return locals.map((local) => set(local, f32x4.const(0)));
}
