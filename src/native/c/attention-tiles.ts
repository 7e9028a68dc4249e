/**
 * Attention over blocks of rows that see the same first key, as matrix products of one head: lanes are rows, so that maxima
 * and sums over the keys need no horizontal operations. Blocks are so small that their scores stay in the second-level cache.
 */

import type { Vectors } from "../target.ts";
import { inlineTile, inlineTileName } from "./tiles.ts";

/** The functions `block_at`, `block_attend` and `block_differentiate`. */
export function attentionTiles({ tileRows }: Vectors): string {
  return `${inlineTile(tileRows, 2)}
#define WHOLE_TILE ${inlineTileName(tileRows, 2)}
${TILES}`;
}

const TILES = `
/* A whole tile, whose sums stay in registers until they are stored or added: most products here are of few steps. */
INLINE void whole_tile(const F *a, I am, I ak, const F *b, I bk, I k, F *to, I stride, int adds) {
  V sums[TILE_ROWS * 2];
  WHOLE_TILE(a, am, ak, b, bk, k, sums, 1);
#pragma GCC unroll 8
  for (int i = 0; i < TILE_ROWS; i++) {
    F *const place = to + i * stride;
    V x = sums[2 * i], y = sums[2 * i + 1];
    if (adds) { x += load(place); y += load(place + W); }
    *(Unaligned *)place = x;
    *(Unaligned *)(place + W) = y;
  }
}

/* Rows of one head that see keys from the same first on: at most two vectors of them. */
typedef struct {
  I row, rows, vectors;
  /* All rows see the keys from \`from\` to \`shared\` - 1, some of them those before \`to\`. */
  I from, shared, to;
  V ends[2];
} Block;

/* Sums over a block's keys, one for each of its rows, or over its rows, one for each key, leave out the keys that a row does not see. */
enum { ALL, OVER_KEYS, OVER_ROWS };

/* The part of a sum over k that is not 0 for sums r to r + rows - 1. */
static WRITES void part_of(const Block *of, int over, I r, I rows, I k, I *first, I *last) {
  const F *ends = (const F *)of->ends;
  *first = 0, *last = over == OVER_KEYS ? 0 : k;
  for (I i = r; over == OVER_KEYS && i < r + rows; i++) if (ends[i] - of->from > *last) *last = (I)ends[i] - of->from;
  while (over == OVER_ROWS && *first < k && ends[*first] <= of->from + r) ++*first;
}

/* The product of A (m rows) and B (n columns) over k, stored or added to rows of \`to\`. */
static WRITES void tiles_into(const F *a, I am, I ak, I m, const F *b, I bk, I n, I k, F *to, I stride, int adds, const Block *of, int over) {
  for (I column = 0; column < n; column += 2 * W) {
    const I columns = least(2 * W, n - column), vectors = (columns + W - 1) / W;
    for (I r = 0; r < m; r += TILE_ROWS) {
      const I rows = least(TILE_ROWS, m - r);
      I k0 = 0, k1 = k;
      if (over != ALL) part_of(of, over, r, rows, k, &k0, &k1);
      const F *const from = a + r * am + k0 * ak, *const columns_at = b + k0 * bk + column;
      if (rows == TILE_ROWS && columns == 2 * W) {
        whole_tile(from, am, ak, columns_at, bk, k1 - k0, to + r * stride + column, stride, adds);
        continue;
      }
      V sums[TILE_ROWS * 2];
      TILES[vectors - 1][rows - 1](from, am, ak, columns_at, bk, k1 - k0, sums, 1);
      for (I i = 0; i < rows; i++) for (I v = 0; v < vectors; v++) {
        F *place = to + (r + i) * stride + column + v * W;
        V x = sums[i * vectors + v];
        if (adds) x += load(place);
        store(place, x, (int)least(W, columns - v * W));
      }
    }
  }
}

/* The largest block that begins at a row. */
static Block block_at(const Attention *a, I row, I end_row) {
  Block b = {row, 0, 1, (I)a->starts[row], (I)a->ends[row], (I)a->ends[row], {{}, {}}};
  const F start = a->starts[row];
  F *ends = (F *)b.ends;
  for (; b.rows < 2 * W && row + b.rows < end_row && a->starts[row + b.rows] == start; b.rows++) {
    const F end = a->ends[row + b.rows];
    ends[b.rows] = end;
    b.shared = least(b.shared, (I)end);
    if ((I)end > b.to) b.to = (I)end;
  }
  b.vectors = b.rows > W ? 2 : 1;
  if (b.shared < b.from) b.shared = b.from;
  return b;
}

/* The weights of the keys for the rows of a block: weights[key][row], whose rows are \`vectors\` vectors. */
static WRITES void block_weights(const Attention *a, const Block *b, I head, I key_head, F *turned, F *weights) {
  const I n = b->vectors, keys = b->to - b->from, shared = b->shared - b->from;
  turn(a->q + b->row * a->q_stride + head * a->dim, a->q_stride, b->rows, a->dim, n, turned);
  tiles_into(a->k + b->from * a->k_stride + key_head * a->dim, a->k_stride, 1, keys, turned, n * W, n * W, a->dim, weights, n * W, 0, b, ALL);
  for (I v = 0; v < n; v++) {
    F *column = weights + v * W;
    const V ends = b->ends[v] - (F)b->from;
    V most = vec(-3.4e38f), total = {};
    for (I t = 0; t < shared; t++) most = maximum(most, *(V *)(column + t * n * W));
    for (I t = shared; t < keys; t++) {
      V *x = (V *)(column + t * n * W);
      *x = choose(vec((F)t) < ends, *x, vec(-__builtin_inff()));
      most = maximum(most, *x);
    }
    for (I t = 0; t < keys; t++) {
      V *x = (V *)(column + t * n * W);
      *x = exp_v((*x - most) * a->scale);
      total += *x;
    }
    /* A row that sees no key has no sum, and its weights stay 0. */
    const V inverse = choose(total == 0.f, (V){}, 1.f / total);
    for (I t = 0; t < keys; t++) *(V *)(column + t * n * W) *= inverse;
  }
}

static WRITES void block_attend(const Attention *a, const Block *b, I head, I key_head, F *scratch) {
  const I n = b->vectors * W;
  F *turned = scratch, *weights = turned + (a->dim + W) * 2 * W;
  block_weights(a, b, head, key_head, turned, weights);
  tiles_into(weights, 1, n, b->rows, a->v + b->from * a->v_stride + key_head * a->dim, a->v_stride, a->dim, b->to - b->from,
    a->out + b->row * a->out_stride + head * a->dim, a->out_stride, 0, b, OVER_KEYS);
}

/* One row by itself: lanes are channels, then keys. In a block most lanes would be empty. */
static WRITES void row_attend(const Attention *a, I row, I head, I key_head, F *weights) {
  const I from = (I)a->starts[row], keys = (I)a->ends[row] - from, whole = a->dim / W * W;
  const int rest = (int)(a->dim - whole);
  const F *q = a->q + row * a->q_stride + head * a->dim, *k = a->k + from * a->k_stride + key_head * a->dim;
  for (I t = 0; t < keys; t += DOTS) {
    const F *at[DOTS];
    V s[DOTS] = {};
    EACH_DOT at[i] = k + least(t + i, keys - 1) * a->k_stride;
    for (I c = 0; c < whole; c += W) EACH_DOT s[i] += load(q + c) * load(at[i] + c);
    if (rest) EACH_DOT s[i] += first(rest, load(q + whole) * load(at[i] + whole), (V){});
    EACH_DOT weights[t + i] = sum_lanes(s[i]);
  }
  V most = vec(-3.4e38f), total = {};
  for (I t = 0; t < keys; t += W) most = maximum(most, first((int)least(W, keys - t), load(weights + t), most));
  const F largest = max_lanes(most);
  for (I t = 0; t < keys; t += W) {
    const V x = first((int)least(W, keys - t), exp_v((load(weights + t) - largest) * a->scale), (V){});
    *(Unaligned *)(weights + t) = x;
    total += x;
  }
  const F sum = sum_lanes(total), inverse = sum == 0.f ? 0.f : 1.f / sum;
  for (I t = 0; t < keys; t += W) *(Unaligned *)(weights + t) = load(weights + t) * inverse;
  tiles_into(weights, 1, 1, 1, a->v + from * a->v_stride + key_head * a->dim, a->v_stride, a->dim, keys,
    a->out + row * a->out_stride + head * a->dim, a->out_stride, 0, 0, ALL);
}

/* Adds to the gradients of keys and values, and stores that of the queries. */
static WRITES void block_differentiate(const Attention *a, const Block *b, I head, I key_head, F *scratch) {
  const I n = b->vectors, keys = b->to - b->from, at = key_head * a->dim;
  F *turned = scratch, *weights = turned + (a->dim + W) * 2 * W, *changes = weights + (a->key_rows + 1) * 2 * W;
  const F *q = a->q + b->row * a->q_stride + head * a->dim, *g = a->g + b->row * a->g_stride + head * a->dim;
  const F *k = a->k + b->from * a->k_stride + at, *v = a->v + b->from * a->v_stride + at;
  block_weights(a, b, head, key_head, turned, weights);
  tiles_into(weights, n * W, 1, keys, g, a->g_stride, a->dim, b->rows, a->dv + b->from * a->dv_stride + at, a->dv_stride, 1, b, OVER_ROWS);
  turn(g, a->g_stride, b->rows, a->dim, n, turned);
  tiles_into(v, a->v_stride, 1, keys, turned, n * W, n * W, a->dim, changes, n * W, 0, b, ALL);
  for (I i = 0; i < n; i++) {
    const F *p = weights + i * W;
    F *d = changes + i * W;
    V mean = {};
    for (I t = 0; t < keys; t++) mean += *(const V *)(p + t * n * W) * *(V *)(d + t * n * W);
    for (I t = 0; t < keys; t++) {
      V *x = (V *)(d + t * n * W);
      *x = (*x - mean) * *(const V *)(p + t * n * W) * a->scale;
    }
  }
  tiles_into(changes, 1, n * W, b->rows, k, a->k_stride, a->dim, keys, a->dq + b->row * a->dq_stride + head * a->dim, a->dq_stride, 0, b, OVER_KEYS);
  tiles_into(changes, n * W, 1, keys, q, a->q_stride, a->dim, b->rows, a->dk + b->from * a->dk_stride + at, a->dk_stride, 1, b, OVER_ROWS);
}
`;
