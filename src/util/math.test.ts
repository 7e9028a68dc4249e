/** Checks exp, log, pow, cos and sin against 260-bit integer arithmetic, and their special cases. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cosOf, exactly, expOf, LN2, logOf, PI, powOf, sinOf, ulpsOff } from "../testing/exact.ts";
import { cos, cosSin } from "./cos-sin.ts";
import { exp, log, pow } from "./math.ts";
import { Random } from "./random.ts";

const sin = (x: number): number => cosSin(x)[1];

const random = new Random(24);
/** Uniform in [-1, 1). */
const draw = (): number => 2 * random.random() - 1;
/** Any magnitude: the exponent is uniform. */
const anySize = (low: number, high: number): number =>
  (1 + random.random()) * 2 ** (low + (high - low) * random.random());
const many = (make: () => number, count = 1500): number[] => Array.from({ length: count }, make);

/** The largest error in ulps, and the argument that causes it. */
function worst<X>(xs: readonly X[], off: (x: X) => number): readonly [ulps: number, at: X | undefined] {
  return xs.reduce<readonly [number, X | undefined]>(
    (most, x) => (off(x) > most[0] ? [off(x), x] : most),
    [0, undefined],
  );
}

/** The doubles next to x, three on each side. */
function around(x: number): number[] {
  const double = Float64Array.of(x);
  const bits = new BigInt64Array(double.buffer);
  const middle = bits[0] as bigint;
  return [-3n, -2n, -1n, 0n, 1n, 2n, 3n].map((by) => {
    bits[0] = middle + by;
    return double[0] as number;
  });
}

// An ulp is the distance between the doubles around the exact result; the best possible error is half of one.
describe("row 24: within 0.51 ulp, ten times as close as Math's own and nearly always CPython's, is", () => {
  const expOff = (x: number): number => ulpsOff(exp(x), ...expOf(exactly(x)));
  test.each<[what: string, ulps: number, xs: number[]]>([
    ["up to 30", 0.501, many(() => 30 * draw())],
    ["up to the largest and the smallest normal result", 0.501, many(() => 708 * draw())],
    ["near 0", 0.501, many(() => draw() * anySize(-60, -1))],
    ["where two entries of its table meet", 0.501, many(() => ((random.getrandbits(6) - 31.5) * Math.LN2) / 16)],
    ["whose result is subnormal, rounded twice", 0.76, many(() => -708.4 - 36 * random.random(), 400)],
  ])("exp of arguments %s", (_, ulps, xs) => {
    expect(worst(xs, expOff)[0]).toBeLessThan(ulps);
  });

  const logOff = (x: number): number => ulpsOff(log(x), logOf(x));
  test.each<[what: string, xs: number[]]>([
    ["from 0 to 1, as the random stream has them", many(() => 1 - random.random())],
    ["beside 1", many(() => 1 + draw() * anySize(-52, -2)).filter((x) => x !== 1)],
    ["of any size", many(() => anySize(-1022, 1022))],
    ["that are subnormal", many(() => random.random() * 2 ** -1022 || 5e-324, 300)],
    ["where two entries of its table meet", many(() => (46.5 + random.getrandbits(5)) / 64)],
  ])("log of numbers %s", (_, xs) => {
    expect(worst(xs, logOff)[0]).toBeLessThan(0.5001);
  });

  const powOff = ([x, y]: readonly [number, number]): number => ulpsOff(pow(x, y), ...powOf(x, y));
  const pairs = (x: () => number, y: () => number): [number, number][] => many(x, 800).map((base) => [base, y()]);
  test.each<[what: string, ulps: number, pairs: [number, number][]]>([
    [
      "of a mean square to -½, as in RMSNorm",
      0.501,
      pairs(
        () => anySize(-20, 20),
        () => -0.5,
      ),
    ],
    [
      "of a mean square to -1½, as its slope",
      0.501,
      pairs(
        () => anySize(-20, 20),
        () => -1.5,
      ),
    ],
    [
      "of Adam's betas to the step",
      0.51,
      pairs(
        () => 1 - anySize(-10, -2),
        () => random.getrandbits(9),
      ),
    ],
    [
      "to small whole numbers",
      0.501,
      pairs(
        () => anySize(-3, 3),
        () => random.getrandbits(4) - 7,
      ),
    ],
    [
      "with results up to the largest",
      0.7,
      pairs(
        () => anySize(-30, 30),
        () => 32 * draw(),
      ),
    ],
    [
      "beside 1 to high powers",
      0.7,
      pairs(
        () => 1 + draw() * 2 ** -30,
        () => 7e11 * draw(),
      ),
    ],
  ])("pow %s", (_, ulps, all) => {
    expect(worst(all, powOff)[0]).toBeLessThan(ulps);
  });

  const quarters = Array.from({ length: 6 }, (_, i) => around((i * Math.PI) / 2))
    .flat()
    .filter((x) => x > 0 && x < 8);
  test.each<[what: string, xs: number[]]>([
    ["in a turn, as the random stream has them", many(() => random.random() * 2 * Math.PI)],
    ["below 0", many(() => -8 * random.random())],
    ["beside whole quarters of a turn", quarters],
    ["near 0", many(() => draw() * anySize(-60, -2))],
    ["where two entries of its table meet", many(() => (2 * random.getrandbits(2) + 1) / 16 + draw() * 1e-9)],
  ])("cos and sin of angles %s", (_, xs) => {
    expect(worst(xs, (x) => ulpsOff(cos(x), cosOf(exactly(x))))[0]).toBeLessThan(0.505);
    expect(worst(xs, (x) => ulpsOff(sin(x), sinOf(exactly(x))))[0]).toBeLessThan(0.505);
  });

  // The third is the double closest to a whole number of quarter turns (Muller, Elementary Functions).
  test.each([
    [10, -0.8390715290764524, -0.5440211108893698],
    [-1e5, -0.9993608074382124, -0.03574879797201651],
    [6381956970095103 * 2 ** 797, -4.687165924254628e-19, 1],
    [1e22, 0.523214785395139, -0.8522008497671888],
    [Number.MAX_VALUE, -0.9999876894265599, 0.004961954789184062],
  ])("cos and sin of %d", (x, cosine, sine) => {
    expect([cos(x), sin(x)]).toEqual([cosine, sine]);
  });
});

describe("special cases match Math's", () => {
  const edges = [0, 1, 0.5, 2, 3, 4, 1e300, Number.MAX_VALUE, 5e-324, Infinity]
    .flatMap((x) => [x, -x])
    .concat(Number.NaN);

  test("of exp", () => {
    for (const x of [0, -0, Infinity, -Infinity, Number.NaN, 710, -746, 1e300])
      expect([x, exp(x)]).toEqual([x, Math.exp(x)]);
    expect([exp(709.782712893384), exp(709.7827128933841)]).toEqual([1.7976931348622732e308, Infinity]);
    expect([exp(-745.1332191019411), exp(-745.1332191019412)]).toEqual([5e-324, 0]);
  });

  test("of log", () => {
    for (const x of edges) if (!(x > 0 && x < Infinity)) expect([x, log(x)]).toEqual([x, Math.log(x)]);
    expect([log(1), log(5e-324)]).toEqual([0, -744.4400719213812]);
  });

  test.each(edges)("of %d to any power", (x) => {
    for (const y of edges) {
      const [ours, theirs] = [pow(x, y), x ** y];
      // Math's ordinary results may be off by more than ours.
      const ordinary = Number.isFinite(theirs) && theirs !== 0;
      if (ordinary) expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1e-13 * Math.abs(theirs));
      else expect([x, y, ours]).toEqual([x, y, theirs]);
    }
  });

  test("of cos and sin", () => {
    expect([cos(0), cos(-0), sin(0), sin(-0)]).toEqual([1, 1, 0, -0]);
    for (const x of [Infinity, -Infinity, Number.NaN]) expect([cos(x), sin(x)]).toEqual([Number.NaN, Number.NaN]);
  });
});

test("a power that takes a single operation is rounded once", () => {
  for (const x of many(() => draw() * anySize(-30, 30))) {
    expect([pow(x, 0), pow(x, 1), pow(x, 2), pow(x, -1)]).toEqual([1, x, x * x, 1 / x]);
  }
});

describe("exp and log", () => {
  const next = (x: number): number => around(x)[4] as number;

  test("never decrease as their argument grows", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -740, max: 700, noNaN: true }).filter((x) => x !== 0),
        (x) => {
          const up = x > 0 ? next(x) : (around(x)[2] as number);
          expect(exp(up)).toBeGreaterThanOrEqual(exp(x));
          if (x > 0) expect(log(up)).toBeGreaterThanOrEqual(log(x));
        },
      ),
      { seed: 24, numRuns: 2000 },
    );
  });

  test("are inverses", () => {
    for (const x of many(() => 700 * draw()))
      expect(Math.abs(log(exp(x)) - x)).toBeLessThan(4e-16 * Math.max(1, Math.abs(x)));
  });
});

test("cosine and sine are on the unit circle", () => {
  for (const x of many(() => anySize(-5, 60))) {
    const [cosine, sine] = cosSin(x);
    expect(Math.abs(cosine * cosine + sine * sine - 1)).toBeLessThan(4e-16);
  }
});

test("the reference gets log 2 and π right", () => {
  expect([ulpsOff(Math.LN2, LN2) < 0.5, ulpsOff(Math.PI, PI) < 0.5]).toEqual([true, true]);
});
