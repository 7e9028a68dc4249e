/** Attention and its gradients: a row and a head at a time, vectors along the channels of a head. */

import type { Buffer, LibraryKernel } from "../../compile/kernel.ts";
import type { Table } from "../../compile/routines.ts";
import { sizeAt } from "../../util/dim.ts";
import type { Vectors } from "../target.ts";
import { float } from "./prelude.ts";
import { extent, type Scope } from "./scope.ts";

type AttentionKernel = LibraryKernel<"attention" | "attentionGrad">;

/** Entries of scratch memory for one thread: the scores of a row, and their gradients. */
export function attentionScratch({ sizes }: AttentionKernel, maxRows: number, { lanes }: Vectors): number {
  return 2 * (sizeAt(sizes.keyRows, maxRows) + 2 * lanes);
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

export const ATTENTION = `
static F dot(const F *x, const F *y, I n) {
  V s = {};
  I i = 0;
  for (; i + W <= n; i += W) s += load(x + i) * load(y + i);
  if (i < n) s += first((int)(n - i), load(x + i) * load(y + i), (V){});
  return sum_lanes(s);
}

/* y += factor x */
static void add(F *y, F factor, const F *x, I n) {
  I i = 0;
  for (; i + W <= n; i += W) store(y + i, load(y + i) + factor * load(x + i), W);
  if (i < n) store(y + i, load(y + i) + factor * load(x + i), (int)(n - i));
}

/* The weights of the keys of a row, not divided by their sum, whose reciprocal it returns. */
static F attention_weights(const Attention *a, I row, I head, I key_head, I from, I to, F *weights) {
  const F *q = a->q + row * a->q_stride + head * a->dim;
  F most = -3.4e38f;
  for (I t = from; t < to; t++) {
    weights[t - from] = dot(q, a->k + t * a->k_stride + key_head * a->dim, a->dim) * a->scale;
    most = maximum_1(most, weights[t - from]);
  }
  V total = {};
  for (I t = 0; t < to - from; t += W) {
    const V x = first((int)least(W, to - from - t), exp_v(load(weights + t) - most), (V){});
    store(weights + t, x, W);
    total += x;
  }
  const F sum = sum_lanes(total);
  return sum == 0.f ? 0.f : 1.f / sum;
}

static void attention(const Attention *a, const Job *job) {
  F *weights = job->scratch;
  I first_row, end_row;
  share(job, a->rows, 8, &first_row, &end_row);
  for (I row = first_row; row < end_row; row++) for (I head = 0; head < a->heads; head++) {
    const I from = (I)a->starts[row], to = (I)a->ends[row], key_head = head * a->kv_heads / a->heads;
    const F inverse = attention_weights(a, row, head, key_head, from, to, weights);
    F *out = a->out + row * a->out_stride + head * a->dim;
    for (I c = 0; c < a->dim; c++) out[c] = 0.f;
    for (I t = from; t < to; t++) add(out, weights[t - from] * inverse, a->v + t * a->v_stride + key_head * a->dim, a->dim);
  }
}

static void attention_grad(const Attention *a, const Job *job) {
  F *weights = job->scratch, *changes = weights + a->key_rows + 2 * W;
  I first_head, end_head;
  share(job, a->kv_heads, 1, &first_head, &end_head);
  for (I key_head = first_head; key_head < end_head; key_head++) {
    const I group = a->heads / a->kv_heads, at = key_head * a->dim;
    for (I t = 0; t < a->key_rows; t++) for (I c = 0; c < a->dim; c++) {
      a->dk[t * a->dk_stride + at + c] = 0.f;
      a->dv[t * a->dv_stride + at + c] = 0.f;
    }
    for (I row = 0; row < a->rows; row++) for (I head = key_head * group; head < (key_head + 1) * group; head++) {
      const I from = (I)a->starts[row], to = (I)a->ends[row];
      const F inverse = attention_weights(a, row, head, key_head, from, to, weights);
      const F *g = a->g + row * a->g_stride + head * a->dim, *q = a->q + row * a->q_stride + head * a->dim;
      F mean = 0.f;
      for (I t = from; t < to; t++) {
        weights[t - from] *= inverse;
        changes[t - from] = dot(g, a->v + t * a->v_stride + at, a->dim);
        mean += weights[t - from] * changes[t - from];
      }
      F *dq = a->dq + row * a->dq_stride + head * a->dim;
      for (I c = 0; c < a->dim; c++) dq[c] = 0.f;
      for (I t = from; t < to; t++) {
        const F weight = weights[t - from], change = weight * (changes[t - from] - mean) * a->scale;
        add(dq, change, a->k + t * a->k_stride + at, a->dim);
        add(a->dk + t * a->dk_stride + at, change, q, a->dim);
        add(a->dv + t * a->dv_stride + at, weight, g, a->dim);
      }
    }
  }
}
`;
