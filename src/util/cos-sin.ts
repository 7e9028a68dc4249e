/**
 * Cosine and sine, bit-identical on every JavaScript engine and within 0.505 ulp of the exact result. The reasons and
 * the method are those of math.ts. (Gal 1986, "Computing elementary functions: a new approach for achieving high
 * accuracy and good performance")
 */

/** cos(i/8) and sin(i/8) for i = 0 to 6, each as a float and its remainder. */
const COSINES = Float64Array.of(
  ...[1, 0, 0.9921976923942566, -2.5164927538647776e-8, 0.9689124226570129, -9.463681553085295e-10],
  ...[0.9305076003074646, 2.16048496915401e-8, 0.8775825500488281, 1.1841544591116282e-8],
  ...[0.8109630942344666, 2.527075134945516e-8, 0.7316888570785522, 1.1795268640218089e-8],
);
const SINES = Float64Array.of(
  ...[0, 0, 0.1246747300028801, 3.382347593521896e-9, 0.24740396440029144, -5.1457685132742454e-9],
  ...[0.36627253890037537, -9.814327804838029e-9, 0.4794255495071411, -1.0902938113007961e-8],
  ...[0.5850972533226013, 1.9617860836446024e-8, 0.681638777256012, -1.723267779615738e-8],
);

/** π/2 minus the nearest double, in two parts. That double and the first part both end in three zero bits. */
const REST = 6.123233995736757e-17;
const REST_OF_REST = 8.4784276603689e-32;

/** The cosine of an angle in radians. */
export function cos(angle: number): number {
  return cosSin(angle)[0];
}

/** Cosine and sine of an angle in radians. Takes any double; fast up to 8, the range that the random stream needs. */
export function cosSin(angle: number): readonly [cos: number, sin: number] {
  if (angle === 0) return [1, angle];
  if (Math.abs(angle) > 8) return ofManyQuarters(angle);
  const quarters = Math.floor(angle * (2 / Math.PI) + 0.5);
  const most = angle - quarters * (Math.PI / 2); // exact, like the next product
  const rest = quarters * REST;
  const left = most - rest;
  const taken = left - most;
  const lower = most - (left - taken) - (rest + taken) - quarters * REST_OF_REST;
  const upper = left + lower;
  return ofQuarters(quarters, upper, left - upper + lower);
}

/** Number of fractional bits. No double comes closer to a whole number of quarters than 2^-61. */
const FRACTION = 200n;
/** 2^-200 */
const UNIT = 6.223015277861142e-61;

/** The same for any angle, in big integers: π/2 is needed to as many extra bits as the largest double has. */
function ofManyQuarters(angle: number): readonly [cos: number, sin: number] {
  if (!Number.isFinite(angle)) return [Number.NaN, Number.NaN];
  const before = 1024n;
  const quarter = piBy(FRACTION + before) / 2n;
  // From 8 on, all bits of the angle: at most 49 of them follow the point.
  const whole = Math.abs(angle) < 9007199254740992;
  const exact = whole ? BigInt(angle * 562949953421312) << (FRACTION - 49n) : BigInt(angle) << FRACTION;
  const doubled = (exact << (before + 1n)) / quarter;
  const quarters = (doubled + (angle < 0 ? -1n : 1n)) / 2n;
  const left = ((exact << before) - quarters * quarter) >> before;
  const upper = Number(left);
  return ofQuarters(Number(quarters & 3n), upper * UNIT, Number(left - BigInt(upper)) * UNIT);
}

/** π · 2^bits, by Machin's formula 16 atan(1/5) - 4 atan(1/239). */
function piBy(bits: bigint): bigint {
  const atanOfInverse = (n: bigint): bigint => {
    let [sum, power] = [0n, (1n << bits) / n];
    for (let k = 1n; power !== 0n; k += 2n, power /= -n * n) sum += power / k;
    return sum;
  };
  return 16n * atanOfInverse(5n) - 4n * atanOfInverse(239n);
}

/**
 * Cosine and sine of a number of quarter turns plus an angle up to π/4, in two parts. Symmetry reduces them to those of
 * a + rest, which are those of the nearest i/8, rotated by the remaining angle b, at most 1/16.
 */
function ofQuarters(quarters: number, upper: number, lower: number): readonly [cos: number, sin: number] {
  const sign = upper < 0 ? -1 : 1;
  const a = sign * upper;
  const rest = sign * lower;
  const index = (a * 8 + 0.5) | 0;
  const b = a - index / 8; // exact
  const b2 = b * b;
  // sin b - b and cos b - 1.
  const sinCurve = rest + b * b2 * (-1 / 6 + b2 * (1 / 120) + b2 * b2 * (-1 / 5040 + b2 * (1 / 362880)));
  const cosCurve = b2 * (-1 / 2 + b2 * (1 / 24) + b2 * b2 * (-1 / 720 + b2 * (1 / 40320))) - b * rest;
  const i = 2 * index;
  const cosAt = COSINES[i] as number;
  const cosRest = COSINES[i + 1] as number;
  const sinAt = SINES[i] as number;
  const sinRest = SINES[i + 1] as number;
  const cos = turned(cosAt, cosRest, -sinAt, -sinRest, b, sinCurve, cosCurve);
  const sin = sign * turned(sinAt, sinRest, cosAt, cosRest, b, sinCurve, cosCurve);
  if ((quarters & 1) === 1) return (quarters & 2) === 2 ? [sin, -cos] : [-sin, cos];
  return (quarters & 2) === 2 ? [-cos, -sin] : [cos, sin];
}

/** (start + rest) cos b + (slope + slopeRest) sin b, before the final rounding. */
function turned(
  start: number,
  rest: number,
  slope: number,
  slopeRest: number,
  b: number,
  sinCurve: number,
  cosCurve: number,
): number {
  const half = Math.fround(b);
  const step = slope * half; // exact
  const upper = start + step;
  const curve = (slope + slopeRest) * sinCurve + (start + rest) * cosCurve;
  return upper + (start - upper + step + (slope * (b - half) + (rest + slopeRest * b + curve)));
}
