/**
 * Attention over packed rows: row r looks at the keys starts[r] to ends[r] - 1, and softmax(q · k / √D) of it says how
 * much of each key's value it takes. The scores are kept for a few rows at a time only.
 */

import type { FunctionBuilder } from "../asm/assembler.ts";
import { type Code, forRange, get, i32, type Local, set, type Target, when, whileDo } from "../asm/instructions.ts";
import { Block, LANES, TURNED, turnedBytes } from "./block.ts";
import { BlockOps } from "./block-ops.ts";
import { FOUR_HEADS, FourHeads } from "./four-heads.ts";
import { Single } from "./single.ts";
import { softmax } from "./softmax.ts";
import type { Pointer } from "./tiles.ts";
import { Segmentation, Units, Zeros } from "./units.ts";

export type { Pointer } from "./tiles.ts";

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

/** Whether four heads are worked on at once, row by row: the way for small models, whose documents are short. */
function fourHeads({ heads, headDim }: AttentionSizes): boolean {
  return headDim === 4 && heads % 4 === 0;
}

/**
 * Attention, for all heads, into `out`. Shared among threads in units of a few rows and heads, so that the bits do not
 * depend on how many threads there are.
 */
export function emitAttention(fn: FunctionBuilder, target: Target, spec: AttentionSpec): void {
  const { headDim, rows, q, k, v, out } = spec;
  const units = new Units(fn, spec);
  if (fourHeads(spec)) {
    const four = new FourHeads(fn, target, spec);
    fn.emit(
      units.start(),
      forRange(four.row, i32.const(0), get(rows), 1, forHeads(four, spec, units.take(four.attend(out)))),
    );
    return;
  }
  const block = new Block(fn, target, { ...spec, planes: 1 });
  const ops = new BlockOps(block);
  const many = [block.turn(q, 0, 1 / Math.sqrt(headDim)), ops.multiply(0, k), softmax(block), ops.mix(0, v, out, true)];
  const work = when(i32.eq(get(block.count), i32.const(1)), new Single(block).attend(q, k, v, out), many);
  const rest = [block.take(rows), forHeads(block, spec, units.take(work))];
  fn.emit(units.start(), set(block.row, i32.const(0)), forBlocks(block, rows, rest));
}

/**
 * The gradients of attention: `dq`, `dk` and `dv` are overwritten, all `keyRows` rows of the latter. Shared among
 * threads in units of a document (rows that share no key with others) and a head, or four.
 */
export function emitAttentionGrad(fn: FunctionBuilder, target: Target, spec: AttentionGradSpec): void {
  const units = new Units(fn, spec);
  const segments = new Segmentation(fn, spec);
  const zeros = new Zeros(fn);
  const share = (part: Part, numbers: number, work: Code): void => {
    const clear = [spec.dk, spec.dv].map((to) =>
      zeros.store(to, part.head, numbers, segments.firstKey, segments.keyEnd),
    );
    fn.emit(units.start(), segments.forEach(forHeads(part, spec, units.take([clear, work]))));
  };
  if (fourHeads(spec)) {
    const four = new FourHeads(fn, target, spec);
    share(four, 16, forRange(four.row, get(segments.first), get(segments.end), 1, four.differentiate(spec)));
    return;
  }
  const { headDim, q, k, v, g, dq, dk, dv } = spec;
  const scale = 1 / Math.sqrt(headDim);
  const block = new Block(fn, target, { ...spec, planes: 2 });
  const ops = new BlockOps(block);
  const work = [
    [block.take(segments.end), block.turn(q, 0, scale), block.turn(g, 1, 1)],
    [ops.multiply(0, k), ops.multiply(1, v), softmax(block, { scale })],
    [ops.mix(1, k, dq, false), ops.scatter(0, g, dv), ops.scatter(1, q, dk)],
  ];
  share(block, headDim, [set(block.row, get(segments.first)), forBlocks(block, segments.end, work)]);
}

/** Does `body`, which takes a block, until there are no rows left before `last`. */
function forBlocks({ row, count }: Block, last: Local, body: Code): Code {
  return whileDo(i32.ltS(get(row), get(last)), [body, set(row, i32.add(get(row), get(count)))]);
}

/** What works on the heads at `head`. */
interface Part {
  readonly head: Local;
}

function forHeads({ head }: Part, { heads, headDim }: AttentionSizes, body: Code): Code {
  const step = fourHeads({ heads, headDim }) ? FOUR_HEADS : headDim * 4;
  return forRange(head, i32.const(0), i32.const(heads * headDim * 4), step, body);
}
