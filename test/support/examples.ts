/** Random models as graphs, with numbers for their inputs. */

import { type GPTConfig, pack, type Random } from "microgpt";
import { decodingStep } from "../../src/engine/decode-graph.ts";
import { accumulatingStep, type StepSettings, trainingStep, updatingStep } from "../../src/engine/step-graph.ts";
import { OPTIMIZERS } from "../../src/optim/optimizers.ts";
import type { Lists } from "../../src/testing/compiled.ts";
import type { GraphOf } from "../../src/testing/kernels.ts";
import { mixture } from "./mixtures.ts";

export interface Example {
  readonly graph: GraphOf;
  readonly lists: Lists;
  readonly rows: number;
}

/** Upper limits of a model's sizes. */
export interface Limits {
  readonly vocabSize: number;
  readonly blockSize: number;
  /** Channels of a head, halved. */
  readonly halfHead: number;
}

/** A model of every n-th choice of architecture and optimizer, of small sizes: a step of training, part of one, or generation. */
export function exampleOf(n: number, random: Random, { vocabSize: V, blockSize: T, halfHead }: Limits): Example {
  const integer = (from: number, to: number): number => from + Math.floor(random.random() * (to - from + 1));
  const chance = (): boolean => random.random() < 0.5;
  const [nKvHead, shared] = [integer(1, 2), integer(1, 2)];
  const [vocabSize, blockSize] = [integer(2, V), integer(2, T)];
  const nHead = nKvHead * shared;
  const sizes = { vocabSize, blockSize, nHead, nKvHead, nEmbd: 2 * nHead * integer(1, halfHead) };
  const config: GPTConfig = { ...mixture(n)[1], ...sizes };
  const settings: StepSettings = {
    ...{ optimizer: OPTIMIZERS[n % OPTIMIZERS.length] ?? "adamw", decoupledWeightDecay: chance() },
    ...{ momentum: chance() ? 0.9 : 0, beta1: 0.9, beta2: 0.99, eps: 1e-3 },
    ...{ weightDecay: chance() ? 0.1 : 0, gradClip: chance() ? 0.5 : 0, dropout: chance() ? 0.3 : 0 },
  };
  const token = (): number => integer(0, vocabSize - 1);
  if (n % 5 === 0) return decoding(config, token);
  const documents = Array.from({ length: integer(1, 3) }, () => Array.from({ length: integer(2, T + 1) }, token));
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
