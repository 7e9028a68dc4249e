/** Matrix products in tiles of 4 rows and 8 columns, vectors over n, whose sums stay in registers. */

import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, doWhile, forRange, get, i32, type Local, type Rounding, set, when } from "../asm/instructions.ts";
import { advance, packBlock, packPanel } from "./pack.ts";
import { planTiles, TILE_COLUMNS, TILE_ROWS, type TilePlan } from "./plan.ts";
import { RegisterTile } from "./registers.ts";
import type { Extent, MatmulSpec, TileSink } from "./spec.ts";

/** Adds the code of a product; `from` and `to` are rows. */
export function emitTiles(fn: FunctionBuilder, rounding: Rounding, spec: MatmulSpec, sink: TileSink): void {
  fn.emit(new TileEmitter(fn, rounding, spec, sink).blocks());
}

class TileEmitter {
  readonly #fn: FunctionBuilder;
  readonly #spec: MatmulSpec;
  readonly #sink: TileSink;
  readonly #plan: TilePlan;
  // The current block of rows and stretch of k.
  readonly #blockFrom: Local;
  readonly #blockTo: Local;
  readonly #depthFrom: Local;
  readonly #depth: Local;
  // The current tile.
  readonly #row: Local;
  readonly #column: Local;
  readonly #panel: Local;
  readonly #panelEnd: Local;
  readonly #kept: Local;
  readonly #registers: RegisterTile;

  constructor(fn: FunctionBuilder, rounding: Rounding, spec: MatmulSpec, sink: TileSink) {
    this.#fn = fn;
    this.#spec = spec;
    this.#sink = sink;
    this.#plan = planTiles(spec);
    this.#blockFrom = fn.local("i32");
    this.#blockTo = fn.local("i32");
    this.#depthFrom = fn.local("i32");
    this.#depth = fn.local("i32");
    this.#row = fn.local("i32");
    this.#column = fn.local("i32");
    this.#panel = fn.local("i32");
    this.#panelEnd = fn.local("i32");
    this.#kept = fn.local("i32");
    this.#registers = new RegisterTile(fn, rounding);
  }

  /** The whole product. */
  blocks(): Code {
    const { from, to } = this.#spec;
    const { splitsRows, blockRows } = this.#plan;
    const [first, last] = [this.#blockFrom, this.#blockTo];
    if (!splitsRows)
      return when(i32.ltS(get(from), get(to)), [set(first, get(from)), set(last, get(to)), this.#stretches()]);
    return forRange(first, get(from), get(to), blockRows, [
      set(last, smaller(get(to), i32.add(get(first), i32.const(blockRows)))),
      this.#stretches(),
    ]);
  }

  // A block of rows.
  #stretches(): Code {
    const { splitsDepth, depth } = this.#plan;
    const k = extent(this.#spec.k);
    if (!splitsDepth) return [set(this.#depth, k), this.#panels()];
    // At least once, so that sums over nothing become 0.
    return [
      set(this.#depthFrom, i32.const(0)),
      doWhile(
        [
          set(this.#depth, smaller(i32.sub(k, get(this.#depthFrom)), i32.const(depth))),
          this.#panels(),
          advance(this.#depthFrom, depth),
        ],
        i32.ltS(get(this.#depthFrom), k),
      ),
    ];
  }

  // A block of rows and a stretch of k.
  #panels(): Code {
    const { n, a, aStrides, scratch } = this.#spec;
    const { packsA, blockAt, stripPitch } = this.#plan;
    const column = this.#column;
    const rest = n % TILE_COLUMNS;
    const from = sum(get(a), times(get(this.#depthFrom), aStrides.k * 4), times(get(this.#blockFrom), aStrides.m * 4));
    return [
      packsA
        ? packBlock(this.#fn, {
            from,
            to: i32.add(get(scratch), i32.const(blockAt)),
            rows: i32.sub(get(this.#blockTo), get(this.#blockFrom)),
            depth: get(this.#depth),
            stride: aStrides.k,
            pitch: stripPitch,
          })
        : [],
      n - rest > 0 ? forRange(column, i32.const(0), i32.const(n - rest), TILE_COLUMNS, this.#tiles(TILE_COLUMNS)) : [],
      rest > 0 ? [set(column, i32.const(n - rest)), this.#tiles(rest)] : [],
    ];
  }

  // A panel of `columns` columns.
  #tiles(columns: number): Code {
    const { m, b, bStrides, scratch } = this.#spec;
    const { packsB, panelAt } = this.#plan;
    const [row, blockFrom, blockTo, panel] = [this.#row, this.#blockFrom, this.#blockTo, this.#panel];
    const from = sum(get(b), times(get(this.#depthFrom), bStrides.k * 4), times(get(this.#column), bStrides.n * 4));
    const to = i32.add(get(scratch), i32.const(panelAt));
    const rest = typeof m === "number" ? m % TILE_ROWS : 0;
    const tiles = (end: Code): Code => forRange(row, get(blockFrom), end, TILE_ROWS, this.#tile(TILE_ROWS, columns));
    return [
      packsB ? packPanel(this.#fn, { from, to, rows: get(this.#depth), columns, strides: bStrides }) : [],
      set(panel, packsB ? to : from),
      set(this.#panelEnd, i32.add(get(panel), times(get(this.#depth), this.#pitch(columns)))),
      rest === 0
        ? tiles(get(blockTo))
        : [
            tiles(i32.sub(get(blockTo), i32.const(TILE_ROWS - 1))),
            when(i32.ltS(get(row), get(blockTo)), this.#tile(rest, columns)),
          ],
    ];
  }

  // Bytes from one row of a panel to the next.
  #pitch(columns: number): number {
    return this.#plan.packsB ? Math.ceil(columns / 4) * 16 : this.#spec.bStrides.k * 4;
  }

  #tile(rows: number, columns: number): Code {
    const { k, aStrides } = this.#spec;
    const { packsA, splitsDepth } = this.#plan;
    const tile = this.#registers;
    const multiply = tile.multiply(rows, columns, {
      a: this.#strip(),
      aStrides: packsA ? { m: 1, k: TILE_ROWS } : aStrides,
      panel: this.#panel,
      panelEnd: this.#panelEnd,
      pitch: this.#pitch(columns),
      mayBeEmpty: typeof k !== "number",
    });
    const clear = tile.clear(rows, columns);
    const deliver = tile.deliver(rows, columns, this.#sink, this.#row, this.#column);
    if (!splitsDepth) return [clear, multiply, deliver];
    const kept = this.#kept;
    return [
      set(kept, this.#keptAt()),
      when(i32.eqz(get(this.#depthFrom)), clear, tile.restore(rows, columns, kept)),
      multiply,
      when(
        i32.ltS(i32.add(get(this.#depthFrom), get(this.#depth)), extent(k)),
        tile.keep(rows, columns, kept),
        deliver,
      ),
    ];
  }

  // The address of the 4 rows of A.
  #strip(): Code {
    const { a, aStrides, scratch } = this.#spec;
    const { packsA, blockAt, stripPitch } = this.#plan;
    if (!packsA) return sum(get(a), times(get(this.#depthFrom), aStrides.k * 4), times(get(this.#row), aStrides.m * 4));
    const row = i32.sub(get(this.#row), get(this.#blockFrom));
    return sum(get(scratch), i32.const(blockAt), times(row, stripPitch / TILE_ROWS));
  }

  // The address of the tile's sums between two stretches of k.
  #keptAt(): Code {
    const { sumsAt, blockRows } = this.#plan;
    const row = i32.sub(get(this.#row), get(this.#blockFrom));
    return sum(
      get(this.#spec.scratch),
      i32.const(sumsAt),
      times(row, TILE_COLUMNS * 4),
      times(get(this.#column), blockRows * 4),
    );
  }
}

function extent(size: Extent): Code {
  return typeof size === "number" ? i32.const(size) : get(size);
}

function smaller(x: Code, y: Code): Code {
  return i32.select(x, y, i32.ltS(x, y));
}

function times(x: Code, factor: number): Code {
  return i32.mul(x, i32.const(factor));
}

function sum(first: Code, ...terms: readonly Code[]): Code {
  return terms.reduce((total, term) => i32.add(total, term), first);
}
