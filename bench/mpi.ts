/**
 * Several processes against one, on this machine: what a sum over the ranks costs, and the speed of a run's steps on 1 and 2
 * ranks of one thread each, in turns: `npx tsx --tsconfig bench/tsconfig.json bench/mpi.ts`. It starts itself with mpirun
 * and compares the losses of both.
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Run, startRun, trainEach } from "microgpt";
import { joinProcesses, type Processes } from "microgpt/mpi";
import { native } from "microgpt/native";
import { machineLine } from "./machine.ts";

const ROUNDS = 7;
/** The step whose losses are compared: later ones differ by more and more of the last digits. */
const COMPARED = 20;
const LENGTHS = [4_192, 2 ** 16, 2 ** 20, 10_000_000];
const text = Array.from({ length: 20_000 }, (_, i) => String.fromCharCode(97 + ((i * i + (i >> 3)) % 26))).join("");
const SIZES = {
  "microgpt, 16 sequences": { nLayer: 1, nHead: 4, nEmbd: 16, blockSize: 16, batchSize: 16, steps: 2000 },
  "nanoGPT, 12 sequences": { nLayer: 4, nHead: 4, nEmbd: 128, blockSize: 64, batchSize: 12, steps: 30 },
  "10.6 million parameters, 8 sequences": { nLayer: 6, nHead: 6, nEmbd: 384, blockSize: 256, batchSize: 8, steps: 2 },
};

/** The figures of one start. */
interface Figures {
  /** Milliseconds of a sum, by its length. */
  readonly sums: readonly number[];
  /** Milliseconds of a step, and the loss of an early one, by the size of the model. */
  readonly steps: readonly { readonly ms: number; readonly loss: number }[];
}

function run({ steps, batchSize, ...model }: (typeof SIZES)[keyof typeof SIZES]): Run {
  const training = { batchSize, numSteps: 2 * steps, learningRate: 0.001 };
  const corpus = { name: "letters", mode: "stream", docs: [text] } as const;
  return startRun(corpus, { model, training, valFraction: 0, engine: native(), threads: 1 });
}

/** Milliseconds per call, the first calls left out. */
function timeOf(count: number, work: () => void): number {
  for (let i = 0; i < 3; i++) work();
  const begin = performance.now();
  for (let i = 0; i < count; i++) work();
  return (performance.now() - begin) / count;
}

async function measure(ranks: Processes): Promise<Figures> {
  const sums = LENGTHS.map((length) => {
    const numbers = new Float32Array(length);
    return timeOf(Math.ceil(3e6 / length) + 3, () => ranks.sum(numbers));
  });
  const steps: { ms: number; loss: number }[] = [];
  for (const size of Object.values(SIZES)) {
    const training = run(size);
    const { losses } = training.progress;
    const shared = ranks.count === 1 ? {} : { ranks };
    // The first half warms up.
    await trainEach(training, () => (losses.length < size.steps ? undefined : false), shared);
    const begin = performance.now();
    await trainEach(training, () => undefined, shared);
    steps.push({ ms: (performance.now() - begin) / size.steps, loss: losses[COMPARED] ?? losses.at(-1) ?? Number.NaN });
    training.model.dispose();
  }
  return { sums, steps };
}

function start(count: number): Figures {
  const command = ["--allow-run-as-root", "--oversubscribe", "-n", `${count}`, process.execPath, ...process.execArgv];
  const output = execFileSync("mpirun", [...command, fileURLToPath(import.meta.url)], { encoding: "utf8" });
  return JSON.parse(output);
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((x, y) => x - y)[numbers.length >> 1] ?? Number.NaN;
const range = (numbers: readonly number[]): string =>
  `${Math.min(...numbers).toFixed(2)} to ${Math.max(...numbers).toFixed(2)}`;

if (process.env.OMPI_COMM_WORLD_RANK !== undefined) {
  const ranks = await joinProcesses();
  const figures = await measure(ranks);
  await ranks.end();
  if (ranks.rank === 0) console.log(JSON.stringify(figures));
} else {
  const rounds = Array.from({ length: ROUNDS }, () => [start(1), start(2)] as const);
  console.log(`${machineLine()}\n\n| numbers summed over 2 ranks | ms |\n|---|---|`);
  for (const [i, length] of LENGTHS.entries()) {
    const times = rounds.map(([, two]) => two.sums[i] ?? Number.NaN);
    console.log(`| ${length.toLocaleString("en")} | ${median(times).toPrecision(2)} (${range(times)}) |`);
  }
  console.log("\n| a step | 1 rank | 2 ranks | times as fast |\n|---|---|---|---|");
  for (const [i, what] of Object.keys(SIZES).entries()) {
    const steps = rounds.map(([one, two]) => [one.steps[i], two.steps[i]] as const);
    const far = steps.some(([one, two]) => !(Math.abs((one?.loss ?? 0) / (two?.loss ?? Number.NaN) - 1) < 1e-4));
    if (far) throw new Error(`${what}: the losses differ`);
    const [one, two] = [0, 1].map((count) => steps.map((pair) => pair[count]?.ms ?? Number.NaN));
    const gains = steps.map(([one, two]) => (one?.ms ?? Number.NaN) / (two?.ms ?? Number.NaN));
    const ms = (times: readonly number[] = []): string => `${median(times).toPrecision(3)} ms`;
    console.log(`| ${what} | ${ms(one)} | ${ms(two)} | ${median(gains).toFixed(2)} (${range(gains)}) |`);
  }
}
