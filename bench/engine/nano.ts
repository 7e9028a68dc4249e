/** Benchmarks of training at nanoGPT's CPU size. */

import { GPT, type GPTConfig, namedParams, planStep, Random, type Trainer } from "microgpt";
import { apart, type BenchContext, must, row } from "../../src/cli/bench/measure.ts";
import { type Part, ratios, takeTurns } from "./turns.ts";

/** From nanoGPT's README for a MacBook: --n_layer=4 --n_head=4 --n_embd=128 --block_size=64 --batch_size=12. */
const CONFIG: GPTConfig = {
  vocabSize: 65,
  nLayer: 4,
  nHead: 4,
  nEmbd: 128,
  blockSize: 64,
  mlp: "relu",
  initStd: 0.02,
  zeroInit: false,
};
const BATCH = 12;
const SETTINGS = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, gradClip: 1 };
const LEARNING_RATE = 1e-3;
const CHECKED_STEPS = 3;
/** Consecutive steps, as in training: threads that were idle for long take a while to be fast again. */
const IN_A_ROW = 4;

/**
 * Floating point operations of a step: 6 for each multiplied weight and token (2 forward, 4 backward), and in each
 * layer's attention 12 channels for each pair of a token and one that it sees.
 */
function operations({ vocabSize, nLayer, nEmbd, blockSize }: GPTConfig): number {
  const weights = 12 * nLayer * nEmbd ** 2 + vocabSize * nEmbd;
  const pairs = (blockSize * (blockSize + 1)) / 2;
  return BATCH * (6 * weights * blockSize + 12 * nLayer * nEmbd * pairs);
}

const FORMULA = "counted: 6 a token and weight of a product, and 12 a channel and pair of attention";

/** Windows of 65 tokens, each loosely determined by the one before: learnable, but never completely. */
function windows(random: Random): number[][] {
  const { vocabSize, blockSize } = CONFIG;
  return Array.from({ length: BATCH }, () => {
    const tokens = [Math.floor(random.random() * vocabSize)];
    while (tokens.length <= blockSize) {
      tokens.push((5 * (tokens.at(-1) ?? 0) + 7 + Math.floor(random.random() * 4)) % vocabSize);
    }
    return tokens;
  });
}

/** All weights of a model in training, to the bit. */
function weightsOf(trainer: Trainer): Float32Array {
  return Float32Array.from(namedParams(trainer.state().weights).flatMap(([, part]) => [...part]));
}

function inARow(step: () => void): void {
  for (let i = 0; i < IN_A_ROW; i++) step();
}

/** A training step with each number of threads. */
export async function nanoPart(context: BenchContext): Promise<Part> {
  const { quick, strict } = context;
  const progress = (what: string): Promise<void> => context.progress(`training at nanoGPT's CPU size, ${what}`);
  await progress("check");
  const options = { ...SETTINGS, maxRows: BATCH * CONFIG.blockSize };
  const plan = planStep(CONFIG, options, { strict });
  const trainers = new Map<string, Trainer>();
  for (const threads of context.threads) {
    const model = GPT.init(CONFIG, new Random(1), { threads, strict });
    trainers.set(`${threads}`, await model.trainer({ ...options, steps: 0 }));
  }
  const random = new Random(2);
  const batches = Array.from({ length: 8 }, () => windows(random));
  const losses: number[] = [];
  const advance = (trainer: Trainer): void => {
    const { loss } = trainer.step(batches[trainer.steps % batches.length] ?? [], LEARNING_RATE);
    losses.push(loss);
  };
  for (const trainer of trainers.values()) for (let i = 0; i < CHECKED_STEPS; i++) advance(trainer);
  const same = (): boolean => {
    const [first = new Float32Array(), ...others] = [...trainers.values()].map(weightsOf);
    return others.every((weights) => apart(weights, first) === 0);
  };
  must(same(), "any number of threads gives the same bits");

  const works = Object.fromEntries(
    [...trainers].map(([name, trainer]) => [name, () => inARow(() => advance(trainer))]),
  );
  const rounds = await takeTurns(quick ? 2 : 16, works, progress);
  const times = Object.fromEntries(
    Object.entries(rounds).map(([name, took]) => [name, took.map((ms) => ms / IN_A_ROW)]),
  );
  must(same(), "any number of threads gives the same bits in the end");
  const [before = Number.NaN, after = Number.NaN] = [losses[0], losses.at(-1)];
  must(after < before - 0.2, `the loss falls from ${before}, to ${after}`);
  for (const trainer of trainers.values()) trainer.dispose();

  const one = times["1"] ?? [];
  const rows = context.threads.flatMap((threads) => {
    const [took, label] = [times[`${threads}`] ?? [], threads === 1 ? "1 thread" : `${threads} threads`];
    const check =
      threads === 1 ? `the loss falls from ${before.toFixed(2)} to ${after.toFixed(2)}` : "the bits of 1 thread";
    const speed = took.map((ms) => operations(CONFIG) / ms / 1e6);
    const timing = row({ id: `nano.step.${threads}`, what: `a step, ${label}`, unit: "ms", check }, took);
    const rate = { id: `nano.speed.${threads}`, what: `operations, ${label}`, unit: "GFLOP/s" };
    if (threads === 1) return [timing, row({ ...rate, note: FORMULA }, speed)];
    const gain = { id: `nano.gain.${threads}`, what: `gained by ${label}`, unit: "×" };
    return [timing, row(rate, speed), row(gain, ratios(one, took))];
  });
  const memory = row({ id: "nano.memory", what: "memory of the whole step", unit: "MB" }, [plan.memoryBytes / 1e6]);
  return {
    title:
      "training at nanoGPT's CPU size (4 layers, 128 channels, 4 heads, context 64, vocabulary 65): 12 windows a step, AdamW",
    rows: [...rows, memory],
  };
}
