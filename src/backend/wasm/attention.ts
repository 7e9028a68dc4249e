/**
 * Attention over packed rows: row r looks at the keys starts[r] to ends[r] - 1, and softmax(q · k / √D) of it says how
 * much of each key's value it takes. The scores are kept for a few rows at a time only.
 */

import type { FunctionBuilder } from "./assembler.ts";
import { Block, LANES, TURNED, turnedBytes } from "./attention-block.ts";
import { BlockOps } from "./attention-block-ops.ts";
import type { Pointer } from "./attention-tiles.ts";
import { Segmentation, Units, Zeros } from "./attention-units.ts";
import { type Code, forRange, get, i32, type Local, set, type Target, whileDo } from "./instructions.ts";

export type { Pointer } from "./attention-tiles.ts";

export interface AttentionSpec {
  readonly heads: number;
  /** Channels of a head. */
  readonly headDim: number;
  /** i32: how many rows of queries there are. */
  readonly rows: Local;
  readonly q: Pointer;
  readonly k: Pointer;
  readonly v: Pointer;
  readonly out: Pointer;
  /** i32: byte addresses of tables of whole numbers, as float32. */
  readonly starts: Local;
  readonly ends: Local;
  /** i32: byte address of this thread's scratch memory, `attentionScratchBytes` of it. */
  readonly scratch: Local;
  /** i32: this thread's number, and how many threads there are. */
  readonly thread: Local;
  readonly threads: Local;
}

/** What the gradients need besides, and where they go. */
export interface AttentionGradSpec extends Omit<AttentionSpec, "out"> {
  /** The gradient of what attention gave. */
  readonly g: Pointer;
  readonly dq: Pointer;
  readonly dk: Pointer;
  readonly dv: Pointer;
  /** i32: how many rows k and v have. */
  readonly keyRows: Local;
}

export type AttentionSizes = Pick<AttentionSpec, "heads" | "headDim">;

/**
 * Bytes of scratch memory for one thread, enough for attention and for its gradients.
 * @param maxKeys the most that ends[r] - starts[r] can be.
 */
export function attentionScratchBytes({ headDim }: AttentionSizes, maxKeys: number): number {
  // Keys are worked on four at a time.
  return TURNED + 2 * turnedBytes(headDim) + Math.ceil(maxKeys / 4) * 4 * 2 * LANES;
}

/**
 * Attention, for all heads, into `out`. Shared among threads in units of some rows and a head, so that the bits do not
 * depend on how many threads there are.
 */
export function emitAttention(fn: FunctionBuilder, target: Target, spec: AttentionSpec): void {
  const { headDim, heads, rows, q, k, v, out } = spec;
  const block = new Block(fn, target, { ...spec, planes: 1 });
  const ops = new BlockOps(block);
  const units = new Units(fn, spec);
  const work = [block.turn(q, 0, 1 / Math.sqrt(headDim)), ops.multiply(0, k), ops.softmax(), ops.mix(0, v, out, true)];
  fn.emit(
    units.start(),
    set(block.row, i32.const(0)),
    whileDo(i32.ltS(get(block.row), get(rows)), [
      block.take(rows),
      forHeads(block, heads, units.take(work)),
      set(block.row, i32.add(get(block.row), get(block.count))),
    ]),
  );
}

/**
 * The gradients of attention: `dq`, `dk` and `dv` are overwritten, all `keyRows` rows of the latter. Shared among
 * threads in units of a document (rows that share no key with others) and a head.
 */
export function emitAttentionGrad(fn: FunctionBuilder, target: Target, spec: AttentionGradSpec): void {
  const { headDim, heads, q, k, v, g, dq, dk, dv } = spec;
  const scale = 1 / Math.sqrt(headDim);
  const block = new Block(fn, target, { ...spec, planes: 2 });
  const ops = new BlockOps(block);
  const units = new Units(fn, spec);
  const segments = new Segmentation(fn, spec);
  const zeros = new Zeros(fn);
  const work = [
    [block.turn(q, 0, scale), block.turn(g, 1, 1)],
    [ops.multiply(0, k), ops.multiply(1, v), ops.softmax({ scale })],
    [ops.mix(1, k, dq, false), ops.scatter(0, g, dv), ops.scatter(1, q, dk)],
  ];
  const segment = [
    [dk, dv].map((to) => zeros.store(to, block.head, headDim, segments.firstKey, segments.keyEnd)),
    set(block.row, get(segments.first)),
    whileDo(i32.ltS(get(block.row), get(segments.end)), [
      block.take(segments.end),
      work,
      set(block.row, i32.add(get(block.row), get(block.count))),
    ]),
  ];
  fn.emit(units.start(), segments.forEach(forHeads(block, heads, units.take(segment))));
}

function forHeads({ head, headDim }: Block, heads: number, body: Code): Code {
  return forRange(head, i32.const(0), i32.const(heads * headDim * 4), headDim * 4, body);
}
