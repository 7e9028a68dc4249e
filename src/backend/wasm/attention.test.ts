import v8 from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Random } from "../../util/random.ts";
import { FunctionBuilder, ModuleBuilder } from "./assembler.ts";
import { attentionScratchBytes, emitAttention, emitAttentionGrad, type Pointer } from "./attention.ts";

v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

/** Rows of three tensors and which keys each row sees. */
interface Example {
  readonly heads: number;
  readonly headDim: number;
  readonly q: readonly number[];
  readonly k: readonly number[];
  readonly v: readonly number[];
  readonly g: readonly number[];
  readonly ranges: readonly (readonly [start: number, end: number])[];
  readonly keyRows: number;
}

interface Results {
  readonly out: readonly number[];
  readonly dq: readonly number[];
  readonly dk: readonly number[];
  readonly dv: readonly number[];
}

const GARBAGE_ROWS = 4;
/** Numbers of a row that are not the tensor's, after its heads. */
const GAP = 3;

/** What attention and its gradients are, by their formulas, in float64. */
function expected({ heads, headDim, q, k, v, g, ranges, keyRows }: Example): Results {
  const width = heads * headDim;
  const zeros = (rows: number): number[] => new Array<number>(rows * width).fill(0);
  const [out, dq, dk, dv] = [zeros(ranges.length), zeros(ranges.length), zeros(keyRows), zeros(keyRows)];
  const of = (x: readonly number[], i: number): number => x[i] ?? Number.NaN;
  const add = (x: number[], i: number, y: number): void => {
    x[i] = of(x, i) + y;
  };
  const channels = Array.from({ length: headDim }, (_, d) => d);
  const scale = 1 / Math.sqrt(headDim);
  ranges.forEach(([start, end], r) => {
    const keys = Array.from({ length: end - start }, (_, j) => start + j);
    for (let h = 0; h < heads; h++) {
      const [row, at] = [r * width + h * headDim, (j: number) => j * width + h * headDim];
      const dot = (x: readonly number[], i: number, y: readonly number[], j: number): number =>
        channels.reduce((sum, d) => sum + of(x, i + d) * of(y, j + d), 0);
      const scores = keys.map((j) => dot(q, row, k, at(j)) * scale);
      const most = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - most));
      const total = powers.reduce((x, y) => x + y, 0);
      const weights = powers.map((power) => power / total);
      const slopes = keys.map((j) => dot(g, row, v, at(j)));
      const mean = slopes.reduce((sum, slope, i) => sum + slope * of(weights, i), 0);
      keys.forEach((j, i) => {
        const weight = of(weights, i);
        const slope = weight * (of(slopes, i) - mean) * scale;
        for (const d of channels) {
          add(out, row + d, weight * of(v, at(j) + d));
          add(dv, at(j) + d, weight * of(g, row + d));
          add(dq, row + d, slope * of(k, at(j) + d));
          add(dk, at(j) + d, slope * of(q, row + d));
        }
      });
    }
  });
  return { out, dq, dk, dv };
}

type Kernel = (...args: number[]) => void;

/** Compiled for one shape, with all tensors in one memory: what is not a tensor's is NaN at first and must stay so. */
function run(example: Example, relaxed: boolean, threads: number): Results {
  const { heads, headDim, ranges, keyRows, q, k, v, g } = example;
  const [rows, width] = [ranges.length, heads * headDim];
  const rowStride = width + GAP;
  const pages = 40;
  const memory = new WebAssembly.Memory({ initial: pages });
  const floats = new Float32Array(memory.buffer).fill(Number.NaN);
  let free = 16;
  const place = (entries: number): number => {
    const at = free;
    free += Math.ceil(entries) + GARBAGE_ROWS * rowStride;
    if (free > floats.length) throw new Error("the test's memory is too small");
    return at;
  };
  const table = (numbers: readonly number[]): number => {
    const at = place(numbers.length);
    floats.set(numbers, at);
    return at * 4;
  };
  const used = new Uint8Array(floats.length);
  const rowsAt = (at: number, count: number): number[] => Array.from({ length: count }, (_, r) => at + r * rowStride);
  const tensor = (numbers: readonly number[], count: number): number => {
    const at = place(count * rowStride);
    for (const [r, row] of rowsAt(at, count).entries()) {
      floats.set(numbers.slice(r * width, (r + 1) * width), row);
      used.fill(1, row, row + width);
    }
    return at * 4;
  };
  const read = (address: number, count: number): number[] =>
    rowsAt(address / 4, count).flatMap((row) => [...floats.subarray(row, row + width)]);

  const inputs = [tensor(q, rows), tensor(k, keyRows), tensor(v, keyRows), tensor(g, rows)];
  const tables = [table(ranges.map(([start]) => start)), table(ranges.map(([, end]) => end))];
  const [out, dq, dk, dv] = [tensor([], rows), tensor([], rows), tensor([], keyRows), tensor([], keyRows)];
  const maxKeys = Math.max(...ranges.map(([start, end]) => end - start));
  const bytes = attentionScratchBytes({ heads, headDim }, maxKeys);
  const scratch = place(bytes / 4);
  used.fill(1, scratch, scratch + bytes / 4);

  const module = new ModuleBuilder({ pages, shared: false });
  for (const name of ["attend", "differentiate"] as const) {
    const fn = new FunctionBuilder();
    const pointer = (): Pointer => ({ base: fn.param(), rowStride });
    const inputPointers = { q: pointer(), k: pointer(), v: pointer(), g: pointer() };
    const outputPointers = { out: pointer(), dq: pointer(), dk: pointer(), dv: pointer() };
    const tableLocals = { starts: fn.param(), ends: fn.param(), scratch: fn.param() };
    const counts = { rows: fn.param(), keyRows: fn.param(), thread: fn.param(), threads: fn.param() };
    const spec = { heads, headDim, ...inputPointers, ...outputPointers, ...tableLocals, ...counts };
    if (name === "attend") emitAttention(fn, { relaxed }, spec);
    else emitAttentionGrad(fn, { relaxed }, spec);
    module.add(fn, name);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const { attend, differentiate } = exports as { attend: Kernel; differentiate: Kernel };
  const before = floats.slice();
  for (const kernel of [attend, differentiate]) {
    for (let thread = 0; thread < threads; thread++) {
      kernel(...inputs, out, dq, dk, dv, ...tables, scratch * 4, rows, keyRows, thread, threads);
    }
  }
  expect(floats.findIndex((x, i) => used[i] !== 1 && !Object.is(x, before[i]))).toBe(-1);
  return { out: read(out, rows), dq: read(dq, rows), dk: read(dk, keyRows), dv: read(dv, keyRows) };
}

function expectClose(got: readonly number[], want: readonly number[], scale: number): void {
  expect(got.length).toBe(want.length);
  const worst = Math.max(...got.map((x, i) => Math.abs(x - (want[i] ?? Number.NaN))));
  expect(worst).toBeLessThanOrEqual(2e-5 * scale);
}

const size = (x: readonly number[]): number => Math.max(1e-3, ...x.map(Math.abs));

/** Scores are sums of products, whose rounding grows with them, and the gradients with it. */
function check(example: Example, relaxed: boolean, scoreSize = 1): void {
  const want = expected(example);
  const got = run(example, relaxed, 1);
  const slack = Math.max(1, scoreSize);
  for (const name of ["out", "dq", "dk", "dv"] as const) {
    expectClose(got[name], want[name], size(want[name]) * slack);
  }
  expect(run(example, relaxed, 2)).toEqual(got);
  expect(run(example, relaxed, 3)).toEqual(got);
}

/** Documents in a row: each row sees its document up to itself. */
function documents(lengths: readonly number[]): [number, number][] {
  let start = 0;
  return lengths.flatMap((length) => {
    start += length;
    return Array.from({ length }, (_, i): [number, number] => [start - length, start - length + i + 1]);
  });
}

function example(
  heads: number,
  headDim: number,
  ranges: readonly (readonly [number, number])[],
  keyRows: number,
  seed: number,
  scoreSize = 1,
): Example {
  const random = new Random(seed);
  const numbers = (rows: number, deviation: number): number[] =>
    Array.from({ length: rows * heads * headDim }, () => Math.fround(random.gauss(0, deviation)));
  const [q, k] = [numbers(ranges.length, Math.sqrt(scoreSize)), numbers(keyRows, Math.sqrt(scoreSize))];
  return { heads, headDim, ranges, keyRows, q, k, v: numbers(keyRows, 1), g: numbers(ranges.length, 1) };
}

const shape = fc.record({
  heads: fc.constantFrom(1, 2, 3, 4, 5, 8),
  headDim: fc.constantFrom(1, 3, 4, 4, 5, 8, 16, 32),
  seed: fc.nat(1e6),
});

describe.each([
  ["strict", false],
  ["relaxed", true],
])("attention, %s", (_, relaxed) => {
  test("of documents in a row is that of the formulas, and so are its gradients", () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
        (sizes, lengths) => {
          const ranges = documents(lengths);
          check(example(sizes.heads, sizes.headDim, ranges, ranges.length, sizes.seed), relaxed);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("takes any ranges, also overlapping, going back and empty", () => {
    const range = fc.record({ start: fc.nat(12), length: fc.nat(12) });
    fc.assert(
      fc.property(shape, fc.array(range, { minLength: 1, maxLength: 12 }), (sizes, list) => {
        const ranges = list.map(({ start, length }): [number, number] => [start, start + length]);
        check(example(sizes.heads, sizes.headDim, ranges, 26, sizes.seed), relaxed);
      }),
      { numRuns: 60 },
    );
  });

  test.each([4, 8, 32])("of whole windows, %d channels a head", (headDim) => {
    const ranges = documents([64, 64, 7]);
    check(example(4, headDim, ranges, ranges.length, 5), relaxed);
  });

  test.each([1, 4, 8])("keeps scores of 1000 finite, %d channels a head", (headDim) => {
    const ranges = documents([5, 16]);
    check(example(4, headDim, ranges, ranges.length, 7, 300), relaxed, 300);
  });
});
