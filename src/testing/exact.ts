/**
 * For tests: exp, log, cos and sin to 200 bits in integers, and the distance of a double from them. A number is a
 * BigInt that counts units of 2^-BITS.
 */

export const BITS = 260n;
const ONE = 1n << BITS;

const double = new Float64Array(1);
const pattern = new BigUint64Array(double.buffer);

/** A finite double as mantissa · 2^exponent. */
function partsOf(x: number): readonly [mantissa: bigint, exponent: number] {
  double[0] = x;
  const bits = pattern[0] as bigint;
  const exponent = Number((bits >> 52n) & 2047n);
  const digits = bits & ((1n << 52n) - 1n);
  const mantissa = exponent === 0 ? digits : digits | (1n << 52n);
  return [x < 0 ? -mantissa : mantissa, Math.max(exponent, 1) - 1075];
}

/** A double in units; digits below the last unit are lost. */
export function exactly(x: number): bigint {
  const [mantissa, exponent] = partsOf(x);
  return shifted(mantissa, BigInt(exponent) + BITS);
}

function shifted(x: bigint, by: bigint): bigint {
  return by >= 0n ? x << by : x >> -by;
}

function times(x: bigint, y: bigint): bigint {
  return (x * y) >> BITS;
}

/** first + first ratio(1) + first ratio(1) ratio(2) + ..., until a term is 0. */
function series(first: bigint, next: (term: bigint, k: bigint) => bigint): bigint {
  let [sum, term] = [first, first];
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = next(term, k);
    sum += term;
  }
  return sum;
}

/** atan(1/n), or with the sign 1 the inverse of tanh. */
function arc(n: bigint, sign: bigint): bigint {
  let sum = 0n;
  for (let [power, k] = [ONE / n, 1n]; power !== 0n; power = (sign * power) / (n * n), k += 2n) sum += power / k;
  return sum;
}

export const PI: bigint = 4n * (4n * arc(5n, -1n) - arc(239n, -1n));
export const LN2: bigint = 2n * arc(3n, 1n);

/** A positive number as units · 2^exponent. */
export type Scaled = readonly [units: bigint, exponent: number];

export function expOf(x: bigint): Scaled {
  const exponent = x / LN2 - (x < 0n ? 1n : 0n);
  const rest = x - exponent * LN2;
  return [series(ONE, (term, k) => times(term, rest) / k), Number(exponent)];
}

/** The logarithm of a positive double. */
export function logOf(x: number): bigint {
  const [mantissa, exponent] = partsOf(x);
  const length = BigInt(mantissa.toString(2).length);
  const m = mantissa << (BITS - length); // from ½ to 1
  // log(m) = 2 atanh((m - 1) / (m + 1))
  const s = ((m - ONE) << BITS) / (m + ONE);
  const s2 = times(s, s);
  let sum = 0n;
  for (let [power, k] = [s, 1n]; power !== 0n && power !== -1n; power = times(power, s2), k += 2n) sum += power / k;
  return 2n * sum + (BigInt(exponent) + length) * LN2;
}

export function powOf(x: number, y: number): Scaled {
  const [mantissa, exponent] = partsOf(y);
  return expOf(shifted(logOf(x) * mantissa, BigInt(exponent)));
}

export function cosOf(x: bigint): bigint {
  const x2 = times(x, x);
  return series(ONE, (term, k) => -times(term, x2) / (2n * k * (2n * k - 1n)));
}

export function sinOf(x: bigint): bigint {
  const x2 = times(x, x);
  return series(x, (term, k) => -times(term, x2) / (2n * k * (2n * k + 1n)));
}

/** The distance of a finite double from units · 2^exponent, in ulps of that. */
export function ulpsOff(y: number, units: bigint, exponent = 0): number {
  const length = (units < 0n ? -units : units).toString(2).length;
  const ulp = Math.max(length - Number(BITS) + exponent - 53, -1074);
  const [mantissa, at] = partsOf(y);
  const base = Math.min(at, exponent - Number(BITS), ulp);
  const off = (mantissa << BigInt(at - base)) - (units << BigInt(exponent - Number(BITS) - base));
  return Math.abs(Number((off << 40n) >> BigInt(ulp - base))) / 2 ** 40;
}
