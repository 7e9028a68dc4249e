/** Attention and its gradients: its operands, and its split among threads. */

import type { Buffer, LibraryKernel } from "../../compile/kernel.ts";
import type { Table } from "../../compile/routines.ts";
import { sizeAt } from "../../util/dim.ts";
import type { Vectors } from "../target.ts";
import { attentionPacked } from "./attention-packed.ts";
import { attentionTiles } from "./attention-tiles.ts";
import { float } from "./prelude.ts";
import { extent, type Scope } from "./scope.ts";

type AttentionKernel = LibraryKernel<"attention" | "attentionGrad">;

/** Entries of scratch memory for one thread: rows of a block turned, its weights, and their gradients. */
export function attentionScratch({ sizes }: AttentionKernel, maxRows: number, { lanes }: Vectors): number {
  return (sizes.headDim + lanes + 2 * (sizeAt(sizes.keyRows, maxRows) + 1)) * 2 * lanes;
}

export function renderAttention(scope: Scope, kernel: AttentionKernel): void {
  const { code, nameOf } = scope;
  const { sizes, reads } = kernel;
  const pointer = ({ buffer, offset }: Table<Buffer>): string =>
    `${nameOf({ buffer, offset, strides: [] })} + ${offset}`;
  const table = (name: string, of: Table<Buffer>): string =>
    `.${name} = ${pointer(of)}, .${name}_stride = ${of.stride}`;
  const common = [
    `.heads = ${sizes.heads}, .kv_heads = ${sizes.kvHeads}, .dim = ${sizes.headDim}`,
    `.scale = ${float(1 / Math.sqrt(sizes.headDim))}`,
    `.rows = ${extent(sizes.rows)}, .key_rows = ${extent(sizes.keyRows)}`,
    table("q", reads.q),
    table("k", reads.k),
    table("v", reads.v),
    `.starts = ${pointer(reads.starts)}, .ends = ${pointer(reads.ends)}`,
  ];
  const own =
    kernel.routine === "attention"
      ? [table("out", kernel.writes.out)]
      : [
          table("g", kernel.reads.g),
          table("dq", kernel.writes.dq),
          table("dk", kernel.writes.dk),
          table("dv", kernel.writes.dv),
        ];
  code.line(`const Attention attention_ = {${[...common, ...own].join(", ")}};`);
  code.line(
    kernel.routine === "attention"
      ? "job->support->attention(&attention_, job);"
      : "job->support->attention_grad(&attention_, job);",
  );
}

/** The operands of attention and of its gradients. */
export const ATTENTION_TYPES = `
typedef struct {
  I heads, kv_heads, dim;
  F scale;
  I rows, key_rows;
  const F *q; I q_stride;
  const F *k; I k_stride;
  const F *v; I v_stride;
  const F *starts, *ends;
  F *out; I out_stride;
  const F *g; I g_stride;
  F *dq; I dq_stride;
  F *dk; I dk_stride;
  F *dv; I dv_stride;
} Attention;
`;

/** The functions `attention` and `attention_grad`. */
export function attention(vectors: Vectors): string {
  return [attentionTiles(vectors), attentionPacked(vectors), SHARING].join("\n");
}

/** Threads take turns at units of the work, so that each number is computed by one thread, in one order. */
const SHARING = `
/* Rows of a document up to which heads are packed. */
#define SHORT 20
/* Rows of a block up to which each is computed by itself. */
#define ALONE 3

static WRITES void attention(const Attention *a, const Job *job) {
  const int packing = packs(a);
  I unit = 0;
  for (I row = 0; row < a->rows;) {
    const Block b = block_at(a, row, a->rows);
    row += b.rows;
    if (packing && b.rows <= SHORT) {
      if (unit++ % job->threads != job->thread) continue;
      for (I r = b.row; r < b.row + b.rows; r++) for (I at = 0; at < a->heads * a->dim; at += W) packed_attend(a, r, at, job->scratch);
      continue;
    }
    for (I head = 0; head < a->heads; head++) {
      if (unit++ % job->threads != job->thread) continue;
      const I key_head = head * a->kv_heads / a->heads;
      if (b.rows > ALONE) block_attend(a, &b, head, key_head, job->scratch);
      else for (I r = b.row; r < b.row + b.rows; r++) row_attend(a, r, head, key_head, job->scratch);
    }
  }
}

/* Sets columns of the rows of a table to 0. */
static WRITES void clear(F *table, I stride, I from, I to, I columns) {
  for (I r = from; r < to; r++) for (I c = 0; c < columns; c += W) store(table + r * stride + c, (V){}, (int)least(W, columns - c));
}

/* The gradients of the rows and keys of a segment, which share no key with others, for one head of keys. */
static WRITES void segment_grad(const Attention *a, const Job *job, I row, I end_row, I key_head) {
  const I group = a->heads / a->kv_heads;
  while (row < end_row) {
    const Block b = block_at(a, row, end_row);
    for (I head = key_head * group; head < (key_head + 1) * group; head++) block_differentiate(a, &b, head, key_head, job->scratch);
    row += b.rows;
  }
}

/*
 * A segment's keys begin at the end of the segment before; the last one has those after all rows. If starts ever decrease,
 * all rows are one segment.
 */
static WRITES void attention_grad(const Attention *a, const Job *job) {
  const int packing = packs(a);
  int ordered = 1;
  for (I r = 1; r < a->rows; r++) ordered &= a->starts[r - 1] <= a->starts[r];
  I unit = 0;
  for (I row = 0, first_key = 0; row <= a->rows;) {
    I end = row, end_key = first_key;
    if (row == a->rows) end_key = a->key_rows;
    while (end < a->rows && (end == row || !ordered || a->starts[end] < end_key)) {
      if ((I)a->ends[end] > end_key) end_key = (I)a->ends[end];
      end++;
    }
    if (packing && end - row <= SHORT) {
      if (unit++ % job->threads == job->thread) {
        clear(a->dk, a->dk_stride, first_key, end_key, a->heads * a->dim);
        clear(a->dv, a->dv_stride, first_key, end_key, a->heads * a->dim);
        for (I r = row; r < end; r++) for (I at = 0; at < a->heads * a->dim; at += W) packed_differentiate(a, r, at, job->scratch);
      }
    } else {
      for (I key_head = 0; key_head < a->kv_heads; key_head++) {
        if (unit++ % job->threads != job->thread) continue;
        clear(a->dk + key_head * a->dim, a->dk_stride, first_key, end_key, a->dim);
        clear(a->dv + key_head * a->dim, a->dv_stride, first_key, end_key, a->dim);
        segment_grad(a, job, row, end, key_head);
      }
    }
    first_key = end_key;
    row = row == a->rows ? end + 1 : end;
  }
}
`;
