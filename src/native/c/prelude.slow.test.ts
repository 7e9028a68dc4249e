/** The functions of C's vectors, over a part of all floats, on vectors of every width. */

import { describe, expect, test } from "vitest";
import * as special from "../../util/special.ts";
import { absent, compiling, KEPT } from "../native-testing.ts";
import { sharedObjectNow } from "../shared-object.ts";
import { AVX, AVX512, SSE } from "../target.ts";
import { prelude } from "./prelude.ts";

const CHUNK = 1 << 16;
/** A prime, so that all signs, exponents and kinds of NaN occur. */
const STRIDE = 40_961;
const FUNCTIONS = ["exp", "log", "sqrt", "sigmoid", "erf", "relu", "step"] as const;

type Run = (name: (typeof FUNCTIONS)[number], xs: Float32Array) => Float32Array;

/** The distance to the next float, at y. */
function ulp(y: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(y)))) - 23);
}

/** The largest error in ulps, without results that must be below `tiny`. The nearest float counts as 0; what is not finite must be exact. */
function worst(run: (xs: Float32Array) => Float32Array, exact: (x: number) => number, tiny = 0): number {
  let largest = 0;
  const count = Math.floor(2 ** 32 / STRIDE);
  for (let start = 0; start < count; start += CHUNK) {
    const bits = Uint32Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => (start + i) * STRIDE);
    const xs = new Float32Array(bits.buffer);
    run(xs).forEach((y, i) => {
      const expected = exact(xs[i] ?? 0);
      if (Object.is(y, Math.fround(expected)) || (Math.abs(y) <= tiny && Math.abs(expected) < tiny)) return;
      const error = Math.abs(y - expected) / ulp(expected);
      largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
    });
  }
  return largest;
}

describe.skipIf(absent).each([SSE, AVX, AVX512])(compiling("C on $lanes lanes"), (vectors) => {
  const text = FUNCTIONS.map(
    (name) =>
      `void run_${name}(const F *x, F *y, int n) { for (int i = 0; i < n; i += W) store(y + i, ${name}_v(load(x + i)), W); }`,
  );
  const open = (): Run => {
    const library = sharedObjectNow([prelude(vectors), ...text].join("\n"), KEPT);
    return (name, xs) => {
      const [padded, ys] = [new Float32Array(CHUNK), new Float32Array(CHUNK)];
      padded.set(xs);
      library.func(`run_${name}`, "void", ["pointer", "pointer", "int"])(padded, ys, CHUNK);
      return ys.subarray(0, xs.length);
    };
  };

  test.each([
    ["exp", Math.exp, 0.9, 2 ** -125.5],
    ["log", Math.log, 0.84, 0],
    ["sqrt", Math.sqrt, 0.75, 0],
    ["erf", special.erf, 1.3, 0],
    ["relu", (x: number) => Math.max(0, x), 0, 0],
    ["step", (x: number) => (x > 0 ? 1 : 0), 0, 0],
  ] as const)("%s is within its bound over the floats", (name, exact, bound, tiny) => {
    const run = open();
    expect(worst((xs) => run(name, xs), exact, tiny)).toBeLessThanOrEqual(bound);
  });

  test("roots of zeros, of Infinity and of negative numbers are those of the language", () => {
    const xs = Float32Array.of(0, -0, Infinity, -1, Number.NaN, 4, 1e-45);
    expect([...open()("sqrt", xs)]).toEqual([...xs].map((x) => Math.fround(Math.sqrt(x))));
  });
});
