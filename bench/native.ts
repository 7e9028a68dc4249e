/**
 * A training step as machine code, on one thread and on two, against WebAssembly and PyTorch on one, in turns within one run: `npx tsx
 * --tsconfig bench/tsconfig.json bench/native.ts [size ...]`. PyTorch is that of `/usr/bin/python3` (Debian's python3-torch, with libopenblas0-pthread) and is left
 * out where there is none. Where OpenBLAS does not know the processor it takes slow kernels: OPENBLAS_CORETYPE=SkylakeX gives
 * it those for AVX-512. The losses of the two engines are compared first.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { GPT, type GPTConfig, Random } from "microgpt";
import { native } from "microgpt/native";
import { machineLine } from "./machine.ts";

const ROUNDS = 7;
const PYTHON = "/usr/bin/python3";

/** Sequences of so many tokens, a step. */
interface Size {
  readonly config: GPTConfig;
  readonly sequences: number;
  readonly tokens: number;
}

/** PyTorch's weights begin as small. */
const initStd = 0.02;
const nano = { initStd, vocabSize: 65, nEmbd: 128, nHead: 4, nLayer: 4, blockSize: 64 };
const micro = { initStd, vocabSize: 27, nEmbd: 16, nHead: 4, nLayer: 1, blockSize: 16 };
const SIZES: Readonly<Record<string, Size>> = {
  micro: { config: micro, sequences: 1, tokens: 7 },
  "micro, 16 documents": { config: micro, sequences: 16, tokens: 7 },
  nanoGPT: { config: nano, sequences: 12, tokens: 64 },
  "nanoGPT, batch 128": { config: nano, sequences: 128, tokens: 64 },
  "768 channels": { config: { ...nano, nEmbd: 768, nHead: 12 }, sequences: 12, tokens: 64 },
  "context 1,024, vocabulary 32,768": {
    config: { ...nano, vocabSize: 32768, blockSize: 1024 },
    sequences: 1,
    tokens: 1024,
  },
};

/** Takes steps, and returns their milliseconds. */
type Steps = (count: number) => Promise<number>;

async function stepsOf(
  { config, sequences, tokens }: Size,
  engine: "wasm" | "native",
  threads = 1,
): Promise<[Steps, number]> {
  const random = new Random(5);
  const model = GPT.init(config, random, { engine: engine === "native" ? native() : engine, threads });
  const sequence = (): number[] =>
    Array.from({ length: tokens + 1 }, () => Math.floor(random.random() * config.vocabSize));
  const batch = Array.from({ length: sequences }, sequence);
  const settings = { optimizer: "adamw", beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, gradClip: 0 } as const;
  const trainer = await model.trainer({ ...settings, steps: 0, maxRows: sequences * tokens });
  const { loss } = trainer.step(batch, 0.001);
  const steps = async (count: number): Promise<number> => {
    const begin = performance.now();
    for (let i = 0; i < count; i++) trainer.step(batch, 0.001);
    return performance.now() - begin;
  };
  return [steps, loss];
}

function torchSteps({ config, sequences }: Size): [Steps, ChildProcess] {
  const { vocabSize, nEmbd, nHead, nLayer, blockSize } = config;
  const sizes = [vocabSize, nEmbd, nHead, nLayer, blockSize, sequences].map(String);
  const child = spawn(PYTHON, ["bench/torch-step.py", ...sizes], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const steps = async (count: number): Promise<number> => {
    child.stdin.write(`${count}\n`);
    return Number((await lines.next()).value);
  };
  return [steps, child];
}

const median = (xs: readonly number[]): number => xs.toSorted((x, y) => x - y)[xs.length >> 1] ?? Number.NaN;

async function compare(name: string, size: Size, hasTorch: boolean): Promise<void> {
  const [[wasm, expected], [machine, loss]] = [await stepsOf(size, "wasm"), await stepsOf(size, "native")];
  if (!(Math.abs(loss - expected) < 1e-4 * expected)) throw new Error(`${name}: loss ${loss}, expected ${expected}`);
  const isLarge = size.tokens === size.config.blockSize;
  const [torch, child] = hasTorch && isLarge ? torchSteps(size) : [];
  const [two] = isLarge ? await stepsOf(size, "native", 2) : [];
  const rivals = { native: machine, ...(two && { two }), wasm, ...(torch && { torch }) };
  const counts = new Map<Steps, number>();
  for (const steps of Object.values(rivals)) {
    // The first steps on two threads find out if they pay.
    await steps(isLarge ? 10 : 2);
    counts.set(steps, Math.max(1, Math.round(300 / ((await steps(2)) / 2))));
  }
  const times: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [rival, steps] of Object.entries(rivals)) {
      const count = counts.get(steps) ?? 1;
      times[rival] = [...(times[rival] ?? []), (await steps(count)) / count];
    }
  }
  child?.stdin?.end();
  const ms = (rival: string): string => (times[rival] === undefined ? "" : median(times[rival]).toPrecision(3));
  const ratio = (own: string, rival: string): string => {
    const ratios = times[own]?.map((x, i) => x / (times[rival]?.[i] ?? Number.NaN)) ?? [];
    if (ratios.length === 0 || times[rival] === undefined) return "";
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
  };
  const cells = [
    ...["native", "two", "wasm", "torch"].map(ms),
    ...[ratio("native", "wasm"), ratio("native", "torch"), ratio("two", "torch")],
  ];
  console.log(`| ${[name, ...cells].join(" | ")} |`);
}

const hasTorch = spawnSync(PYTHON, ["-c", "import torch"]).status === 0;
console.log(machineLine());
if (!hasTorch) console.log(`no PyTorch in ${PYTHON}: apt install python3-torch libopenblas0-pthread`);
const wanted = process.argv.slice(2);
const HEADS = ["a step, ms", "native", "native, 2 threads", "wasm", "PyTorch"];
const RATIOS = ["native / wasm", "native / PyTorch", "native, 2 threads / PyTorch"];
console.log(`\n| ${[...HEADS, ...RATIOS].join(" | ")} |\n|${"---|".repeat(HEADS.length + RATIOS.length)}`);
for (const [name, size] of Object.entries(SIZES)) {
  if (wanted.length === 0 || wanted.includes(name)) await compare(name, size, hasTorch);
}
