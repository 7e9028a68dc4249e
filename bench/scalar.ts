/** The scalar engine's figures. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  CharTokenizer,
  learningRateAt,
  type PresetName,
  presets,
  Random,
  ScalarGPT,
  ScalarOptimizer,
  sample,
  type TrainingSettings,
  trainStep,
} from "microgpt";
import { loadDataset } from "microgpt/node";
import { Value } from "microgpt/value";
import { measure, row } from "./timing.ts";

const RUNS = 7;
const STEPS = 100;
const SAMPLES = 100;

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const names = (await loadDataset("ssa")).docs;
const tokenizer = CharTokenizer.fit(names);

/** A model before its first step, and its documents as tokens: the steps of `startRun`, spelled out. */
function begin(preset: PresetName): {
  model: ScalarGPT;
  optimizer: ScalarOptimizer;
  documents: number[][];
  settings: TrainingSettings;
} {
  const { model: sizes, training } = presets[preset];
  const random = new Random(training.seed);
  const docs = random.shuffle(names).slice(0, STEPS);
  const model = ScalarGPT.init({ ...sizes, vocabSize: tokenizer.vocabSize }, random);
  const documents = docs.map((doc) => tokenizer.encodeDocument(doc));
  return { model, optimizer: new ScalarOptimizer(model, training), documents, settings: training };
}

function trainAll({ model, optimizer, documents, settings }: ReturnType<typeof begin>): number[] {
  return documents.map((tokens, step) => {
    return trainStep(model, optimizer, [tokens], learningRateAt(step, settings)).loss;
  });
}

/** Number of nodes under a root, each counted once. */
function countNodes(root: Value): number {
  const seen = new Set([root]);
  const stack = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const operand of [node.a, node.b]) {
      if (!(operand instanceof Value) || seen.has(operand)) continue;
      seen.add(operand);
      stack.push(operand);
    }
  }
  return seen.size;
}

/** The losses must equal CPython's before their speed counts. */
function checkLosses(preset: PresetName, trace: string): void {
  const golden: { losses: number[] } = JSON.parse(readFileSync(file(`../test/golden/${trace}.json`), "utf8"));
  trainAll(begin(preset)).forEach((loss, step) => {
    const expected = golden.losses[step] ?? Number.NaN;
    if (!(Math.abs(loss - expected) <= 1e-9))
      throw new Error(`${preset}: loss ${loss} at step ${step + 1}, not ${expected}`);
  });
}

function benchPreset(preset: PresetName, trace: string): string[] {
  checkLosses(preset, trace);
  const { model, documents } = begin(preset);
  const nodes = documents.map((tokens) => countNodes(model.loss(tokens))).reduce((sum, n) => sum + n, 0);
  const graph = measure(RUNS, () => {
    for (const tokens of documents) model.loss(tokens).backward();
  });
  let run = begin(preset);
  const step = measure(RUNS, () => {
    run = begin(preset);
    trainAll(run);
  });
  const setUp = measure(RUNS, () => void begin(preset));
  const stepOnly = {
    median: step.median - setUp.median,
    fastest: step.fastest - setUp.median,
    slowest: step.slowest - setUp.median,
  };
  return [
    `| ${preset}: nodes a step, mean over ${STEPS} names | ${Math.round(nodes / STEPS).toLocaleString("en")} | |`,
    row(`${preset}: graph built and differentiated`, graph, "million nodes/s", (ms) => nodes / ms / 1e3),
    row(`${preset}: training step, AdamW included`, stepOnly, "ms", (ms) => ms / STEPS),
  ];
}

function benchGeneration(): string {
  const { model } = begin("microgpt");
  const draw = (): string[] => {
    const random = new Random(1);
    return Array.from({ length: SAMPLES }, () => sample(model, tokenizer, { random }));
  };
  const drawn = draw();
  if (draw().join() !== drawn.join()) throw new Error("the same seed drew other samples");
  // Each sample's end is drawn as well, unless the context was full before.
  const tokens = drawn.reduce((sum, text) => sum + Math.min(text.length + 1, model.config.blockSize), 0);
  return row(
    "generation with a key/value cache",
    measure(RUNS, () => void draw()),
    "tokens/s",
    (ms) => (tokens / ms) * 1e3,
  );
}

/** Heap bytes for each node of a live graph, its share of the arrays included. */
function benchMemory(): string {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const { vocabSize } = tokenizer;
  const sizes = { ...presets.microgpt.model, nEmbd: 64, blockSize: 32, vocabSize };
  const model = ScalarGPT.init(sizes, new Random(1));
  collect();
  const before = process.memoryUsage().heapUsed;
  const loss = model.loss(Array.from({ length: sizes.blockSize + 1 }, (_, i) => i % vocabSize));
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return `| memory of a graph | ${(bytes / countNodes(loss)).toFixed(0)} bytes a node | |`;
}

/** The rows of the scalar engine's table: medians of RUNS. */
export function scalarTable(): string {
  const rows = [
    ...benchPreset("microgpt-early", "v1-ssa"),
    ...benchPreset("microgpt", "v2-ssa"),
    benchGeneration(),
    benchMemory(),
  ];
  return `| scalar engine | median of ${RUNS} | spread |\n|---|---|---|\n${rows.join("\n")}`;
}
