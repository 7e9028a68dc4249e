import { describe, expect, test } from "vitest";
import { hash24 } from "../../../util/hash.ts";
import * as special from "../../../util/special.ts";
import { relaxedSimd } from "../features.ts";
import { FunctionBuilder, ModuleBuilder } from "./assembler.ts";
import { type Code, f32x4, forRange, get, type Rounding, v128 } from "./instructions.ts";
import { erf, exp, hash, log, pow, sigmoid } from "./math.ts";

type Emit = (fn: FunctionBuilder, rounding: Rounding, x: Code) => Code;
type Compiled = (xs: Float32Array) => Float32Array;

const CHUNK = 1 << 16;

// Applies the code to CHUNK floats at a time, from the start of memory to the space after them.
function compile(rounding: Rounding, emit: Emit): Compiled {
  const fn = new FunctionBuilder();
  const end = fn.param();
  const at = fn.local("i32");
  const result = emit(fn, rounding, v128.load(get(at)));
  fn.emit(forRange(at, [0x41, 0], get(end), 16, v128.store(get(at), result, CHUNK * 4)));
  const module = new ModuleBuilder({ pages: 8, shared: false });
  module.add(fn, "run");
  const memory = new WebAssembly.Memory({ initial: 8 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const run = exports.run as (end: number) => void;
  return (xs) => {
    new Float32Array(memory.buffer).set(xs);
    run(Math.ceil(xs.length / 4) * 16);
    return new Float32Array(memory.buffer, CHUNK * 4, xs.length);
  };
}

// Every `stride`th float; a prime stride covers all signs, exponents and kinds of NaN.
function* floats(stride: number): Generator<Float32Array> {
  const count = Math.floor(2 ** 32 / stride);
  for (let start = 0; start < count; start += CHUNK) {
    const bits = Uint32Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => (start + i) * stride);
    yield new Float32Array(bits.buffer);
  }
}

// The distance to the next float, at y.
function ulp(y: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(y)))) - 23);
}

// The largest error in ulps over the floats for which math.ts states the bound (it was measured with a stride of 1, not
// 4093). A result that rounds to the right float counts as 0, and one that is not finite must be exact.
function worst(run: Compiled, exact: (x: number) => number, zeroBelow = 0): number {
  let largest = 0;
  for (const xs of floats(4093)) {
    const ys = run(xs);
    for (let i = 0; i < xs.length; i++) {
      const y = ys[i] ?? 0;
      const expected = exact(xs[i] ?? 0);
      if (Object.is(y, Math.fround(expected)) || (y === 0 && expected < zeroBelow)) continue;
      const error = Math.abs(y - expected) / ulp(expected);
      largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
    }
  }
  return largest;
}

const roundings = [{ relaxed: false }, { relaxed: true }].filter(({ relaxed }) => !relaxed || relaxedSimd());
const one = (run: Compiled, x: number): number => run(Float32Array.of(x))[0] ?? 0;

describe.each(roundings)("with relaxed = $relaxed", (rounding) => {
  test("exp is within its bound over the floats", () => {
    const run = compile(rounding, exp);
    expect(worst(run, Math.exp, 2 ** -125.5)).toBeLessThan(rounding.relaxed ? 0.9 : 1.17);
  });

  test.each([
    [0, 1],
    [-0, 1],
    [88.722, Math.fround(Math.exp(Math.fround(88.722)))],
    [88.73, Infinity],
    [3e38, Infinity],
    [Infinity, Infinity],
    [-86.9, Math.fround(Math.exp(Math.fround(-86.9)))],
    [-87.34, 0],
    [-104, 0],
    [-3e38, 0],
    [-Infinity, 0],
    [Number.NaN, Number.NaN],
  ])("exp(%d) is %d", (x, expected) => {
    const y = one(compile(rounding, exp), x);
    if (expected > 0 && expected < Infinity) expect(y / expected).toBeCloseTo(1, 6);
    else expect(y).toBe(expected);
  });

  test("log is within its bound over the floats", () => {
    expect(worst(compile(rounding, log), Math.log)).toBeLessThan(0.84);
  });

  test.each([
    [1, 0],
    [0, -Infinity],
    [-0, -Infinity],
    [-1e-45, Number.NaN],
    [-1, Number.NaN],
    [-Infinity, Number.NaN],
    [Infinity, Infinity],
    [Number.NaN, Number.NaN],
    [2 ** -149, Math.fround(Math.log(2 ** -149))],
  ])("log(%d) is %d", (x, expected) => {
    expect(one(compile(rounding, log), x)).toBe(expected);
  });

  test("sigmoid and erf are within their bounds over the floats", () => {
    expect(worst(compile(rounding, sigmoid), special.sigmoid, 2 ** -127)).toBeLessThan(2.5);
    expect(worst(compile(rounding, erf), special.erf)).toBeLessThan(1.3);
  });

  test.each([
    [sigmoid, 0, 0.5],
    [sigmoid, -3e38, 0],
    [sigmoid, 3e38, 1],
    [sigmoid, -Infinity, 0],
    [sigmoid, Infinity, 1],
    [sigmoid, Number.NaN, Number.NaN],
    [erf, 0, 0],
    [erf, -0, -0],
    [erf, 4, 1],
    [erf, -4.1, -1],
    [erf, 3e38, 1],
    [erf, -Infinity, -1],
    [erf, Infinity, 1],
    [erf, Number.NaN, Number.NaN],
  ])("$0 of $1 is $2", (emit, x, expected) => {
    expect(one(compile(rounding, emit), x)).toBe(expected);
  });

  test.each([0, 1, 2, 3, 4, 7, 10, -1, -2, -3, 0.5, -0.5, 1.5, -1.5, 2.5])(
    "to the power %d is a product, within an ulp for each operation",
    (exponent) => {
      const run = compile(rounding, (fn, _, x) => pow(fn, rounding, x, exponent));
      // Neither the result nor its reciprocal is subnormal here.
      const range = 2 ** (120 / Math.max(1, Math.abs(exponent)));
      const ok = (x: number): boolean => Math.abs(x) < range && Math.abs(x) > 1 / range;
      const roots = exponent % 1 === 0 ? 1 : 0;
      let largest = 0;
      for (const xs of floats(65_537)) {
        const some = xs.filter(ok);
        run(some).forEach((y, i) => {
          const expected = (some[i] ?? 0) ** exponent;
          if (!Object.is(y, expected)) largest = Math.max(largest, Math.abs(y - expected) / ulp(expected));
        });
      }
      expect(largest).toBeLessThanOrEqual(Math.abs(exponent) + 1 - roots);
    },
  );

  test.each([0.3, -0.75, 1.7])("to the power %d is exp of log, within its bound", (exponent) => {
    const run = compile(rounding, (fn, _, x) => pow(fn, rounding, x, exponent));
    let largest = 0;
    for (const xs of floats(65_537)) {
      run(xs).forEach((y, i) => {
        const x = xs[i] ?? 0;
        const expected = x ** exponent;
        if (Object.is(y, Math.fround(expected)) || expected < 2 ** -125 || expected > 2 ** 127.99) return;
        const bound = 2 + 4 * Math.abs(exponent * Math.log(x));
        largest = Math.max(largest, Math.abs(y - expected) / ulp(expected) / bound);
      });
    }
    expect(largest).toBeLessThan(1);
  });
});

test("may be nested and used several times in one function", () => {
  const twice: Emit = (fn, rounding, x) =>
    f32x4.add(exp(fn, rounding, log(fn, rounding, exp(fn, rounding, x))), pow(fn, rounding, exp(fn, rounding, x), 3));
  const x = 0.75;
  expect(one(compile({ relaxed: false }, twice), x)).toBeCloseTo(Math.exp(x) + Math.exp(x) ** 3, 5);
});

test("a hash has the bits of hash24, even of other hashes", () => {
  const counters = Float32Array.from({ length: CHUNK }, (_, i) => (i < 1000 ? i : (i * 251) % 2 ** 24));
  const [few, many] = [f32x4.const(3), f32x4.const(2 ** 24 - 1)];
  const run = compile({ relaxed: false }, (fn, _, x) => hash(fn, hash(fn, x, few), hash(fn, many, x)));
  expect(run(counters)).toEqual(counters.map((n) => hash24(hash24(n, 3), hash24(2 ** 24 - 1, n))));
});
