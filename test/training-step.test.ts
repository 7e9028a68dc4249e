/**
 * The whole training step, compiled, against the reference backend, for GPTs of all shapes: odd sizes, sizes of one,
 * batches of documents, both activations, with and without dropout, weight decay and clipping, whole or in two halves.
 */

import { type GPTConfig, pack, Random } from "microgpt";
import { expect, test } from "vitest";
import { accumulatingStep, type StepSettings, trainingStep, updatingStep } from "../src/engine/step-graph.ts";
import { evaluate } from "../src/graph/evaluate.ts";
import { countParams } from "../src/model/params.ts";
import { compiled, roundings } from "../src/testing/compiled.ts";

const CONFIGS = 40;
const LEARNING_RATE = 0.01;

interface Example {
  readonly config: GPTConfig;
  readonly settings: StepSettings;
  readonly documents: readonly (readonly number[])[];
  readonly step: number;
}

function exampleOf(random: Random): Example {
  const integer = (from: number, to: number): number => from + Math.floor(random.random() * (to - from + 1));
  const either = <T>(x: T, y: T): T => (random.random() < 0.5 ? x : y);
  const headDim = integer(1, 17);
  const nHead = integer(1, Math.min(5, Math.floor(51 / headDim)));
  const [vocabSize, blockSize] = [integer(2, 60), integer(1, 20)];
  const config: GPTConfig = {
    ...{ vocabSize, blockSize, nHead, nLayer: integer(1, 3), nEmbd: nHead * headDim },
    ...{ activation: either("relu", "reluSquared"), initStd: 0.3, zeroInit: false },
  };
  const optimizer = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: either(0, 0.1), gradClip: either(0, 0.5) };
  const settings = { ...optimizer, dropout: either(0, 0.3) };
  const token = (): number => integer(0, vocabSize - 1);
  const documents = Array.from({ length: integer(1, 5) }, () => Array.from({ length: integer(2, 23) }, token));
  return { config, settings, documents, step: integer(1, 100) };
}

/** The largest difference, in units of the largest entry. */
function apart(xs: ArrayLike<number> = [], expected: ArrayLike<number> = []): number {
  const largest = Array.from(expected).reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
  if (xs.length !== expected.length) return Number.NaN;
  return (
    Array.from(expected).reduce((worst, x, i) => Math.max(worst, Math.abs(x - (xs[i] ?? Number.NaN))), 0) / largest
  );
}

/** The inputs of a step. */
function inputsOf({ config, documents, step }: Example, random: Random): Record<string, readonly number[]> {
  const P = countParams(config);
  const gauss = (std: number): number[] => Array.from({ length: P }, () => Math.fround(random.gauss(0, std)));
  const { weights: row_weights, ...packed } = pack(documents, config.blockSize);
  return {
    ...{ ...packed, row_weights, learning_rate: [LEARNING_RATE], step: [step] },
    ...{ weights: gauss(0.3), m: gauss(0.01), gradient: gauss(0.1) },
    keys: packed.tokens.map(() => Math.floor(random.random() * 2 ** 24)),
    // v as large as gradients: if it were 0 with a tiny gradient, Adam's division would turn a rounding into an update
    // as large as the learning rate, in any precision.
    v: gauss(0.1).map((x) => Math.fround(x * x + 1e-3)),
  };
}

test(`${CONFIGS} random steps`, () => {
  const random = new Random(7);
  const wrong: unknown[] = [];
  for (let n = 0; n < CONFIGS; n++) {
    const example = exampleOf(random);
    const { config, settings } = example;
    const inputs = inputsOf(example, random);
    const rows = inputs.tokens?.length ?? 0;
    // Every fourth in two halves, the second with an existing gradient.
    const halves = [(R?: number) => accumulatingStep(config, settings, R), () => updatingStep(config, settings)];
    for (const step of n % 4 === 0 ? halves : [(R?: number) => trainingStep(config, settings, R)]) {
      const { outputs, updates } = step(rows);
      const wanted = { ...outputs, ...updates };
      const lists = evaluate(Object.values(wanted), inputs);
      for (const rounding of roundings) {
        const got = compiled(step(), rounding, rows + (n % 3))(inputs, rows);
        Object.keys(wanted).forEach((name, i) => {
          const off = apart(got[name], lists[i]);
          // float32, through up to three layers: 1e-5 was the worst.
          if (!(off < 2e-5)) wrong.push({ n, rounding, name, off, config, settings });
        });
      }
    }
  }
  expect(wrong).toEqual([]);
});
