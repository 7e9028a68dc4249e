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

/** A loop in C that adds up as many floats as the model has weights, by threads of its own. */
function readLoop(threads: number): () => number {
  const folder = mkdtempSync(join(tmpdir(), "microgpt-read-"));
  const [source, object] = [join(folder, "read.c"), join(folder, "read.so")];
  writeFileSync(source, READ);
  execFileSync("cc", ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-pthread", "-o", object, source]);
  const koffi = createRequire(import.meta.url)("koffi");
  const read = koffi.load(object).func("read_all", "float", ["void *", "long", "int"]);
  rmSync(folder, { recursive: true });
  const numbers = new Float32Array(countParams(config)).fill(1e-3);
  return () => timed(() => read(numbers, numbers.length, threads));
}

const READ = `
#include <pthread.h>
typedef float V __attribute__((vector_size(64), aligned(4)));
typedef struct { const float *p; long n; float sum; } Part;
static void *part(void *x) {
  Part *a = x;
  V s[8] = {};
  for (long i = 0; i + 128 <= a->n; i += 128) for (int j = 0; j < 8; j++) s[j] += *(const V *)(a->p + i + 16 * j);
  a->sum = 0;
  for (int j = 0; j < 8; j++) for (int l = 0; l < 16; l++) a->sum += s[j][l];
  return 0;
}
float read_all(const float *p, long n, int threads) {
  Part parts[16];
  pthread_t ids[16];
  float s = 0;
  for (int i = 0; i < threads; i++) parts[i] = (Part){p + n / threads * i, n / threads, 0};
  for (int i = 1; i < threads; i++) pthread_create(&ids[i], 0, part, &parts[i]);
  part(&parts[0]);
  for (int i = 0; i < threads; i++) { if (i) pthread_join(ids[i], 0); s += parts[i].sum; }
  return s;
}
`;

const logits = (["wasm", native()] as const).map((engine) =>
  Array.from(new GPT({ config, weights }, { engine }).decoder()(7)),
);
const off = logits[0]?.map((x, i) => Math.abs(x - (logits[1]?.[i] ?? Number.NaN))) ?? [];
if (!(Math.max(...off) < 1e-4)) throw new Error(`the logits differ by ${Math.max(...off)}`);

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
    const least = Math.min(...Array.from({ length: 5 }, read));
    if (round >= 0) reads[i]?.push(least);
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
