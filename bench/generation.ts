/**
 * Generation of a model of 10.6 million parameters, on each number of threads, in turns within one run: machine code and WebAssembly
 * against PyTorch (one thread, with its keys and values kept), and against a loop in C that only reads as many bytes: `npx tsx --tsconfig
 * bench/tsconfig.json bench/generation.ts`. PyTorch as for native.ts. The logits of both engines are compared first.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { countParams, GPT, Random } from "microgpt";
import { native } from "microgpt/native";
import { machineLine } from "./machine.ts";

const ROUNDS = 9;
const PYTHON = "/usr/bin/python3";
const config = { vocabSize: 65, nEmbd: 384, nHead: 6, nLayer: 6, blockSize: 256, initStd: 0.02 };
const PROMPT = Array.from({ length: 255 }, (_, i) => i % config.vocabSize);
const TOKENS = 200;
const BATCH = 32;
const BATCH_TOKENS = 64;
/** Of the loop that only reads: the least of them counts, as a token's time is a mean of many. */
const PASSES = 20;

interface Work {
  readonly name: string;
  /** Milliseconds of a prompt, of a token of one sequence, and of a token of each of many. */
  prompt(): Promise<number> | number;
  token(): Promise<number> | number;
  together(): Promise<number> | number;
}

const { weights } = GPT.init(config, new Random(1)).state();

function timed(work: () => void): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

async function ours(name: string, engine: "wasm" | ReturnType<typeof native>, threads: number): Promise<Work> {
  const model = new GPT({ config, weights }, { engine, threads });
  await model.wake(BATCH);
  return {
    name: `${name}, ${threads === 1 ? "1 thread" : `${threads} threads`}`,
    prompt: () => timed(() => model.predictor(PROMPT, 1)),
    token: () => {
      const next = model.predictor([], 1);
      return timed(() => Array.from({ length: TOKENS }, (_, t) => next(t % config.vocabSize))) / TOKENS;
    },
    together: () => {
      const batch = model.batchDecoder(1);
      const sequences = Array.from({ length: BATCH }, (_, i) => i);
      for (const sequence of sequences) batch.begin(sequence);
      const step = (_: unknown, t: number): unknown =>
        batch.next(
          sequences,
          sequences.map(() => t % config.vocabSize),
        );
      return timed(() => Array.from({ length: BATCH_TOKENS }, step)) / BATCH_TOKENS;
    },
  };
}

function torch(): { readonly work: Work; readonly child: ChildProcess } | undefined {
  if (spawnSync(PYTHON, ["-c", "import torch"]).status !== 0) return undefined;
  const { vocabSize, nEmbd, nHead, nLayer, blockSize } = config;
  const sizes = [vocabSize, nEmbd, nHead, nLayer, blockSize].map(String);
  const child = spawn(PYTHON, ["bench/torch-generation.py", ...sizes], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<number> => {
    child.stdin.write(`${line}\n`);
    return Number((await lines.next()).value);
  };
  const work = {
    name: "PyTorch, 1 thread",
    prompt: () => ask(`prompt ${PROMPT.length}`),
    token: async () => (await ask(`tokens ${TOKENS}`)) / TOKENS,
    together: async () => (await ask(`batch ${BATCH} ${BATCH_TOKENS}`)) / BATCH_TOKENS,
  };
  return { work, child };
}

/**
 * The least milliseconds of some passes of a loop in C that adds up as many floats as the model has weights. It has what would
 * help it: large pages, and threads that wait in a loop for each pass.
 */
function readLoop(threads: number): () => number {
  const folder = mkdtempSync(join(tmpdir(), "microgpt-read-"));
  const [source, object] = [join(folder, "read.c"), join(folder, "read.so")];
  writeFileSync(source, READ);
  execFileSync("cc", ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-pthread", "-o", object, source]);
  const koffi = createRequire(import.meta.url)("koffi");
  const read = koffi.load(object).func("least_ms", "double", ["long", "int", "int"]);
  rmSync(folder, { recursive: true });
  return () => {
    const ms = read(countParams(config), threads, PASSES);
    if (!(ms > 0)) throw new Error("the loop added up something else");
    return ms;
  };
}

const READ = `
#define _GNU_SOURCE
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
typedef float V __attribute__((vector_size(64), aligned(4)));
static float *numbers, sums[64];
static long count;
static int members, passes, at, done;
static float sum(const float *p, long n) {
  V s[8] = {};
  long i = 0;
  for (; i + 128 <= n; i += 128) for (int j = 0; j < 8; j++) s[j] += *(const V *)(p + i + 16 * j);
  float total = 0;
  for (; i < n; i++) total += p[i];
  for (int j = 0; j < 8; j++) for (int l = 0; l < 16; l++) total += s[j][l];
  return total;
}
static void part(long me) {
  const long from = count * me / members, to = count * (me + 1) / members;
  sums[me] = sum(numbers + from, to - from);
}
static void *member(void *me) {
  for (int pass = 1; pass <= passes; pass++) {
    while (__atomic_load_n(&at, __ATOMIC_ACQUIRE) < pass);
    part((long)me);
    __atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
  }
  return 0;
}
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
/* 0 if a sum is wrong. */
double least_ms(long n, int threads, int times) {
  const size_t page = 2 << 20, bytes = (n * sizeof(float) + page - 1) / page * page;
  pthread_t ids[64];
  double least = 1e9;
  count = n, members = threads, passes = times, at = done = 0;
  numbers = aligned_alloc(page, bytes);
  madvise(numbers, bytes, MADV_HUGEPAGE);
  for (long i = 0; i < n; i++) numbers[i] = 1.f / 1024;
  for (long i = 1; i < threads; i++) pthread_create(&ids[i], 0, member, (void *)i);
  for (int pass = 1; pass <= times; pass++) {
    const double begin = now();
    __atomic_store_n(&at, pass, __ATOMIC_RELEASE);
    part(0);
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) < pass * (threads - 1));
    const double ms = now() - begin;
    double total = 0;
    for (int i = 0; i < threads; i++) total += sums[i];
    if (fabs(total / n * 1024 - 1) > 1e-3) least = 0;
    if (ms < least) least = ms;
  }
  for (long i = 1; i < threads; i++) pthread_join(ids[i], 0);
  free(numbers);
  return least;
}
`;

function apart(what: string, [ours = [], theirs = []]: readonly ArrayLike<number>[]): void {
  const off = Array.from(ours, (x, i) => Math.abs(x - (theirs[i] ?? Number.NaN)));
  if (!(Math.max(...off) < 1e-4)) throw new Error(`the logits of ${what} differ by ${Math.max(...off)}`);
}
const both = (["wasm", native()] as const).map((engine) => new GPT({ config, weights }, { engine }));
apart(
  "a token",
  both.map((model) => Array.from(model.decoder()(7))),
);
apart(
  "a token after a prompt",
  both.map((model) => Array.from(model.predictor(PROMPT, 1)(7))),
);
apart(
  "a batch",
  both.map((model) => {
    const batch = model.batchDecoder(1);
    batch.begin(0);
    batch.begin(1);
    return batch.next([0, 1], [3, 4]);
  }),
);

const counts = [1, Math.min(2, availableParallelism())];
const works: Work[] = [];
for (const count of new Set(counts))
  works.push(await ours("native", native(), count), await ours("wasm", "wasm", count));
const peer = torch();
if (peer !== undefined) works.push(peer.work);
const loops = counts.map((count) => readLoop(count));

const KINDS = ["prompt", "token", "together"] as const;
const times = works.map(() => KINDS.map((): number[] => []));
const reads = loops.map((): number[] => []);
for (let round = -2; round < ROUNDS; round++) {
  for (const [i, read] of loops.entries()) {
    const ms = read();
    if (round >= 0) reads[i]?.push(ms);
  }
  for (const [i, work] of works.entries()) {
    for (const [k, kind] of KINDS.entries()) {
      const ms = await work[kind]();
      if (round >= 0) times[i]?.[k]?.push(ms);
    }
  }
}
peer?.child.kill();

const median = (numbers: readonly number[] = []): number =>
  numbers.toSorted((x, y) => x - y)[numbers.length >> 1] ?? Number.NaN;
const shown = (numbers: readonly number[] = []): string =>
  `${median(numbers).toPrecision(3)} (${Math.min(...numbers).toPrecision(3)} to ${Math.max(...numbers).toPrecision(3)})`;
console.log(
  `${machineLine()}\n\n| ms | a prompt of ${PROMPT.length} tokens | a token | a token of each of ${BATCH} |\n|---|---|---|---|`,
);
for (const [i, { name }] of works.entries()) console.log(`| ${name} | ${times[i]?.map(shown).join(" | ")} |`);
for (const [i, count] of counts.entries())
  console.log(`| reading all weights in C, ${count} threads | | ${shown(reads[i])} | |`);
process.exit(0);
