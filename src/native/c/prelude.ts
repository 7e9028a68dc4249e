/**
 * The C that every program begins with: vectors of floats, by GCC's and Clang's extensions, and functions on them. It
 * includes no header, since headers take longer to compile than most kernels.
 *
 * In C's code, F is a float, V a vector of W floats, VI one of W ints, I an index. Functions that end in `_1` are for single
 * floats.
 */

import {
  ERF_FAR,
  ERF_NEAR,
  EXP_COEFFICIENTS,
  LOG_COEFFICIENTS,
  LOG2_LOWER,
  LOG2_UPPER,
  SQRT_HALF_BITS,
} from "../../backend/polynomials.ts";
import type { Cell } from "../../util/cells.ts";
import { GOLDEN, MIX } from "../../util/hash.ts";
import type { Vectors } from "../target.ts";

/** A number as a C float. */
export function float(value: number): string {
  if (Number.isNaN(value)) return '__builtin_nanf("")';
  if (!Number.isFinite(value)) return value > 0 ? "__builtin_inff()" : "(-__builtin_inff())";
  const digits = Math.fround(value).toPrecision(9);
  const text = `${/[.e]/.test(digits) ? digits : `${digits}.`}f`;
  return value < 0 || Object.is(value, -0) ? `(${text})` : text;
}

/** The C types of cells; those of 16 bits differ, so that the type tells how to read them. */
export const C_CELLS: { readonly [C in Cell]: string } = { f32: "F", f16: "F16", bf16: "BF16", i8: "I8" };

export function prelude({ lanes, tileRows }: Vectors): string {
  return `#define W ${lanes}
#define TILE_ROWS ${tileRows}
${TYPES}
static const VI LANE = {${range(lanes).join(", ")}};
${LOADS}
${acrossLanes(lanes)}
${MATH}`;
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

const TYPES = `typedef float F;
typedef unsigned short F16;
typedef short BF16;
typedef signed char I8;
typedef long I;
typedef F V __attribute__((vector_size(4 * W), may_alias));
typedef int VI __attribute__((vector_size(4 * W), may_alias));
typedef unsigned VU __attribute__((vector_size(4 * W), may_alias));
typedef F Unaligned __attribute__((vector_size(4 * W), aligned(4), may_alias));
#define INLINE static inline __attribute__((always_inline))
/* A function that writes. GCC 12 takes some for pure after it has rewritten their addresses, and drops their calls. */
#define WRITES __attribute__((noipa))
#ifndef __has_builtin
#define __has_builtin(x) 0
#endif
#if __has_builtin(__builtin_shufflevector)
#define SHUFFLE(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define SHUFFLE(x, y, ...) __builtin_shuffle(x, y, (VI){__VA_ARGS__})
#endif

/* One thread's part in a run, and the functions that all programs share. */
typedef struct Team Team;
typedef struct Support Support;
typedef struct { I thread, threads, rows; char *arena; F *scratch; Team *team; const Support *support; } Job;
`;

/**
 * A load may read up to a vector beyond a buffer; a store may not write beyond it. `n` counts the lanes that have points.
 */
const LOADS = `
#define load(p) ((V)*(const Unaligned *)(p))
/* A float as a vector of equal lanes; a vector as it is. */
#define vec(x) _Generic((x), V: (x), default: (x) - (V){})
INLINE V choose(VI mask, V x, V y) { return (V)((mask & (VI)x) | (~mask & (VI)y)); }
INLINE V first(int n, V x, V otherwise) { return n >= W ? x : choose(LANE < n, x, otherwise); }
INLINE V minimum(V x, V y) { return choose(y < x, y, x); }
INLINE V maximum(V x, V y) { return choose(x < y, y, x); }
INLINE F minimum_1(F x, F y) { return y < x ? y : x; }
INLINE F maximum_1(F x, F y) { return x < y ? y : x; }
INLINE V gather(const F *p, I stride, int n) {
  V x = {};
  for (int l = 0; l < W; l++) if (l < n) x[l] = p[l * stride];
  return x;
}
INLINE V gather_rows(const F *p, I stride, const F *ids, I apart, I row, int n) {
  V x = {};
  for (int l = 0; l < W; l++) if (l < n) x[l] = p[l * stride + (I)ids[l * apart] * row];
  return x;
}
INLINE void store(F *p, V x, int n) {
  if (n >= W) { *(Unaligned *)p = x; return; }
#if W == 16 && defined(__AVX512F__) && __has_builtin(__builtin_ia32_storeups512_mask)
  __builtin_ia32_storeups512_mask((void *)p, x, (unsigned short)((1u << n) - 1));
#elif W == 8 && defined(__AVX__) && __has_builtin(__builtin_ia32_maskstoreps256)
  __builtin_ia32_maskstoreps256((void *)p, LANE < n, x);
#else
  for (int l = 0; l < n; l++) p[l] = x[l];
#endif
}
INLINE void scatter(F *p, I stride, V x, int n) {
  for (int l = 0; l < W; l++) if (l < n) p[l * stride] = x[l];
}
INLINE void scatter_rows(F *p, I stride, const F *ids, I apart, I row, V x, int n) {
  for (int l = 0; l < W; l++) if (l < n) p[l * stride + (I)ids[l * apart] * row] = x[l];
}

INLINE I least(I x, I y) { return x < y ? x : y; }

/* This thread's share of n things, in whole units but for the last. */
INLINE void share(const Job *job, I n, I unit, I *from, I *to) {
  *from = 0;
  *to = n;
  if (job->threads == 1) return;
  const I each = (n + job->threads * unit - 1) / (job->threads * unit) * unit;
  if ((*from = job->thread * each) > n) *from = n;
  if (*from + each < n) *to = *from + each;
}
`;

/** Powers of two below the number of lanes, the largest first. */
function halves(lanes: number): number[] {
  return [8, 4, 2, 1].filter((by) => by < lanes);
}

/** Sums and maxima over a vector's lanes, by halves. */
function acrossLanes(lanes: number): string {
  const turned = (by: number): string =>
    range(lanes)
      .map((l) => l ^ by)
      .join(", ");
  const across = (name: string, combine: (x: string, y: string) => string): string =>
    `INLINE F ${name}(V x) {\n${halves(lanes)
      .map((by) => `  x = ${combine("x", `SHUFFLE(x, x, ${turned(by)})`)};\n`)
      .join("")}  return x[0];\n}`;
  return `${across("sum_lanes", (x, y) => `${x} + ${y}`)}
${across("max_lanes", (x, y) => `maximum(${x}, ${y})`)}
`;
}

/**
 * `turn`, which copies columns that are contiguous along k into rows: `to` has `vectors` vectors for each k, in whole vectors
 * of k. Written out, since loops over an array of vectors stay in memory below -O3.
 */
export function turn({ lanes }: Vectors): string {
  // In step `by`, the lanes whose index has that bit trade places with the vectors whose number has it.
  const swap = (by: number, step: number): string[] => {
    const lower = range(lanes).map((l) => (l & by ? lanes + l - by : l));
    const upper = range(lanes).map((l) => (l & by ? lanes + l : l + by));
    return range(lanes).map((i) => {
      const [x, y, order] = i & by ? [i - by, i, upper] : [i, i + by, lower];
      return `r${step + 1}_${i} = SHUFFLE(r${step}_${x}, r${step}_${y}, ${order.join(", ")})`;
    });
  };
  const loaded = range(lanes).map((i) => `r0_${i} = load(from + least(v * W + ${i}, columns - 1) * stride + k)`);
  const steps = [loaded, ...halves(lanes).map(swap)].map((values) => `    const V ${values.join(",\n      ")};\n`);
  const last = halves(lanes).length;
  const stored = range(lanes).map((i) => `    *(V *)(to + (k + ${i}) * vectors * W + v * W) = r${last}_${i};\n`);
  return `static WRITES void turn(const F *from, I stride, I columns, I depth, I vectors, F *to) {
  for (I v = 0; v < vectors; v++) for (I k = 0; k < depth; k += W) {
${steps.join("")}${stored.join("")}  }
}
`;
}

/** ((c0 x + c1) x + c2) x + ... */
function polynomial(x: string, [first = 0, ...rest]: readonly number[]): string {
  return rest.reduce((sum, c) => `(${sum} * ${x} + ${float(c)})`, float(first));
}

const [A, B, C] = MIX.shifts;
const [FIRST, SECOND] = MIX.factors;

/** The algorithms, and with them the error bounds, of wasm/asm/math.ts. */
const MATH = `
INLINE V exp_v(V x) {
  V r = maximum(minimum(x, vec(89.f)), vec(-87.34f));
  const V biased = r * ${float(Math.LOG2E)} + ${float(1.5 * 2 ** 23 + 126)};
  const V n = biased - ${float(1.5 * 2 ** 23 + 126)};
  r = n * ${float(-LOG2_LOWER)} + (n * ${float(-LOG2_UPPER)} + r);
  return ${polynomial("r", EXP_COEFFICIENTS)} * (V)((VI)biased << 23);
}
INLINE V log_v(V x) {
  const VI small = x < ${float(2 ** -126)};
  V f = choose(small, x * ${float(2 ** 23)}, x);
  const VI e = ((VI)f - ${SQRT_HALF_BITS}) >> 23;
  f = (V)((VI)f - (e << 23)) - 1.f;
  const V k = __builtin_convertvector(e, V) - (V)(small & (VI)vec(23.f));
  const V s = f / (f + 2.f), z = s * s, h = (f * 0.5f) * f;
  const V tail = s * (${polynomial("z", LOG_COEFFICIENTS)} * z + h) + k * ${float(LOG2_LOWER)};
  V y = k * ${float(LOG2_UPPER)} + ((tail - h) + f);
  y = choose(x < __builtin_inff(), y, x);
  y = (V)((VI)y | (x < 0.f));
  return choose(x == 0.f, vec(-__builtin_inff()), y);
}
INLINE V sigmoid_v(V x) { return 1.f / (1.f + exp_v(-x)); }
INLINE V erf_v(V x) {
  const VI sign = (VI)x & (int)0x80000000;
  const V t = minimum((V)((VI)x & 0x7fffffff), vec(4.f)), z = x * x;
  const V far = (V)((VI)(1.f - exp_v(${polynomial("t", ERF_FAR)})) | sign);
  return choose(z > 1.f, far, x * ${polynomial("z", ERF_NEAR)} + x);
}
INLINE V relu_v(V x) { return (V)((VI)x & ~(x < 0.f)); }
INLINE V step_v(V x) { return (V)((x > 0.f) & (VI)vec(1.f)); }
INLINE V equal_v(V x, V y) { return (V)((x == y) & (VI)vec(1.f)); }
INLINE V sqrt_v(V x) {
#if W == 16 && defined(__AVX512F__) && __has_builtin(__builtin_ia32_rsqrt14ps512_mask)
  /* Within 0.75 ulp: an estimate of 14 bits and a step of Newton's, faster than the instruction. Small numbers are scaled. */
  const VI small = x < ${float(2 ** -90)};
  const V z = choose(small, x * ${float(2 ** 64)}, x), y = __builtin_ia32_rsqrt14ps512_mask(z, z, -1), s = z * y;
  const V root = s + (z - s * s) * (0.5f * y);
  return choose((x == 0.f) | (x == __builtin_inff()), x, choose(small, root * ${float(2 ** -32)}, root));
#elif __has_builtin(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(x);
#elif W == 8 && defined(__AVX__) && __has_builtin(__builtin_ia32_sqrtps256)
  return __builtin_ia32_sqrtps256(x);
#elif W == 4 && defined(__SSE__) && __has_builtin(__builtin_ia32_sqrtps)
  return __builtin_ia32_sqrtps(x);
#else
  for (int l = 0; l < W; l++) x[l] = __builtin_sqrtf(x[l]);
  return x;
#endif
}
INLINE VU mix(VU h) {
  h = (h ^ h >> ${A}) * ${FIRST}u;
  h = (h ^ h >> ${B}) * ${SECOND}u;
  return h ^ h >> ${C};
}
INLINE V hash_v(V x, V y) {
  const VU h = mix((VU)__builtin_convertvector(x, VI) + ${GOLDEN}u);
  return __builtin_convertvector((VI)(mix(h ^ (VU)__builtin_convertvector(y, VI) * ${GOLDEN}u) >> 8), V);
}
INLINE F exp_1(F x) { return exp_v(vec(x))[0]; }
INLINE F log_1(F x) { return log_v(vec(x))[0]; }
INLINE F sigmoid_1(F x) { return sigmoid_v(vec(x))[0]; }
INLINE F erf_1(F x) { return erf_v(vec(x))[0]; }
INLINE F relu_1(F x) { return x < 0.f ? 0.f : x; }
INLINE F step_1(F x) { return x > 0.f ? 1.f : 0.f; }
INLINE F equal_1(F x, F y) { return x == y ? 1.f : 0.f; }
INLINE F sqrt_1(F x) { return __builtin_sqrtf(x); }
INLINE F hash_1(F x, F y) { return hash_v(vec(x), vec(y))[0]; }
`;
