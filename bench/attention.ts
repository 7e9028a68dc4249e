/**
 * The two ways to compute attention against each other, in turns: four heads of four channels row by row, and blocks of
 * rows one head at a time. `npx tsx bench/attention.ts` prints how many times as long the second takes, for rows that see
 * their own document: the median of the rounds, the least and the most. The results are compared first.
 */

import { FunctionBuilder, ModuleBuilder } from "../src/backend/wasm/asm/assembler.ts";
import {
  attentionScratchBytes,
  emitAttention,
  emitAttentionGrad,
  type Pointer,
  type Way,
} from "../src/backend/wasm/attention/attention.ts";
import { documents, type Example, example } from "../src/backend/wasm/attention/testing.ts";
import { relaxedSimd } from "../src/backend/wasm/features.ts";
import { machineLine } from "./machine.ts";

const ROUNDS = 15;
/** microgpt's heads. */
const SIZES = { heads: 4, kvHeads: 4, headDim: 4 };
const WAYS: readonly Way[] = ["four heads", "blocks"];

interface Runner {
  /** Milliseconds of attention and its gradients, repeated. */
  time(times: number): number;
  results(): Float32Array;
}

function runner({ q, k, v, g, ranges, keyRows }: Example, way: Way): Runner {
  const [rows, width] = [ranges.length, SIZES.heads * SIZES.headDim];
  const inputs = [q, k, v, g, ranges.map(([start]) => start), ranges.map(([, end]) => end)];
  const outputs = [rows, rows, keyRows, keyRows].map((count) => count * width);
  let end = 16;
  const place = (entries: number): number => {
    const at = end;
    end += Math.ceil(entries / 16) * 16 + 128;
    return at;
  };
  const from = inputs.map(({ length }) => place(length));
  const to = outputs.map(place);
  const scratch = place(attentionScratchBytes(SIZES, keyRows) / 4);
  const pages = Math.ceil((4 * end) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages });
  const floats = new Float32Array(memory.buffer);
  inputs.forEach((list, i) => {
    floats.set(list, from[i]);
  });

  const module = new ModuleBuilder({ pages, shared: false });
  const rounding = { relaxed: relaxedSimd() };
  for (const name of ["attend", "differentiate"] as const) {
    const fn = new FunctionBuilder();
    const pointer = (): Pointer => ({ base: fn.param(), rowStride: width });
    const tensors = { q: pointer(), k: pointer(), v: pointer(), g: pointer() };
    const tables = { starts: fn.param(), ends: fn.param() };
    const results = { out: pointer(), dq: pointer(), dk: pointer(), dv: pointer() };
    const numbers = { scratch: fn.param(), rows: fn.param(), keyRows: fn.param() };
    const team = { thread: fn.param(), threads: fn.param() };
    const spec = { ...SIZES, ...tensors, ...tables, ...results, ...numbers, ...team };
    (name === "attend" ? emitAttention : emitAttentionGrad)(fn, rounding, spec, way);
    module.add(fn, name);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const { attend, differentiate } = exports as Record<string, (...args: number[]) => void>;
  const args = [...[...from, ...to, scratch].map((at) => 4 * at), rows, keyRows, 0, 1];
  const time = (times: number): number => {
    const start = performance.now();
    for (let i = 0; i < times; i++) {
      attend?.(...args);
      differentiate?.(...args);
    }
    return performance.now() - start;
  };
  return { time, results: () => floats.slice(to[0], scratch) };
}

function compare(lengths: readonly number[]): string {
  const ranges = documents(lengths);
  const runners = WAYS.map((way) => runner(example(SIZES, ranges, ranges.length, 1), way));
  const [one = new Float32Array(), other = new Float32Array()] = runners.map((made) => {
    made.time(1);
    return made.results();
  });
  const worst = Math.max(...one.map((x, i) => Math.abs(x - (other[i] ?? Number.NaN))));
  if (!(worst < 1e-5)) throw new Error(`the two ways differ by ${worst}`);
  const times = Math.ceil(400_000 / ranges.reduce((sum, [start, end]) => sum + end - start + 4, 0));
  const ratios: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    // The one that goes first in one round goes last in the next.
    const order = round % 2 === 0 ? runners : runners.toReversed();
    const took = new Map(order.map((made) => [made, made.time(times)]));
    const [four = 1, blocks = 1] = runners.map((made) => took.get(made));
    if (round > 0) ratios.push(blocks / four);
  }
  ratios.sort((x, y) => x - y);
  const [median, least, most] = [ratios[ROUNDS >> 1], ratios[0], ratios.at(-1)].map((x) => x?.toFixed(2));
  const what = lengths.length === 1 ? `${lengths[0]} rows` : `${lengths.length} documents of ${lengths[0]} rows`;
  return `| ${what} | ${median} | ${least} to ${most} |`;
}

console.log(`${machineLine()}\n\n| ${ROUNDS} rounds | blocks / four heads | least to most |\n|---|---|---|`);
for (const lengths of [[4], [8], [16], [64], [256], new Array<number>(16).fill(8)]) console.log(compare(lengths));
