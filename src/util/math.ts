/**
 * exp, log and pow, bit-identical on every JavaScript engine. The standard lets Math's versions round as an engine
 * likes: V8's differ from JavaScriptCore's, and its pow even between releases. This file uses only + - * /, rounding to
 * float32, and integers, which the standard fixes to the bit.
 *
 * An argument is reduced to a table entry and a small remainder with a short series. Both are kept in two parts, a
 * leading one and its error, so that only the last rounding matters: log is within 0.5001 ulp of the exact result, exp
 * within 0.501, and pow within 0.51 for results from 2^-100 to 2^100 and 0.7 beyond. A subnormal result is rounded
 * twice, within 0.75. CPython's results, which are libm's, are nearly always the same.
 *
 * A double minus its float32 has 29 bits, so the products of two floats, and of a float and such a remainder, are
 * exact. After Tang 1989 and 1990 ("Table-driven implementation of the exponential function", "... of the logarithm
 * function") and Dekker 1971 ("A floating-point technique for extending the available precision").
 */

/** log(2) as a float and its remainder. */
const LN2 = 0.6931471824645996;
const LN2_REST = -1.904654299957768e-9;

/** 2^126 and 2^-126, the smallest normal float. */
const HUGE = 8.507059173023462e37;
const TINY = 1.1754943508222875e-38;

/** √½ as the bits of a float. */
const SQRT_HALF_BITS = 0x3f3504f3;

/** 2^(i/16) for i = 0 to 15, each as a float and its remainder. */
const POWERS = Float64Array.of(
  ...[1, 0, 1.0442737340927124, 4.8334701437978214e-8, 1.0905077457427979, -1.307754019235549e-8],
  ...[1.1387885808944702, 5.386222143886008e-8, 1.1892070770263672, 3.79763538792175e-8],
  ...[1.2418577671051025, 4.4968381509531176e-8, 1.2968395948410034, -4.0189993752035e-8],
  ...[1.3542555570602417, -1.0123348970920735e-8, 1.4142135381698608, 2.420323420895794e-8],
  ...[1.4768261909484863, -4.5008987016738094e-8, 1.5422108173370361, 8.070904690799792e-9],
  ...[1.610490322113037, 9.836217198804521e-9, 1.6817928552627563, -2.4755327261594e-8],
  ...[1.7562521696090698, -9.235770341106589e-9, 1.8340080976486206, -1.1239278141981668e-8],
  ...[1.9152065515518188, 9.845328446216361e-9],
);

/** log(i/32) for i = 23 to 45, from √½ to √2, each as a float and its remainder. */
const LOGS = Float64Array.of(
  ...[-0.33024168014526367, -6.7253131844044075e-9, -0.28768208622932434, 1.3777543413381093e-8],
  ...[-0.246860072016716, -5.914809794466673e-9, -0.20763936638832092, 1.6100764212361214e-9],
  ...[-0.16989903151988983, -5.275507641357456e-9, -0.133531391620636, -1.0038866368182186e-9],
  ...[-0.09844007343053818, 6.172856575873458e-10, -0.06453852355480194, 2.417230769245045e-9],
  ...[-0.0317486971616745, -1.1529058016452775e-9, 0, 0, 0.030771657824516296, 8.422373919843094e-10],
  ...[0.0606246218085289, 7.905942434121756e-12, 0.08961215615272522, 2.5369619128933888e-9],
  ...[0.11778303235769272, 3.2986907360329347e-9, 0.14518201351165771, -3.667159817561815e-9],
  ...[0.1718502640724182, -7.145758990550526e-9, 0.19782574474811554, -1.4181956591882091e-9],
  ...[0.2231435477733612, 3.5408485497116074e-9, 0.2478361576795578, 6.225023456487634e-9],
  ...[0.2719337046146393, 1.0869002476605108e-8, 0.2954642176628113, -4.7689754029101934e-9],
  ...[0.31845372915267944, 1.9658551724508723e-9, 0.3409265875816345, -6.110413111792858e-10],
);

/** A float and its bits as an integer, in the same memory. */
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The low part of the last logarithm. Allocating a pair would take as long as computing the logarithm. */
const lower = new Float64Array(1);

/** 2^k for a whole k from -126 to 127. */
function powerOfTwo(k: number): number {
  bits[0] = (k + 127) << 23;
  return float[0] as number;
}

/** e^x. */
export function exp(x: number): number {
  return expOfSum(x, 0);
}

/** The natural logarithm: -Infinity for 0, NaN for negative numbers. */
export function log(x: number): number {
  return upperLog(x);
}

/** x to the power y, with the special cases of `**`: NaN ** 0 is 1; 1 ** NaN and 1 ** Infinity are NaN. */
export function pow(x: number, y: number): number {
  // Exact, or rounded once.
  if (y === 0) return 1;
  if (y === 1) return x;
  if (y === 2) return x * x;
  if (y === -1) return 1 / x;
  if (x < 0 || Object.is(x, -0)) return powerOfNegative(x, y);
  const upper = upperLog(x);
  const product = upper * y;
  // Certain overflow or underflow; also NaN, 1, and 0 and Infinity, whose logarithms are infinite.
  if (!(Math.abs(product) < 800) || product === 0) return exp(product);
  const u = Math.fround(upper);
  const v = Math.fround(y);
  const uRest = upper - u;
  const vRest = y - v;
  const lost = u * v - product + u * vRest + uRest * v + uRest * vRest;
  return expOfSum(product, lost + (lower[0] as number) * y);
}

function powerOfNegative(x: number, y: number): number {
  const fraction = Number.isFinite(x) && Number.isFinite(y) && y % 1 !== 0;
  if (fraction && x !== 0) return Number.NaN;
  const power = pow(-x, y);
  return Math.abs(y % 2) === 1 ? -power : power;
}

/**
 * e^(x + rest), where rest is small compared with x. Let x + rest = n log(2) / 16 + r with a whole n, and n = 16 k + i;
 * then the result is 2^k 2^(i/16) e^r, where |r| is at most log(2) / 32.
 */
function expOfSum(x: number, rest: number): number {
  // NaN ends here too.
  if (!(x > -746 && x < 710)) return x > 0 ? Infinity : x < 0 ? 0 : x;
  const n = Math.floor(x * (16 / Math.LN2) + 0.5);
  const most = x - n * (LN2 / 16); // exact
  const less = rest - n * (LN2_REST / 16);
  const r = most + less;
  const r2 = r * r;
  const series = 1 / 24 + r * (1 / 120) + r2 * (1 / 720 + r * (1 / 5040) + r2 * (1 / 40320));
  const curve = most - r + less + r2 * (1 / 2 + r * (1 / 6) + r2 * series); // e^r - 1 - r, corrected for the error of r
  const i = 2 * (n & 15);
  const power = POWERS[i] as number;
  const powerRest = POWERS[i + 1] as number;
  const half = Math.fround(r);
  const step = power * half; // exact
  const upper = power + step;
  let result = upper + (power - upper + step + (power * (r - half + curve) + powerRest * (1 + (r + curve))));
  let k = n >> 4;
  for (; k < -126; k += 126) result *= TINY;
  for (; k > 126; k -= 126) result *= HUGE;
  return result * powerOfTwo(k);
}

/**
 * The leading part of log(2^doublings x); its remainder goes to `lower`.
 *
 * x = 2^k m with m from √½ to √2, and m = c (1 + s) / (1 - s), where c = i/32 is the nearest entry. The logarithm is
 * then k log(2) + log(c) + 2 (s + s³/3 + s⁵/5 + ...), where |s| is at most 1/90.
 */
function upperLog(x: number, doublings = 0): number {
  if (!(x >= TINY && x < HUGE)) return logOutOfRange(x, doublings);
  float[0] = x;
  const exponent = ((bits[0] as number) - SQRT_HALF_BITS) >> 23;
  const m = x * powerOfTwo(-exponent);
  const k = doublings + exponent;

  const index = (m * 32 + 0.5) | 0;
  const c = index / 32;
  const difference = m - c; // exact
  const inverse = 1 / (m + c);
  const s = difference * inverse;
  // The remainder of the division, difference - s (m + c), to the last bit that matters.
  const half = Math.fround(s);
  const mHalf = Math.fround(m);
  const left = difference - half * (mHalf + c) - (s - half) * (mHalf + c) - s * (m - mHalf);
  const s2 = s * s;
  const curve = left * inverse + s * s2 * (1 / 3 + s2 * (1 / 5) + s2 * s2 * (1 / 7 + s2 * (1 / 9)));

  const i = 2 * (index - 23);
  const whole = k * LN2 + (LOGS[i] as number); // exact
  const upper = whole + 2 * s;
  const less = whole - upper + 2 * s + (2 * curve + (k * LN2_REST + (LOGS[i + 1] as number)));
  const result = upper + less;
  lower[0] = upper - result + less;
  return result;
}

/** The same for 0, NaN and what no normal float can hold. A function of its own, because V8 inlines only short ones. */
function logOutOfRange(x: number, doublings: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x < 0 ? Number.NaN : x;
  return x < TINY ? upperLog(x * HUGE, doublings - 126) : upperLog(x * TINY, doublings + 126);
}
