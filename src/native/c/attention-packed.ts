/**
 * Attention of small heads: a vector holds several, and all of a row's are computed at once. It pays for short documents, whose
 * few rows would leave most lanes of a block empty.
 */

import type { Vectors } from "../target.ts";

/** Channels of a head that packs, or undefined if the lanes hold no two heads. */
function packed(lanes: number): readonly number[] {
  return [2, 4, 8].filter((dim) => dim < lanes);
}

export function attentionPacked({ lanes }: Vectors): string {
  const turned = (by: number): string => Array.from({ length: lanes }, (_, l) => l ^ by).join(", ");
  const groupSum = (dim: number): string => {
    const steps = [1, 2, 4].filter((by) => by < dim);
    return `    case ${dim}: ${steps.map((by) => `x += SHUFFLE(x, x, ${turned(by)});`).join(" ")} break;`;
  };
  return `
/* The sum over each group of neighboring lanes, in all lanes of the group. */
INLINE V group_sums(V x, const int dim) {
  switch (dim) {
${packed(lanes).map(groupSum).join("\n")}
  }
  return x;
}
${ROWS}
static int packs(const Attention *a) {
  return a->dim < W && a->dim > 1 && (a->dim & (a->dim - 1)) == 0 && a->heads == a->kv_heads && a->heads * a->dim % W == 0;
}
#define PACKED(what, ...) switch (a->dim) { \\
${packed(lanes)
  .map((dim) => `  case ${dim}: what(__VA_ARGS__, ${dim}); break; \\`)
  .join("\n")}
}
static WRITES void packed_attend(const Attention *a, I row, I at, F *scratch) { PACKED(packed_row, a, row, at, (V *)scratch) }
static WRITES void packed_differentiate(const Attention *a, I row, I at, F *scratch) { PACKED(packed_row_grad, a, row, at, (V *)scratch) }
`;
}

const ROWS = `
/* The scores of the keys of a row, and their largest. */
INLINE V packed_scores(const Attention *a, V q, I at, I from, I to, V *scores, const int dim) {
  V most = vec(-3.4e38f);
  for (I t = from; t < to; t++) {
    const V s = group_sums(q * load(a->k + t * a->k_stride + at), dim);
    scores[t - from] = s;
    most = maximum(most, s);
  }
  return most;
}

/* A row, and the heads whose channels begin at \`at\`. */
INLINE void packed_row(const Attention *a, I row, I at, V *scores, const int dim) {
  const I from = (I)a->starts[row], to = (I)a->ends[row];
  const V q = load(a->q + row * a->q_stride + at) * a->scale, most = packed_scores(a, q, at, from, to, scores, dim);
  V total = {}, out = {};
  for (I t = from; t < to; t++) {
    const V weight = exp_v(scores[t - from] - most);
    total += weight;
    out += weight * load(a->v + t * a->v_stride + at);
  }
  store(a->out + row * a->out_stride + at, choose(total == 0.f, (V){}, out / total), W);
}

INLINE void packed_row_grad(const Attention *a, I row, I at, V *scores, const int dim) {
  const I from = (I)a->starts[row], to = (I)a->ends[row];
  const V q = load(a->q + row * a->q_stride + at) * a->scale, g = load(a->g + row * a->g_stride + at);
  const V most = packed_scores(a, q, at, from, to, scores, dim);
  V *changes = scores + (to - from), total = {}, mean = {}, dq = {};
  for (I t = from; t < to; t++) {
    const V weight = exp_v(scores[t - from] - most), change = group_sums(g * load(a->v + t * a->v_stride + at), dim);
    scores[t - from] = weight;
    changes[t - from] = change;
    total += weight;
    mean += weight * change;
  }
  const V inverse = choose(total == 0.f, (V){}, 1.f / total);
  mean *= inverse;
  for (I t = from; t < to; t++) {
    const V weight = scores[t - from] * inverse, change = weight * (changes[t - from] - mean);
    F *dk = a->dk + t * a->dk_stride + at, *dv = a->dv + t * a->dv_stride + at;
    dq += change * load(a->k + t * a->k_stride + at);
    store(dk, load(dk) + change * q, W);
    store(dv, load(dv) + weight * g, W);
  }
  store(a->dq + row * a->dq_stride + at, dq * a->scale, W);
}
`;
