import v8 from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FunctionBuilder, ModuleBuilder } from "../asm/assembler.ts";
import { attentionScratchBytes, emitAttention, emitAttentionGrad, type Pointer } from "./attention.ts";
import { documents, type Example, example, expected, type Results } from "./testing.ts";

v8.setFlagsFromString("--experimental-wasm-relaxed-simd");

const GARBAGE_ROWS = 4;
/** Numbers in a row after its heads that do not belong to the tensor: for q, k, v, g, out, dq, dk and dv. */
const GAPS = [3, 8, 0, 5, 1, 2, 4, 7];

type Kernel = (...args: number[]) => void;

/** Compiled for one shape, with all tensors in one memory: everything outside the tensors is NaN and must stay so. */
function run(example: Example, relaxed: boolean, threads: number): Results {
  const { heads, kvHeads, headDim, ranges, keyRows, q, k, v, g } = example;
  const [rows, width, keyWidth] = [ranges.length, heads * headDim, kvHeads * headDim];
  const pages = 40;
  const memory = new WebAssembly.Memory({ initial: pages });
  const floats = new Float32Array(memory.buffer).fill(Number.NaN);
  let free = 16;
  const place = (entries: number): number => {
    const at = free;
    free += Math.ceil(entries) + GARBAGE_ROWS * (width + 8);
    if (free > floats.length) throw new Error("the test's memory is too small");
    return at;
  };
  const table = (numbers: readonly number[]): number => {
    const at = place(numbers.length);
    floats.set(numbers, at);
    return at * 4;
  };
  const used = new Uint8Array(floats.length);
  const contents = [q, k, v, g, [], [], [], []];
  const counts = [rows, keyRows, keyRows, rows, rows, rows, keyRows, keyRows];
  const widths = [width, keyWidth, keyWidth, width, width, width, keyWidth, keyWidth];
  const tensors = GAPS.map((gap, i) => {
    const own = widths[i] ?? width;
    const rowStride = own + gap;
    const [numbers = [], count = 0] = [contents[i], counts[i]];
    const at = place(count * rowStride);
    const starts = Array.from({ length: count }, (_, r) => at + r * rowStride);
    for (const [r, row] of starts.entries()) {
      floats.set(numbers.slice(r * own, (r + 1) * own), row);
      used.fill(1, row, row + own);
    }
    const read = (): number[] => starts.flatMap((row) => [...floats.subarray(row, row + own)]);
    return { address: at * 4, rowStride, read };
  });
  const tables = [table(ranges.map(([start]) => start)), table(ranges.map(([, end]) => end))];
  const maxKeys = Math.max(...ranges.map(([start, end]) => end - start));
  const bytes = attentionScratchBytes({ headDim }, maxKeys);
  const scratch = place(bytes / 4);
  used.fill(1, scratch, scratch + bytes / 4);

  const module = new ModuleBuilder({ pages, shared: false });
  for (const name of ["attend", "differentiate"] as const) {
    const fn = new FunctionBuilder();
    const pointer = (i: number): Pointer => ({ base: fn.param(), rowStride: tensors[i]?.rowStride ?? 0 });
    const inputPointers = { q: pointer(0), k: pointer(1), v: pointer(2), g: pointer(3) };
    const outputPointers = { out: pointer(4), dq: pointer(5), dk: pointer(6), dv: pointer(7) };
    const tableLocals = { starts: fn.param(), ends: fn.param(), scratch: fn.param() };
    const numbers = { rows: fn.param(), keyRows: fn.param(), thread: fn.param(), threads: fn.param() };
    const spec = { heads, kvHeads, headDim, ...inputPointers, ...outputPointers, ...tableLocals, ...numbers };
    if (name === "attend") emitAttention(fn, { relaxed }, spec);
    else emitAttentionGrad(fn, { relaxed }, spec);
    module.add(fn, name);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const { attend, differentiate } = exports as { attend: Kernel; differentiate: Kernel };
  const before = floats.slice();
  for (const kernel of [attend, differentiate]) {
    for (let thread = 0; thread < threads; thread++) {
      kernel(...tensors.map(({ address }) => address), ...tables, scratch * 4, rows, keyRows, thread, threads);
    }
  }
  expect(floats.subarray(0, free).findIndex((x, i) => used[i] !== 1 && !Object.is(x, before[i]))).toBe(-1);
  const [out = [], dq = [], dk = [], dv = []] = tensors.slice(4).map(({ read }) => read());
  return { out, dq, dk, dv };
}

function expectClose(got: readonly number[], want: readonly number[], scale: number): void {
  expect(got.length).toBe(want.length);
  const worst = Math.max(...got.map((x, i) => Math.abs(x - (want[i] ?? Number.NaN))));
  expect(worst).toBeLessThanOrEqual(2e-5 * scale);
}

const size = (x: readonly number[]): number => Math.max(1e-3, ...x.map(Math.abs));

/** @param slack factor on the tolerance: the rounding of scores grows with them, and everything else with it */
function check(example: Example, relaxed: boolean, slack = 1): void {
  const want = expected(example);
  const got = run(example, relaxed, 1);
  for (const name of ["out", "dq", "dk", "dv"] as const) {
    expectClose(got[name], want[name], size(want[name]) * slack);
  }
  expect(run(example, relaxed, 2)).toEqual(got);
  expect(run(example, relaxed, 3)).toEqual(got);
}

/** Heads of queries, and heads of keys that they share. */
const HEADS: readonly (readonly [heads: number, kvHeads: number])[] = [
  ...[1, 2, 3, 4, 5, 8].map((heads) => [heads, heads] as const),
  ...([
    [2, 1],
    [4, 1],
    [4, 2],
    [6, 2],
    [8, 4],
  ] as const),
];

const shape = fc
  .record({
    heads: fc.constantFrom(...HEADS),
    headDim: fc.constantFrom(1, 3, 4, 4, 5, 8, 16, 32),
    seed: fc.nat(1e6),
  })
  .map(({ heads: [heads, kvHeads], ...rest }) => ({ ...rest, heads, kvHeads }));

describe.each([
  ["strict", false],
  ["relaxed", true],
])("attention, %s", (_, relaxed) => {
  test("of concatenated documents equals the formulas, and so do its gradients", () => {
    fc.assert(
      fc.property(
        shape,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 }),
        (sizes, lengths) => {
          const ranges = documents(lengths);
          check(example(sizes, ranges, ranges.length, sizes.seed), relaxed);
        },
      ),
      { numRuns: 24 },
    );
  });

  test("takes any ranges, even overlapping, descending and empty ones", () => {
    const range = fc.record({ start: fc.nat(12), length: fc.nat(12) });
    fc.assert(
      fc.property(shape, fc.array(range, { minLength: 1, maxLength: 12 }), (sizes, list) => {
        const ranges = list.map(({ start, length }): [number, number] => [start, start + length]);
        check(example(sizes, ranges, 26, sizes.seed), relaxed);
      }),
      { numRuns: 24 },
    );
  });

  test.each([4, 8, 32])("of whole windows, %d channels a head", (headDim) => {
    const ranges = documents([64, 64, 7]);
    check(example({ heads: 4, headDim }, ranges, ranges.length, 5), relaxed);
  });

  test.each([1, 4, 8])("keeps scores of 1000 finite, %d channels a head", (headDim) => {
    const ranges = documents([5, 16]);
    check(example({ heads: 4, headDim }, ranges, ranges.length, 7, 300), relaxed, 20);
  });
});
