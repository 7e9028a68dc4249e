/**
 * Kernels of random models, kernel by kernel: of every choice of architecture and of optimizer, in training, in steps of
 * several parts and in generation. Fusion and planning change nothing, and WebAssembly computes what the interpreter does.
 */

import { type GPTConfig, pack, Random } from "microgpt";
import { expect, test } from "vitest";
import { SIMD128 } from "../src/backend/wasm/target.ts";
import { compile } from "../src/compile/compile.ts";
import { decodingStep } from "../src/engine/decode-graph.ts";
import { accumulatingStep, type StepSettings, trainingStep, updatingStep } from "../src/engine/step-graph.ts";
import { OPTIMIZERS } from "../src/optim/optimizers.ts";
import { type Lists, roundings } from "../src/testing/compiled.ts";
import { type GraphOf, numbersFor, wrongInterpretations, wrongKernels } from "../src/testing/kernels.ts";
import { ROWS } from "../src/util/dim.ts";
import { mixture } from "./support/mixtures.ts";

const MODELS = 100;

interface Example {
  readonly graph: GraphOf;
  readonly lists: Lists;
  readonly rows: number;
}

function exampleOf(n: number, random: Random): Example {
  const integer = (from: number, to: number): number => from + Math.floor(random.random() * (to - from + 1));
  const chance = (): boolean => random.random() < 0.5;
  const [nKvHead, shared] = [integer(1, 2), integer(1, 2)];
  const [vocabSize, blockSize] = [integer(2, 9), integer(2, 6)];
  const nHead = nKvHead * shared;
  const sizes = { vocabSize, blockSize, nHead, nKvHead, nEmbd: 2 * nHead * integer(1, 2) };
  const config: GPTConfig = { ...mixture(n)[1], ...sizes };
  const settings: StepSettings = {
    ...{ optimizer: OPTIMIZERS[n % OPTIMIZERS.length] ?? "adamw", decoupledWeightDecay: chance() },
    ...{ momentum: chance() ? 0.9 : 0, beta1: 0.9, beta2: 0.99, eps: 1e-3 },
    ...{ weightDecay: chance() ? 0.1 : 0, gradClip: chance() ? 0.5 : 0, dropout: chance() ? 0.3 : 0 },
  };
  const token = (): number => integer(0, vocabSize - 1);
  if (n % 5 === 0) return decoding(config, token);
  const documents = Array.from({ length: integer(1, 3) }, () => Array.from({ length: integer(2, 7) }, token));
  const { weights: row_weights, ...packed } = pack(documents, blockSize);
  const keys = packed.tokens.map(() => Math.floor(random.random() * 2 ** 24));
  const lists = { ...packed, row_weights, keys, learning_rate: [0.01], step: [integer(1, 100)] };
  const graphs: readonly GraphOf[] = [
    (rows) => trainingStep(config, settings, rows),
    (rows) => accumulatingStep(config, settings, rows),
    () => updatingStep(config, settings),
  ];
  const graph = graphs[n % 7 === 1 ? 1 : n % 7 === 2 ? 2 : 0] as GraphOf;
  return { graph, lists, rows: packed.tokens.length };
}

/** Three tokens after two that are remembered. */
function decoding(config: GPTConfig, token: () => number): Example {
  const places = [0, 1, 2].map((i) => i % config.blockSize);
  const lists = { tokens: places.map(token), positions: places, slots: [2, 3, 4], starts: [0, 0, 0], ends: [3, 4, 5] };
  return {
    graph: (rows) => decodingStep(config, { rows, slots: 8, predicts: true }),
    lists: { ...lists, inverse_temperature: [2] },
    rows: 3,
  };
}

test(`${MODELS} random models`, () => {
  const random = new Random(3);
  for (let n = 0; n < MODELS; n++) {
    const { graph, lists, rows } = exampleOf(n, random);
    const inputs = numbersFor(graph, lists, rows, random);
    const maxRows = rows + (n % 4);
    expect([n, wrongInterpretations(graph, inputs, rows, maxRows)]).toEqual([n, []]);
    // A module for each kernel takes as long as the rest, so every second model has to do.
    const rounding = roundings[(n / 2) % roundings.length];
    if (rounding === undefined) continue;
    expect([n, wrongKernels(compile(graph(ROWS), maxRows, SIMD128), inputs, rows, rounding)]).toEqual([n, []]);
  }
});
