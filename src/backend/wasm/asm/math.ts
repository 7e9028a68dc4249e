/**
 * exp, log, sigmoid, erf, powers and hashes of four floats at once, each as one expression to be put into the middle of
 * a kernel. Only operations that the WebAssembly specification fixes to the bit are used, so a strict rounding (multiply,
 * then add) gives the same bits on every machine, but for the sign and payload of a NaN. The error bounds stated here hold
 * for strict and relaxed roundings; math.test.ts holds them over a part of the floats, and those of exp, log and powers were
 * measured once over all 2^32. An ulp is the distance of neighboring floats at the exact result.
 */

import { GOLDEN, MIX } from "../../../util/hash.ts";
import {
  ERF_FAR,
  ERF_NEAR,
  EXP_COEFFICIENTS,
  LOG_COEFFICIENTS,
  LOG2_LOWER,
  LOG2_UPPER,
  SQRT_HALF_BITS,
} from "../../polynomials.ts";
import type { FunctionBuilder } from "./assembler.ts";
import {
  type Code,
  f32x4,
  get,
  i32,
  i32x4,
  type Local,
  madd,
  pop,
  type Rounding,
  set,
  tee,
  v128,
} from "./instructions.ts";

type Scratch = readonly [Local, Local, Local, Local, Local];

/**
 * The locals that a function shares among all its exps and logs. They may be nested, because operands are computed
 * before these are written.
 */
const lent = new WeakMap<FunctionBuilder, Scratch>();

function scratch(fn: FunctionBuilder): Scratch {
  const make = (): Local => fn.local("v128");
  const locals = lent.get(fn) ?? [make(), make(), make(), make(), make()];
  lent.set(fn, locals);
  return locals;
}

/** ((c0 x + c1) x + c2) x + ... */
function polynomial(rounding: Rounding, x: Local, [first = 0, ...rest]: readonly number[]): Code {
  return rest.reduce((sum: Code, c) => madd(rounding, sum, get(x), f32x4.const(c)), f32x4.const(first));
}

/**
 * e^x, within 1.17 ulp, or 0.9 if relaxed. Results below 1.7e-38 (2^-125.5, just above the smallest normal float) are
 * 0, too large ones are Infinity; NaN stays NaN.
 *
 * x = n log(2) + r with a whole n, so e^x = 2^(n-1) 2 e^r. The first factor is made by writing n - 1 into the exponent
 * of a float, the second is a polynomial. Without the 2, n = 128 would not fit.
 */
export function exp(fn: FunctionBuilder, rounding: Rounding, x: Code): Code {
  const [r, biased, n] = scratch(fn);
  // A float of this size has no fractional bits: an added number is rounded into its lowest bits.
  const shift = f32x4.const(1.5 * 2 ** 23 + 126);
  return [
    // Beyond these limits n would not fit. They have n = 128 and -126, which give Infinity and 0.
    set(r, f32x4.pmax(f32x4.pmin(x, f32x4.const(89)), f32x4.const(-87.34))),
    set(n, f32x4.sub(tee(biased, madd(rounding, get(r), f32x4.const(Math.LOG2E), shift)), shift)),
    set(r, madd(rounding, get(n), f32x4.const(-LOG2_LOWER), madd(rounding, get(n), f32x4.const(-LOG2_UPPER), get(r)))),
    f32x4.mul(polynomial(rounding, r, EXP_COEFFICIENTS), i32x4.shl(get(biased), i32.const(23))),
  ];
}

/**
 * The natural logarithm, within 0.84 ulp: -Infinity for 0, NaN for negative numbers and NaN.
 *
 * x = 2^k (1 + f) with 1 + f between √½ and √2, so log(x) = k log(2) + log(1 + f). With s = f / (2 + f), 1 + f = (1 +
 * s) / (1 - s), whose logarithm is f - f²/2 + s (f²/2 + s² P(s²)): small terms are added first.
 */
export function log(fn: FunctionBuilder, rounding: Rounding, x: Code): Code {
  const [input, small, f, k, s] = scratch(fn);
  const square = small;
  const prepare = [
    set(input, x),
    // Subnormals are multiplied by 2^23 to become normal.
    set(small, f32x4.lt(get(input), f32x4.const(2 ** -126))),
    set(f, v128.bitselect(f32x4.mul(get(input), f32x4.const(2 ** 23)), get(input), get(small))),
    set(k, i32x4.shrS(i32x4.sub(get(f), i32x4.const(SQRT_HALF_BITS)), i32.const(23))),
    set(f, f32x4.sub(i32x4.sub(get(f), i32x4.shl(get(k), i32.const(23))), f32x4.const(1))),
    set(k, f32x4.sub(f32x4.fromI32x4(get(k)), v128.and(get(small), f32x4.const(23)))),
    set(s, f32x4.div(get(f), f32x4.add(get(f), f32x4.const(2)))),
    set(square, f32x4.mul(get(s), get(s))),
  ];
  const rest = f32x4.mul(polynomial(rounding, square, LOG_COEFFICIENTS), get(square));
  const halfSquare = small;
  const inner = f32x4.add(rest, tee(halfSquare, f32x4.mul(f32x4.mul(get(f), f32x4.const(0.5)), get(f))));
  const tail = madd(rounding, get(s), inner, f32x4.mul(get(k), f32x4.const(LOG2_LOWER)));
  const sum = f32x4.add(f32x4.sub(tail, get(halfSquare)), get(f));
  const ordinary = madd(rounding, get(k), f32x4.const(LOG2_UPPER), sum);
  // Infinity and NaN are their own logarithms; all bits 1 are a NaN.
  const finite = v128.bitselect(ordinary, get(input), f32x4.lt(get(input), f32x4.const(Infinity)));
  const negative = f32x4.lt(get(input), f32x4.const(0));
  const zero = f32x4.eq(get(input), f32x4.const(0));
  return [prepare, v128.bitselect(f32x4.const(-Infinity), v128.or(finite, negative), zero)];
}

/** 1 / (1 + e^-x), within 2.5 ulp where the result is a normal float. */
export function sigmoid(fn: FunctionBuilder, rounding: Rounding, x: Code): Code {
  const one = f32x4.const(1);
  return f32x4.div(one, f32x4.add(one, exp(fn, rounding, f32x4.sub(f32x4.const(0), x))));
}

/** The error function, within 1.3 ulp: x + x P(x²) up to 1, and beyond it 1 - e^Q(|x|). NaN stays NaN. */
export function erf(fn: FunctionBuilder, rounding: Rounding, x: Code): Code {
  const [, , , input, t] = scratch(fn); // exp uses the first three
  const magnitude = v128.and(get(input), i32x4.const(2 ** 31 - 1));
  const sign = v128.and(get(input), i32x4.const(-(2 ** 31)));
  const far = f32x4.sub(f32x4.const(1), exp(fn, rounding, polynomial(rounding, t, ERF_FAR)));
  const square = t;
  return [
    set(input, x),
    set(t, f32x4.pmin(magnitude, f32x4.const(4))), // where erf is 1
    v128.or(far, sign),
    set(square, f32x4.mul(get(input), get(input))),
    madd(rounding, get(input), polynomial(rounding, square, ERF_NEAR), get(input)),
    v128.bitselect([], [], f32x4.gt(get(square), f32x4.const(1))),
  ];
}

/**
 * x to a constant power. Equals Math.pow, except that a root of -0 is -0 and one of -Infinity is NaN.
 *
 * Exponents that are whole or end in ½ are products, with at most one root and one division. While the product is a
 * normal float, n of these operations are within n ulp. If a negative exponent makes it too large, the result is 0.
 *
 * Others are exp(exponent log(x)): NaN for negative x, and within 2 + 4 |exponent log(x)| ulp, because exp turns an
 * absolute error of its operand into a relative one.
 */
export function pow(fn: FunctionBuilder, rounding: Rounding, x: Code, exponent: number): Code {
  const magnitude = Math.abs(exponent);
  const whole = Math.floor(magnitude);
  if (exponent === 0) return f32x4.const(1);
  if (magnitude !== whole && magnitude !== whole + 0.5) {
    return exp(fn, rounding, f32x4.mul(f32x4.const(exponent), log(fn, rounding, x)));
  }
  const [base, product] = scratch(fn);
  const root = magnitude === whole ? [] : f32x4.sqrt(get(base));
  // The binary digits of the whole part from the second on: each squares, and a 1 also multiplies by x.
  const squared = (y: Code): Code => f32x4.mul(tee(product, y), get(product));
  const digits = whole === 0 ? [] : [...whole.toString(2)].slice(1);
  const wholePower = digits.reduce(
    (y: Code, digit) => (digit === "0" ? squared(y) : f32x4.mul(squared(y), get(base))),
    get(base),
  );
  const power = whole === 0 ? root : magnitude === whole ? wholePower : f32x4.mul(wholePower, root);
  return [set(base, x), exponent > 0 ? power : f32x4.div(f32x4.const(1), power)];
}

/** hash24 of util/hash.ts, bit for bit: x and y are whole numbers below 2^24, and so is the result. */
export function hash(fn: FunctionBuilder, x: Code, y: Code): Code {
  const [h, other] = scratch(fn);
  const golden = i32x4.const(GOLDEN);
  const counter = [set(h, i32x4.add(i32x4.truncSatF32x4(get(h)), golden)), mix(h)];
  const both = v128.xor(get(h), i32x4.mul(i32x4.truncSatF32x4(get(other)), golden));
  return [x, y, pop(other), pop(h), counter, set(h, both), mix(h), f32x4.fromI32x4(i32x4.shrU(get(h), i32.const(8)))];
}

/** Mixes each lane in place. */
function mix(h: Local): Code {
  const [a, b, c] = MIX.shifts;
  const [f, g] = MIX.factors;
  const folded = (by: number): Code => v128.xor(get(h), i32x4.shrU(get(h), i32.const(by)));
  return [
    set(h, i32x4.mul(folded(a), i32x4.const(f))),
    set(h, i32x4.mul(folded(b), i32x4.const(g))),
    set(h, folded(c)),
  ];
}
