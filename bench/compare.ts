/**
 * Compares two builds of microgpt, in turns within one process: `npx tsx bench/compare.ts <before> <after>`, each a
 * folder with a dist/. Prints how many times as long the second takes as the first: the median of the rounds, the least
 * and the most. Uses only what every version since 0.4 exports. `--rounds 15` for more than 9 rounds; other words are
 * parts of names of the works to measure.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type * as Library from "microgpt";
import type * as Files from "microgpt/node";
import { machineLine } from "./machine.ts";

/** A built checkout. */
interface Build {
  readonly folder: string;
  readonly library: typeof Library;
  readonly files: typeof Files;
}

interface Work {
  readonly what: string;
  /** Prepares a piece of work of about 50 to 200 ms; it returns a result on which both builds must agree. */
  prepare(build: Build): Promise<() => unknown>;
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string" } } });
const rounds = Number(values.rounds ?? 9);
const [before, after, ...wanted] = positionals;
if (before === undefined || after === undefined) throw new Error("usage: npx tsx bench/compare.ts <before> <after>");
const folder = mkdtempSync(join(tmpdir(), "microgpt-compare-"));

async function open(path: string): Promise<Build> {
  const load = (name: string): Promise<unknown> => import(pathToFileURL(resolve(path, "dist", name)).href);
  const [library, files] = await Promise.all([load("index.js"), load("node.js")]);
  return { folder: resolve(path), library: library as typeof Library, files: files as typeof Files };
}

/** Windows of running text as long as the context. */
const nano = { nLayer: 4, nHead: 4, nEmbd: 128, blockSize: 64 };
const large = { nLayer: 6, nHead: 6, nEmbd: 384, blockSize: 256 };

async function textOf({ files }: Build): Promise<Library.Corpus> {
  const { docs } = await files.loadDataset("ssa");
  return { name: "names", mode: "stream", docs: [docs.join("\n")] };
}

/** Steps of a run without the loop of `train`. */
async function steps(
  { library }: Build,
  corpus: Library.Corpus,
  options: Library.RunOptions,
  count: number,
): Promise<() => unknown> {
  const training = { ...options.training, numSteps: 1e9 };
  const run = library.startRun(corpus, { threads: 1, valFraction: 0, ...options, training });
  const { model, sequences, progress } = run;
  const trainer = await model.trainer({ ...progress.settings, steps: 0, maxRows: library.maxRowsOf(run) });
  const size = progress.settings.batchSize;
  let step = 0;
  return () => {
    let last: unknown;
    for (let i = 0; i < count; i++, step++) {
      const batch: (readonly number[])[] = [];
      for (let j = 0; j < size; j++) batch.push(sequences.at(step * size + j));
      last = trainer.step(batch, 0.001).loss;
    }
    return last;
  };
}

async function trained({ library, files }: Build): Promise<Library.Run> {
  const run = library.startRun(await files.loadDataset("ssa"), { threads: 1 });
  await library.trainEach(run, () => undefined);
  return run;
}

function wholeProcess(...args: readonly string[]): Work["prepare"] {
  return async ({ folder: from }) =>
    () => {
      const out = args[0] === "train" ? ["--out", join(folder, "model.safetensors")] : [];
      const printed = execFileSync(process.execPath, [join(from, "dist/cli.js"), ...args, ...out], {
        encoding: "utf8",
      });
      return args[0] === "train" ? printed : undefined;
    };
}

const WORKS: readonly Work[] = [
  {
    what: "a step at microgpt's size",
    prepare: async (build) => steps(build, await build.files.loadDataset("ssa"), {}, 10_000),
  },
  {
    what: "the same through trainEach",
    prepare: async (build) => {
      const { library, files } = build;
      const names = await files.loadDataset("ssa");
      const run = library.startRun(names, { threads: 1, valFraction: 0, training: { numSteps: 1e9 } });
      return async () => {
        let left = 10_000;
        await library.trainEach(run, () => (--left > 0 ? undefined : false));
        return run.progress.losses.at(-1);
      };
    },
  },
  {
    what: "a step at microgpt's size, 16 documents",
    prepare: async (build) => steps(build, await build.files.loadDataset("ssa"), { training: { batchSize: 16 } }, 1000),
  },
  {
    what: "a step at nanoGPT's size, 1 thread",
    prepare: async (build) => steps(build, await textOf(build), { model: nano, training: { batchSize: 12 } }, 2),
  },
  {
    what: "a step at nanoGPT's size, 2 threads",
    prepare: async (build) =>
      steps(build, await textOf(build), { threads: 2, model: nano, training: { batchSize: 12 } }, 4),
  },
  {
    what: "generation, one document at a time",
    prepare: async (build) => {
      const { model, tokenizer } = await trained(build);
      const { Random, sample } = build.library;
      const random = new Random(3);
      return () => Array.from({ length: 8000 }, () => sample(model, tokenizer, { random })).join();
    },
  },
  {
    what: "generation, 32 documents at once",
    prepare: async (build) => {
      const { model, tokenizer } = await trained(build);
      const { Random, samples } = build.library;
      const random = new Random(3);
      return () => samples(model, tokenizer, { random, count: 16_000 }).join();
    },
  },
  {
    what: "generation with 10.6 million parameters, 64 tokens",
    prepare: async (build) => {
      const { library } = build;
      const { model, tokenizer } = library.startRun(await textOf(build), { threads: 1, valFraction: 0, model: large });
      const random = new library.Random(3);
      return () => library.sample(model, tokenizer, { random, maxNewTokens: 64, temperature: 1 });
    },
  },
  {
    what: "the same after a prompt of 200 tokens",
    prepare: async (build) => {
      const { library } = build;
      const corpus = await textOf(build);
      const { model, tokenizer } = library.startRun(corpus, { threads: 1, valFraction: 0, model: large });
      const [random, start] = [new library.Random(3), (corpus.docs[0] ?? "").slice(0, 200)];
      return () => library.sample(model, tokenizer, { random, start, maxNewTokens: 1, temperature: 1 });
    },
  },
  { what: "microgpt --version", prepare: wholeProcess("--version") },
  { what: "microgpt train --quiet", prepare: wholeProcess("train", "--quiet") },
];

/** Milliseconds of both in each round, after a warm-up round. */
async function inTurns({ what, prepare }: Work, builds: readonly Build[]): Promise<number[][]> {
  const works = await Promise.all(builds.map(prepare));
  const times = works.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    const results: unknown[] = [];
    // The one that goes first in one round goes last in the next.
    const order = [...works.entries()];
    for (const [i, work] of round % 2 === 0 ? order : order.reverse()) {
      const start = performance.now();
      results[i] = await work();
      if (round > 0) times[i]?.push(performance.now() - start);
    }
    // A difference is only reported, since a version may draw or round differently on purpose.
    if (results[0] !== results[1] && round === 0) console.log(`${what}: the results differ`);
  }
  return times;
}

const median = (xs: readonly number[]): number => xs.toSorted((x, y) => x - y)[xs.length >> 1] ?? Number.NaN;

try {
  const builds = [await open(before), await open(after)];
  console.log(`${machineLine()}\n\n| ${rounds} rounds | after / before | least to most | ms |\n|---|---|---|---|`);
  for (const work of WORKS) {
    if (wanted.length > 0 && !wanted.some((word) => work.what.includes(word))) continue;
    const [first = [], second = []] = await inTurns(work, builds);
    const ratios = second.map((ms, i) => ms / (first[i] ?? Number.NaN));
    const spread = `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`;
    const times = [first, second].map((ms) => median(ms).toFixed(1)).join(" and ");
    console.log(`| ${work.what} | ${median(ratios).toFixed(3)} | ${spread} | ${times} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
