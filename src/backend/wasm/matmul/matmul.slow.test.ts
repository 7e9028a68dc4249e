import { setFlagsFromString } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FunctionBuilder, ModuleBuilder } from "../asm/assembler.ts";
import { type Code, get, i32, type Local, set, v128 } from "../asm/instructions.ts";
import { emitMatmul, scratchBytes, splitAxis } from "./matmul.ts";
import type { MatmulShape } from "./spec.ts";

setFlagsFromString("--experimental-wasm-relaxed-simd");

interface Case {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Sizes known only at run time. */
  readonly dynamic: "m" | "k" | "none";
  readonly slack: number;
  readonly transposed: { readonly a: boolean; readonly b: boolean };
  /** Entries between rows beyond their length. */
  readonly gap: number;
  readonly relaxed: boolean;
}

const GUARD = 1234.5;

// The product of counting-like numbers, in parts; C has a gap of 3 between its rows.
type Strides = Pick<MatmulShape, "aStrides" | "bStrides">;

function multiply(
  c: Case,
  cuts: readonly number[],
  strides?: Strides,
): { c: Float32Array; expected: Float64Array; pitch: number } {
  const { m, n, k, dynamic, transposed, gap, relaxed } = c;
  const rows = dynamic === "m" ? Math.ceil(m / 4) * 4 : m;
  const fn = new FunctionBuilder();
  const [from, to, size] = [fn.param(), fn.param(), fn.param()];
  const shape: MatmulShape = {
    m: dynamic === "m" ? size : m,
    n,
    k: dynamic === "k" ? size : k,
    maxM: dynamic === "m" ? m + c.slack : m,
    maxK: dynamic === "k" ? k + c.slack : k,
    aStrides: transposed.a ? { m: 1, k: rows + gap } : { m: k + gap, k: 1 },
    bStrides: transposed.b ? { k: 1, n: k + gap } : { k: n + gap, n: 1 },
    ...strides,
  };
  const pitch = n + 3;
  const { aStrides, bStrides } = shape;
  const aLength = rows * aStrides.m + k * aStrides.k;
  const bLength = k * bStrides.k + n * bStrides.n;
  const at = { a: 16, b: 16 + (aLength + 4) * 4, c: 0, scratch: 0 };
  at.c = at.b + (bLength + 4) * 4;
  at.scratch = Math.ceil((at.c + (rows + 1) * pitch * 4) / 16) * 16;
  const bytes = at.scratch + scratchBytes(shape) + 16;

  const pages = Math.ceil(bytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages });
  const floats = new Float32Array(memory.buffer).fill(Number.NaN);
  const random = mulberry(m * 7 + n * 5 + k);
  const expected = new Float64Array(m * n);
  const a = (i: number, p: number): number => at.a / 4 + i * aStrides.m + p * aStrides.k;
  const b = (p: number, j: number): number => at.b / 4 + p * bStrides.k + j * bStrides.n;
  for (let i = 0; i < m; i++) for (let p = 0; p < k; p++) floats[a(i, p)] = random();
  for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) floats[b(p, j)] = random();
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      for (let p = 0; p < k; p++) {
        expected[i * n + j] = (expected[i * n + j] ?? 0) + (floats[a(i, p)] ?? 0) * (floats[b(p, j)] ?? 0);
      }
    }
  }
  floats.fill(GUARD, at.c / 4, at.c / 4 + (rows + 1) * pitch);
  floats.fill(GUARD, (at.scratch + scratchBytes(shape)) / 4);

  const constant = (value: number): Local => {
    const local = fn.local("i32");
    fn.emit(set(local, i32.const(value)));
    return local;
  };
  const address = fn.local("i32");
  const spec = {
    ...shape,
    a: constant(at.a),
    b: constant(at.b),
    scratch: constant(at.scratch),
    from,
    to,
  };
  emitMatmul(fn, { relaxed }, spec, {
    begin: (row, column) =>
      set(
        address,
        i32.add(i32.const(at.c), i32.mul(i32.add(i32.mul(get(row), i32.const(pitch)), get(column)), i32.const(4))),
      ),
    store: (i, j, valid, value) => {
      const offset = (i * pitch + j) * 4;
      if (valid === 4) return v128.store(get(address), value, offset);
      const local = fn.local("v128");
      const lanes = Array.from(
        { length: valid },
        (_, lane): Code => v128.storeLane(get(address), get(local), lane, offset + lane * 4),
      );
      return [set(local, value), lanes];
    },
  });
  const module = new ModuleBuilder({ pages, shared: false });
  module.add(fn, "run");
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const run = instance.exports.run as (from: number, to: number, size: number) => void;
  const end = splitAxis(spec) === "n" ? n : m;
  const points = [0, ...cuts.map((cut) => Math.min(end, cut * 4)).sort((x, y) => x - y), end];
  points.slice(1).forEach((point, i) => {
    run(points[i] ?? 0, point, dynamic === "m" ? m : k);
  });
  for (let i = (at.scratch + scratchBytes(shape)) / 4; i < floats.length; i++) {
    if (floats[i] !== GUARD) throw new Error("wrote beyond its scratch memory");
  }
  return { c: floats.slice(at.c / 4, at.c / 4 + (rows + 1) * pitch), expected, pitch };
}

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return Math.fround((state >> 8) / 2 ** 23);
  };
}

const sizes = fc.oneof(fc.constantFrom(1, 3, 4, 5, 8, 16, 17, 27, 64), fc.integer({ min: 1, max: 40 }));
const cases: fc.Arbitrary<Case> = fc.record({
  m: sizes,
  n: sizes,
  k: sizes,
  dynamic: fc.constantFrom("m", "k", "none"),
  slack: fc.constantFrom(0, 3, 100, 1000),
  transposed: fc.record({ a: fc.boolean(), b: fc.boolean() }),
  gap: fc.constantFrom(0, 1, 5),
  relaxed: fc.boolean(),
});

function check(c: Case, cuts: readonly number[], strides?: Strides): void {
  const whole = multiply(c, [], strides);
  const { m, n, k } = c;
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j < whole.pitch; j++) {
      const got = whole.c[i * whole.pitch + j] ?? Number.NaN;
      if (i < m && j < n) {
        const difference = Math.abs(got - (whole.expected[i * n + j] ?? 0));
        if (!(difference <= 1e-6 * (k + 1))) throw new Error(`(${i}, ${j}): ${got} for ${whole.expected[i * n + j]}`);
      } else if (!(i >= m && c.dynamic === "m" && j < n) && got !== GUARD) {
        throw new Error(`(${i}, ${j}) written`);
      }
    }
  }
  const parts = multiply(c, cuts, strides);
  const rows = (c: Float32Array): Float32Array => c.slice(0, m * whole.pitch);
  expect(rows(parts.c)).toEqual(rows(whole.c));
}

const plainCase: Case = {
  m: 8,
  n: 8,
  k: 8,
  dynamic: "none",
  slack: 0,
  transposed: { a: false, b: false },
  gap: 0,
  relaxed: false,
};

describe("matrix products", () => {
  test("equal a double loop, for any strides and parts", () => {
    fc.assert(
      fc.property(cases, fc.array(fc.nat(12), { maxLength: 3 }), (c, cuts) => check(c, cuts)),
      { numRuns: 400 },
    );
  });

  test("over nothing are 0", () => {
    check({ ...plainCase, k: 0, dynamic: "k", slack: 20 }, []);
    check({ ...plainCase, k: 0, dynamic: "k", slack: 2000 }, []);
  });

  test("accept empty parts of rows or columns", () => {
    check({ ...plainCase, m: 5 }, [0, 2, 2]);
    check({ ...plainCase, m: 1, transposed: { a: false, b: true } }, [0, 2, 2]);
  });

  // Blocks of rows, stretches of k and copies of the operands, with and without remainders.
  const large = [
    { m: 9, n: 21, k: 1511 },
    { m: 203, n: 35, k: 690 },
    { m: 270, n: 45, k: 300 },
    { m: 1, n: 23, k: 301 },
    { m: 6, n: 11, k: 1030 },
  ];
  const ways = [
    { a: false, b: false },
    { a: false, b: true },
    { a: true, b: false },
    { a: true, b: true },
  ];
  for (const { m, n, k } of large) {
    test(`of ${m} x ${k} and ${k} x ${n} are correct`, () => {
      for (const transposed of ways) {
        for (const dynamic of ["m", "k", "none"] as const) {
          check({ ...plainCase, m, n, k, transposed, dynamic, slack: 100, relaxed: true }, [3, 40]);
        }
      }
    });
  }

  test("copy operands of any strides", () => {
    // Every other column, and a repeated one, as in attention heads and broadcasts.
    for (const bStrides of [
      { k: 2, n: 40 },
      { k: 0, n: 1 },
      { k: 1, n: 0 },
      { k: 33, n: 2 },
    ]) {
      check({ ...plainCase, m: 6, n: 11, k: 13 }, [1], { aStrides: { m: 26, k: 2 }, bStrides });
      check({ ...plainCase, m: 6, n: 11, k: 33 }, [1], { aStrides: { m: 0, k: 1 }, bStrides });
    }
  });
});
