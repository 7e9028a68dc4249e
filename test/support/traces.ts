/** Traces of microgpt.py under CPython (test/golden, test/oracle), our own run of each, and their differences. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Corpus,
  decodeText,
  type GPT,
  namedParams,
  type PresetName,
  parseDocuments,
  Random,
  type Run,
  type RunOptions,
  ScalarGPT,
  ScalarOptimizer,
  type ScalarTensor,
  type Schedule,
  type Shape,
  sample,
  startRun,
  train,
  trainStep,
} from "microgpt";

const SSA = "data/ssa-names-2018.txt";
const MAKEMORE = "../shared/data/makemore-names.txt"; // not ours to distribute: found beside the repository, if at all

/** The summary of a matrix in a trace. */
export interface Summary {
  readonly shape: Shape;
  readonly sum: number;
  readonly sumSquares: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

export type Summaries = Readonly<Record<string, Summary>>;

/** Whole runs of both revisions of microgpt.py on two files of names, in test/golden. */
export const GOLDEN: readonly { readonly name: string; readonly preset: PresetName; readonly data: string }[] = [
  { name: "v1-ssa", preset: "microgpt-early", data: SSA },
  { name: "v1-makemore", preset: "microgpt-early", data: MAKEMORE },
  { name: "v2-ssa", preset: "microgpt", data: SSA },
  { name: "v2-makemore", preset: "microgpt", data: MAKEMORE },
];

/** Full matrices, row by row. */
export type Matrices = Readonly<Record<string, readonly (readonly number[])[]>>;

export interface Trace {
  readonly config: {
    readonly nLayer: number;
    readonly nEmbd: number;
    readonly nHead: number;
    readonly blockSize: number;
    readonly initStd: number;
    readonly zeroInit: readonly string[];
    readonly activation: "relu" | "reluSquared";
    readonly numSteps: number;
    readonly learningRate: number;
    /** `linear: the formula`. */
    readonly schedule: string;
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly temperature: number;
    readonly numSamples: number;
    /** Default 42. */
    readonly seed?: number;
  };
  readonly dataset: {
    readonly name: string;
    readonly sha256: string;
    readonly numDocs: number;
    readonly vocabulary: string;
    readonly bos: number;
    readonly firstShuffledDocs: readonly string[];
  };
  readonly numParams: number;
  readonly losses: readonly number[];
  readonly samples: readonly string[];
  readonly init: Summaries;
  readonly grad0: Summaries;
  readonly grad1: Summaries;
  readonly final: Summaries;
}

/** The path of a file of the repository, relative to its root. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

export function readJSON<T>(path: string): T {
  return JSON.parse(readFileSync(inRepository(path), "utf8")) as T;
}

/** The documents in a file. Errors: the file differs from the one of the trace. */
export function readDocuments(path: string, sha256: string): Corpus {
  const bytes = readFileSync(inRepository(path));
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${path} has sha256 ${found}, but the trace was made from ${sha256}`);
  return parseDocuments(path, decodeText(path, bytes));
}

/** microgpt.py has neither batches nor weight decay nor clipping. */
const PLAIN = {
  ...{ batchSize: 1, gradientAccumulationSteps: 1, warmupIters: 0, minLr: 0, weightDecay: 0, gradClip: 0, dropout: 0 },
  ...{ evalInterval: 0, evalIters: 0, patience: 0 },
};

/** The options of a trace's run. */
export function optionsOf({ config }: Trace): Required<Pick<RunOptions, "model" | "training">> {
  const { nLayer, nEmbd, nHead, blockSize, initStd, activation, numSteps, learningRate, beta1, beta2, eps } = config;
  const schedule = config.schedule.split(":")[0] as Schedule;
  return {
    model: {
      nLayer,
      nEmbd,
      nHead,
      blockSize,
      initStd,
      mlp: activation === "relu" ? "relu" : "relu2",
      zeroInit: config.zeroInit.length > 0,
    },
    training: { numSteps, learningRate, schedule, beta1, beta2, eps, seed: config.seed ?? 42, ...PLAIN },
  };
}

/** Numbers of each matrix, row-major, under the names and in the order of the state dict. */
export type Tensors = ReadonlyMap<string, Float64Array>;

export interface Replay {
  readonly run: Run;
  readonly losses: readonly number[];
  readonly samples: readonly string[];
  readonly init: Tensors;
  readonly final: Tensors;
}

/** Repeats a trace: trains to the end, and samples. */
export async function replay(documents: Corpus, options: RunOptions, trace: Trace): Promise<Replay> {
  const run = startRun(documents, options);
  const init = weightsOf(run.model);
  const losses: number[] = [];
  for await (const { loss } of train(run)) losses.push(loss);
  const final = weightsOf(run.model);
  const { temperature, numSamples } = trace.config;
  const samples = Array.from({ length: numSamples }, () =>
    sample(run.model, run.tokenizer, { random: run.progress.random, temperature }),
  );
  return { run, losses, samples, init, final };
}

/** The gradients of a run's first two steps, by the scalar engine. */
export function firstGradients(documents: Corpus, options: RunOptions): { grad0: Tensors; grad1: Tensors } {
  const { sequences, progress, model } = startRun(documents, options);
  const { seed, learningRate } = progress.settings;
  const random = new Random(seed);
  random.shuffle(documents.docs);
  const scalar = ScalarGPT.init(model.config, random);
  const [first, second] = [sequences.at(0), sequences.at(1)];
  const grad0 = gradientsAt(scalar, first);
  const optimizer = new ScalarOptimizer(scalar, progress.settings);
  trainStep(scalar, optimizer, [first], learningRate); // at step 0 every schedule gives the peak
  return { grad0, grad1: gradientsAt(scalar, second) };
}

function gradientsAt(model: ScalarGPT, tokens: readonly number[]): Tensors {
  model.loss(tokens).backward();
  const gradients = collect(model, (tensor) => tensor.grad());
  for (const [, { values }] of namedParams(model.params)) for (const value of values) value.grad = 0;
  return gradients;
}

function weightsOf(model: GPT): Tensors {
  return new Map(namedParams(model.state().weights).map(([name, data]) => [name, Float64Array.from(data)]));
}

function collect(model: ScalarGPT, read: (tensor: ScalarTensor) => Float64Array): Tensors {
  return new Map(namedParams(model.params).map(([name, tensor]) => [name, read(tensor)]));
}

/** The largest difference of two lists; NaN if either has one or their lengths differ. */
export function worstDifference(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  if (xs.length !== ys.length) return NaN;
  return Array.from(xs).reduce((worst, x, i) => Math.max(worst, Math.abs(x - (ys[i] ?? NaN))), 0);
}

/**
 * The difference of each tensor from its summary, in units of its largest entry. If no entry is off by more than e of
 * those, a sum of n is not off by more than n e, nor one of squares by more than 2 n e: those are measured in these
 * units.
 */
export function offSummary(tensors: Tensors, summaries: Summaries): Map<string, number> {
  return perTensor(tensors, summaries, (data, summary) => {
    const n = data.length;
    const largest = worstDifference(data, new Float64Array(n)) || 1;
    const sum = data.reduce((total, x) => total + x, 0);
    const sumSquares = data.reduce((total, x) => total + x * x, 0);
    return Math.max(
      worstDifference(data.slice(0, 4), summary.first) / largest,
      worstDifference(data.slice(-4), summary.last) / largest,
      Math.abs(sum - summary.sum) / (n * largest),
      Math.abs(sumSquares - summary.sumSquares) / (2 * n * largest ** 2),
    );
  });
}

/** The difference of each tensor from its full matrix, in units of its largest entry. */
export function offMatrices(tensors: Tensors, matrices: Matrices): Map<string, number> {
  return perTensor(tensors, matrices, (data, matrix) => {
    const largest = worstDifference(data, new Float64Array(data.length)) || 1;
    return worstDifference(data, matrix.flat()) / largest;
  });
}

function perTensor<E>(
  tensors: Tensors,
  expected: Readonly<Record<string, E>>,
  off: (data: Float64Array, expected: E) => number,
): Map<string, number> {
  const names = new Set([...tensors.keys(), ...Object.keys(expected)]);
  return new Map(
    [...names].map((name) => {
      const [data, other] = [tensors.get(name), expected[name]];
      return [name, data === undefined || other === undefined ? NaN : off(data, other)];
    }),
  );
}

/** The tensors beyond the tolerance, NaN included: `wte: 3e-9`. */
export function beyond(tolerance: number, off: ReadonlyMap<string, number>): string[] {
  return [...off].filter(([, by]) => !(by <= tolerance)).map(([name, by]) => `${name}: ${by}`);
}

/** The documents of a run in the order in which it visits them. */
export function trainDocs({ data }: Run): readonly string[] {
  if (data.mode === "documents") return data.train;
  throw new Error("a run on running text has no documents");
}
