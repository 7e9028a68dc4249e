/**
 * Matrix products in C: tiles of a few rows and two vectors of columns, whose sums stay in registers; blocks for the caches
 * around them, as in Goto and van de Geijn 2008, "Anatomy of high-performance matrix multiplication". Every sum has one order
 * of its terms, whichever part of the work it belongs to, so results do not depend on the number of threads.
 */

import type { Cell } from "../../util/cells.ts";
import type { Vectors } from "../target.ts";
import { turn } from "./prelude.ts";

/** The cells of B by their numbers in C. */
export const CELLS: readonly Cell[] = ["f32", "f16", "bf16", "i8"];

/** The functions `product` and `dots`; a kernel calls one of them with a function that takes the sums. */
export function tiles(vectors: Vectors): string {
  const rows = Array.from({ length: vectors.tileRows }, (_, i) => i + 1);
  const functions = [1, 2].flatMap((width) => rows.map((count) => tile(count, width)));
  const table = [1, 2].map((width) => `{${rows.map((count) => `tile_${count}_${width}`).join(", ")}}`);
  return `/* Adds the products of k entries to the sums of a tile, or begins them. Strides are in entries. */
typedef void Tile(const F *a, I am, I ak, const F *b, I bk, I k, V *sums, int begin);
${functions.join("\n")}
static Tile *const TILES[2][TILE_ROWS] = {${table.join(", ")}};
${turn(vectors)}${NARROW}${PRODUCT}`;
}

/** The types of products. */
export const PRODUCT_TYPES = `
/* Where a kernel is: the places of its buffers, and the coordinates of its outer axes. */
typedef struct { const Job *job; const I *at; I i[4]; } Env;

/* Takes the finished sums of rows and columns: sums[row][vector], \`vectors\` of them a row. */
typedef void Deliver(const Env *env, I row, I rows, I column, I columns, I vectors, const V *sums);

/* Rows m0 to m1 - 1, columns n0 to n1 - 1 of the product of A (strides am, ak) and B (strides bk, bn) over k. B's entries are
   those of \`cell\`, where neighbors along k. */
typedef struct {
  const F *a; I am, ak;
  const F *b; I bk, bn; int cell;
  I m0, m1, n0, n1, k;
  I block_rows, depth;
  int pack_a, pack_b;
  F *scratch;
} Product;
`;

/** The name of `inlineTile`. */
export function inlineTileName(rows: number, vectors: number): string {
  return `inline_tile_${rows}_${vectors}`;
}

/** A tile that becomes a part of the function that calls it, whose constants it then knows. */
export function inlineTile(rows: number, vectors: number): string {
  return tile(rows, vectors, `INLINE void ${inlineTileName(rows, vectors)}`);
}

/** A tile of so many rows, and vectors of columns. */
function tile(rows: number, vectors: number, head = `static WRITES void tile_${rows}_${vectors}`): string {
  const R = Array.from({ length: rows }, (_, i) => i);
  const N = Array.from({ length: vectors }, (_, j) => j);
  const each = (text: (i: number, j: number) => string, between: string): string =>
    R.flatMap((i) => N.map((j) => text(i, j))).join(between);
  const product = R.map((i) => {
    const at = i < 4 ? `a[${i} * am]` : `d[${i - 4} * am]`;
    return `    x = vec(${at}); ${N.map((j) => `s${i}${j} += x * y${j};`).join(" ")}`;
  });
  return `${head}(const F *a, I am, I ak, const F *b, I bk, I k, V *sums, int begin) {
  V ${each((i, j) => `s${i}${j} = {}`, ", ")};
  if (!begin) { ${each((i, j) => `s${i}${j} = sums[${i * vectors + j}];`, " ")} }
${rows > 4 ? "  const F *d = a + 4 * am;\n" : ""}  for (; k > 0; k--) {
    const V ${N.map((j) => `y${j} = load(b + ${j} * W)`).join(", ")};
    V x;
${product.join("\n")}
    a += ak; b += bk;${rows > 4 ? " d += ak;" : ""}
  }
  ${each((i, j) => `sums[${i * vectors + j}] = s${i}${j};`, " ")}
}`;
}

/** Cells of fewer bits as vectors of floats. */
const NARROW = `
typedef unsigned short Half __attribute__((vector_size(2 * W), aligned(2), may_alias));
typedef signed char Byte __attribute__((vector_size(W), aligned(1), may_alias));
/* Wider integers. GCC 12 converts such vectors entry by entry, so its names of the instructions come first. */
INLINE VU wider(const void *p) {
#if W == 16 && defined(__AVX512F__) && __has_builtin(__builtin_ia32_pmovzxwd512_mask)
  typedef short S __attribute__((vector_size(32), aligned(2), may_alias));
  return (VU)__builtin_ia32_pmovzxwd512_mask(*(const S *)p, (VI){}, -1);
#elif W == 8 && defined(__AVX2__) && __has_builtin(__builtin_ia32_pmovzxwd256)
  typedef short S __attribute__((vector_size(16), aligned(2), may_alias));
  return (VU)__builtin_ia32_pmovzxwd256(*(const S *)p);
#else
  return __builtin_convertvector(*(const Half *)p, VU);
#endif
}
INLINE V load_i8(const I8 *p) {
#if W == 16 && defined(__AVX512F__) && __has_builtin(__builtin_ia32_pmovsxbd512_mask)
  typedef char S __attribute__((vector_size(16), aligned(1), may_alias));
  return __builtin_convertvector((VI)__builtin_ia32_pmovsxbd512_mask(*(const S *)p, (VI){}, -1), V);
#elif W == 8 && defined(__AVX2__) && __has_builtin(__builtin_ia32_pmovsxbd256)
  typedef char S __attribute__((vector_size(16), aligned(1), may_alias));
  typedef long long Low __attribute__((vector_size(16)));
  const Low low = {*(const long long __attribute__((aligned(1), may_alias)) *)p};
  return __builtin_convertvector((VI)__builtin_ia32_pmovsxbd256((S)low), V);
#else
  return __builtin_convertvector(__builtin_convertvector(*(const Byte *)p, VI), V);
#endif
}
INLINE V load_bf16(const BF16 *p) { return (V)(wider(p) << 16); }
INLINE V load_f16(const F16 *p) {
#if W == 16 && defined(__AVX512F__) && __has_builtin(__builtin_ia32_vcvtph2ps512_mask)
  typedef short S __attribute__((vector_size(32), aligned(2), may_alias));
  return (V)__builtin_ia32_vcvtph2ps512_mask(*(const S *)p, (V){}, -1, 4);
#elif W == 8 && defined(__F16C__) && __has_builtin(__builtin_ia32_vcvtph2ps256)
  typedef short S __attribute__((vector_size(16), aligned(2), may_alias));
  return (V)__builtin_ia32_vcvtph2ps256(*(const S *)p);
#else
  const VU bits = wider(p), rest = bits & 0x7fff;
  /* The exponent's bias is 127 instead of 15. Below 2^-14 they are multiples of 2^-24. */
  const V normal = (V)((rest << 13) + (112u << 23)), tiny = __builtin_convertvector((VI)rest, V) * 0x1p-24f;
  return (V)((VU)choose((VI)rest < 0x400, tiny, normal) | (bits & 0x8000) << 16);
#endif
}
/* \`count\` floats, in whole vectors, of the cells from one on. */
static WRITES void widen(int cell, const void *cells, I from, I count, F *to) {
  for (I i = 0; i < count; i += W) {
    const I at = from + i;
    *(Unaligned *)(to + i) = cell == 1 ? load_f16((const F16 *)cells + at) : cell == 2 ? load_bf16((const BF16 *)cells + at) : load_i8((const I8 *)cells + at);
  }
}
`;

const PRODUCT = `
/* Rows of A as strips in which the entries of one k are neighbors. */
static WRITES void pack_strips(const Product *p, I r0, I r1, I k0, I d, F *to) {
  for (I r = r0; r < r1; r += TILE_ROWS, to += (d + 8) * TILE_ROWS) {
    const F *from = p->a + r * p->am + k0 * p->ak;
    const I rows = least(TILE_ROWS, r1 - r), am = p->am, ak = p->ak;
    if (am == 1 && rows == TILE_ROWS) {
      for (I k = 0; k < d; k++) for (int i = 0; i < TILE_ROWS; i++) to[k * TILE_ROWS + i] = from[k * ak + i];
    } else {
      for (I k = 0; k < d; k++) for (I i = 0; i < rows; i++) to[k * TILE_ROWS + i] = from[i * am + k * ak];
    }
  }
}

/* Columns of B as a panel in which the entries of one k are neighbors, in whole vectors. */
static WRITES void pack_panel(const Product *p, I k0, I d, I column, I columns, I vectors, F *to) {
  const I bk = p->bk, bn = p->bn, width = vectors * W;
  if (p->cell) {
    F *const wide = to + (p->depth + W) * 2 * W;
    for (I n = 0; n < columns; n++) widen(p->cell, p->b, k0 + (column + n) * bn, d, wide + n * (p->depth + W));
    turn(wide, p->depth + W, columns, d, vectors, to);
    return;
  }
  const F *from = p->b + k0 * bk + column * bn;
  if (bn == 1) {
    for (I k = 0; k < d; k++) for (I v = 0; v < vectors; v++) *(V *)(to + k * width + v * W) = load(from + k * bk + v * W);
  } else if (bk == 1) {
    turn(from, bn, columns, d, vectors, to);
  } else {
    for (I k = 0; k < d; k++) for (I n = 0; n < columns; n++) to[k * width + n] = from[k * bk + n * bn];
  }
}

static WRITES void product(const Product *p, Deliver *deliver, const Env *env) {
  const int splits = p->k > p->depth;
  const I columns_in_all = p->n1 - p->n0;
  F *const panel = p->scratch;
  F *const block = panel + (p->pack_b ? (p->depth + W) * (p->cell ? 4 : 2) * W : 0);
  F *const kept = block + (p->pack_a ? (p->block_rows + TILE_ROWS) * (p->depth + 8) : 0);
  for (I r0 = p->m0; r0 < p->m1; r0 += p->block_rows) {
    const I r1 = least(r0 + p->block_rows, p->m1);
    I k0 = 0;
    do {
      const I d = least(p->depth, p->k - k0);
      const int last = k0 + d >= p->k;
      if (p->pack_a) pack_strips(p, r0, r1, k0, d, block);
      V *held = (V *)kept;
      for (I column = p->n0; column < p->n1; column += 2 * W) {
        const I columns = least(2 * W, p->n1 - column), vectors = (columns + W - 1) / W;
        const F *b = p->b + k0 * p->bk + column;
        I bk = p->bk;
        if (p->pack_b) {
          pack_panel(p, k0, d, column, columns, vectors, panel);
          b = panel;
          bk = vectors * W;
        }
        for (I r = r0; r < r1; r += TILE_ROWS) {
          const I rows = least(TILE_ROWS, r1 - r);
          V here[TILE_ROWS * 2], *sums = splits ? held : here;
          held += splits ? TILE_ROWS * 2 : 0;
          if (p->pack_a) {
            TILES[vectors - 1][rows - 1](block + (r - r0) * (d + 8), 1, TILE_ROWS, b, bk, d, sums, k0 == 0);
          } else {
            TILES[vectors - 1][rows - 1](p->a + r * p->am + k0 * p->ak, p->am, p->ak, b, bk, d, sums, k0 == 0);
          }
          if (last) deliver(env, r, rows, column, columns, vectors, sums);
        }
      }
      k0 += d;
    } while (k0 < p->k);
  }
}

/* A few rows of A, entries of one row and of one column being neighbors: lanes are parts of one sum. */
#define DOTS 4
#define EACH_DOT _Pragma("GCC unroll 8") for (int i = 0; i < DOTS; i++)
#define DOTS_OF(cell, name, load_b) \\
static WRITES void name(const Product *p, Deliver *deliver, const Env *env) { \\
  const I whole = p->k / W * W; \\
  const int rest = (int)(p->k - whole); \\
  for (I r = p->m0; r < p->m1; r++) { \\
    const F *a = p->a + r * p->am; \\
    for (I column = p->n0; column < p->n1; column += W) { \\
      const I columns = least(W, p->n1 - column); \\
      V out = {}; \\
      for (I c = 0; c < columns; c += DOTS) { \\
        const cell *b[DOTS]; \\
        V s[DOTS] = {}; \\
        EACH_DOT b[i] = (const cell *)p->b + least(column + c + i, p->n1 - 1) * p->bn; \\
        for (I k = 0; k < whole; k += W) { \\
          const V x = load(a + k); \\
          EACH_DOT s[i] += x * load_b(b[i] + k); \\
        } \\
        if (rest) { \\
          const V x = first(rest, load(a + whole), (V){}); \\
          EACH_DOT s[i] += x * first(rest, load_b(b[i] + whole), (V){}); \\
        } \\
        EACH_DOT ((F *)&out)[c + i] = sum_lanes(s[i]); \\
      } \\
      deliver(env, r, 1, column, columns, 1, &out); \\
    } \\
  } \\
}
DOTS_OF(F, dots_f32, load)
DOTS_OF(F16, dots_f16, load_f16)
DOTS_OF(BF16, dots_bf16, load_bf16)
DOTS_OF(I8, dots_i8, load_i8)
static void dots(const Product *p, Deliver *deliver, const Env *env) {
  (p->cell == 0 ? dots_f32 : p->cell == 1 ? dots_f16 : p->cell == 2 ? dots_bf16 : dots_i8)(p, deliver, env);
}
`;
