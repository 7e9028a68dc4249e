/**
 * Attention over packed rows: row r attends to the keys starts[r] to ends[r] - 1, and softmax(q · k / √D) gives the
 * weight of each key's value. The scores are kept only for a few rows at a time. If there are fewer heads of keys than
 * of queries, neighboring heads of queries share one. (Ainslie et al. 2023, arXiv:2305.13245)
 */

import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, forRange, get, i32, type Local, type Rounding, set, when, whileDo } from "../asm/instructions.ts";
import { Block, LANES, TURNED, turnedBytes } from "./block.ts";
import { BlockOps } from "./block-ops.ts";
import { FOUR_HEADS, FourHeads } from "./four-heads.ts";
import { Single } from "./single.ts";
import { softmax } from "./softmax.ts";
import { type Pointer, plus } from "./tiles.ts";
import { Segmentation, Units, Zeros } from "./units.ts";

export type { Pointer } from "./tiles.ts";

export interface AttentionSpec {
  /** Heads of queries. */
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`. */
  readonly kvHeads: number;
  /** Channels of a head. */
  readonly headDim: number;
  /** i32: number of query rows. */
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
  /** i32: this thread's index, and the number of threads. */
  readonly thread: Local;
  readonly threads: Local;
}

/** The additional inputs of the gradients, and their outputs. */
export interface AttentionGradSpec extends Omit<AttentionSpec, "out"> {
  /** The gradient of attention's output. */
  readonly g: Pointer;
  readonly dq: Pointer;
  readonly dk: Pointer;
  readonly dv: Pointer;
  /** i32: number of rows of k and v. */
  readonly keyRows: Local;
}

export type AttentionSizes = Pick<AttentionSpec, "heads" | "kvHeads" | "headDim">;

/** A block of rows, one head at a time; or four heads of four channels, one row at a time. */
export type Way = "blocks" | "four heads";

/**
 * Bytes of scratch memory for one thread, enough for attention and for its gradients.
 * @param maxKeys maximum of ends[r] - starts[r]
 */
export function attentionScratchBytes({ headDim }: Pick<AttentionSizes, "headDim">, maxKeys: number): number {
  // Keys are processed four at a time.
  return TURNED + 2 * turnedBytes(headDim) + Math.ceil(maxKeys / 4) * 4 * 2 * LANES;
}

/** The faster way: four heads at once for small models, whose documents are short (bench/attention.ts). */
function wayOf({ heads, kvHeads, headDim }: AttentionSizes): Way {
  return headDim === 4 && heads % 4 === 0 && kvHeads === heads ? "four heads" : "blocks";
}

/**
 * Attention, for all heads, into `out`. Threads share it in units of a few rows and heads, so that the bits do not
 * depend on their number.
 */
export function emitAttention(
  fn: FunctionBuilder,
  rounding: Rounding,
  spec: AttentionSpec,
  way: Way = wayOf(spec),
): void {
  const { headDim, rows, q, k, v, out } = spec;
  const units = new Units(fn, spec);
  if (way === "four heads") {
    const four = new FourHeads(fn, rounding, spec);
    fn.emit(
      units.start(),
      forRange(four.row, i32.const(0), get(rows), 1, forFours(four, spec, units.take(four.attend(out)))),
    );
    return;
  }
  const block = new Block(fn, rounding, { ...spec, planes: 1 });
  const ops = new BlockOps(block);
  const many = [block.turn(q, 0, 1 / Math.sqrt(headDim)), ops.multiply(0, k), softmax(block), ops.mix(0, v, out, true)];
  const work = when(i32.eq(get(block.count), i32.const(1)), new Single(block).attend(q, k, v, out), many);
  const rest = [block.take(rows), forKeyHeads(block, spec, forGroup(block, spec, units.take(work)))];
  fn.emit(units.start(), set(block.row, i32.const(0)), forBlocks(block, rows, rest));
}

/**
 * The gradients of attention: `dq`, `dk` and `dv` are overwritten, all `keyRows` rows of the latter two. Threads share
 * them in units of a document (rows that share no key with others) and a head of keys, or four. So one thread sums the
 * gradient of a key, row by row and one head of queries after the other.
 */
export function emitAttentionGrad(
  fn: FunctionBuilder,
  rounding: Rounding,
  spec: AttentionGradSpec,
  way: Way = wayOf(spec),
): void {
  const { headDim, q, k, v, g, dq, dk, dv } = spec;
  const units = new Units(fn, spec);
  const segments = new Segmentation(fn, spec);
  const zeros = new Zeros(fn);
  const clear = (keyHead: Local, numbers: number): Code =>
    [dk, dv].map((to) => zeros.store(to, keyHead, numbers, segments.firstKey, segments.keyEnd));
  if (way === "four heads") {
    const four = new FourHeads(fn, rounding, spec);
    const rows = forRange(four.row, get(segments.first), get(segments.end), 1, four.differentiate(spec));
    const work = units.take([clear(four.head, 16), rows]);
    fn.emit(units.start(), segments.forEach(forFours(four, spec, work)));
    return;
  }
  const scale = 1 / Math.sqrt(headDim);
  const block = new Block(fn, rounding, { ...spec, planes: 2 });
  const ops = new BlockOps(block);
  const blocks = forBlocks(block, segments.end, [
    [block.take(segments.end), block.turn(q, 0, scale), block.turn(g, 1, 1)],
    [ops.multiply(0, k), ops.multiply(1, v), softmax(block, { scale })],
    [ops.mix(1, k, dq, false), ops.scatter(0, g, dv), ops.scatter(1, q, dk)],
  ]);
  const head = forGroup(block, spec, [set(block.row, get(segments.first)), blocks]);
  const work = units.take([clear(block.keyHead, headDim), head]);
  fn.emit(units.start(), segments.forEach(forKeyHeads(block, spec, work)));
}

/** Runs `body`, which takes a block, until there are no rows left before `last`. */
function forBlocks({ row, count }: Block, last: Local, body: Code): Code {
  return whileDo(i32.ltS(get(row), get(last)), [body, set(row, i32.add(get(row), get(count)))]);
}

function forFours({ head }: FourHeads, { heads, headDim }: AttentionSizes, body: Code): Code {
  return forRange(head, i32.const(0), i32.const(heads * headDim * 4), FOUR_HEADS, body);
}

function forKeyHeads({ keyHead }: Block, { kvHeads, headDim }: AttentionSizes, body: Code): Code {
  return forRange(keyHead, i32.const(0), i32.const(kvHeads * headDim * 4), headDim * 4, body);
}

/** Runs `body` for the heads of queries that share a head of keys. */
function forGroup({ head, keyHead }: Block, { heads, kvHeads, headDim }: AttentionSizes, body: Code): Code {
  if (head === keyHead) return body;
  const times = (x: Code): Code => i32.mul(x, i32.const(heads / kvHeads));
  return forRange(head, times(get(keyHead)), times(plus(keyHead, headDim * 4)), headDim * 4, body);
}
