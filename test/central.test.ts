/**
 * The central test: two derivations of the same numbers. `Value.backward` applies the chain rule to numbers on a tape;
 * `grad` rewrites the graph by a table of rules, and the reference backend runs it. Every parameter's gradient agrees.
 */

import { GPT, type GPTConfig, namedParams, pack, presets, Random } from "microgpt";
import { expect, test } from "vitest";
import { run } from "../src/backend/reference.ts";
import { grad } from "../src/graph/grad.ts";
import { traceLoss } from "../src/testing/packed.ts";
import { worstDifference } from "./support/traces.ts";

// Both are float64 and differ in the order of their sums: 1e-15 of a tensor's largest entry was the worst seen.
const TOLERANCE = 1e-12;

const { model: published } = presets.microgpt;
const { model: early } = presets["microgpt-early"];

/** What is not zero at first, so that every gradient has something to say. */
const warm: GPTConfig = { ...early, zeroInit: false, initStd: 0.5, vocabSize: 7 };

const cases: readonly (readonly [name: string, config: GPTConfig, lengths: readonly number[]])[] = [
  ["the published preset", { ...published, vocabSize: 27 }, [7]],
  ["the early preset, whose zeros leave some gradients 0", { ...early, vocabSize: 27 }, [7]],
  ["the published preset's whole context", { ...published, vocabSize: 27 }, [16]],
  ["the published preset on a batch", { ...published, vocabSize: 27 }, [5, 1, 9]],
  ["the early preset on a batch, the longest document cut", { ...early, vocabSize: 27 }, [3, 10, 2]],
  ["one token", warm, [1]],
  ["documents of one token", warm, [1, 1, 1]],
  ["one channel and one head", { ...warm, nEmbd: 1, nHead: 1 }, [3, 2]],
  ["a head for each channel", { ...warm, nEmbd: 5, nHead: 5 }, [4]],
  ["three layers", { ...warm, nLayer: 3, nEmbd: 6, nHead: 2 }, [5, 4]],
  ["odd sizes", { ...warm, nLayer: 2, nEmbd: 15, nHead: 3, blockSize: 17, vocabSize: 5 }, [17, 3]],
  ["two layers of ReLU", { ...warm, activation: "relu", nLayer: 2, nEmbd: 12, nHead: 3 }, [6, 1, 8, 4]],
];

test.each(cases)("%s", (_, config, lengths) => {
  const random = new Random(1);
  const model = GPT.init(config, random);
  const token = (): number => Math.floor(random.random() * config.vocabSize);
  const documents = lengths.map((length) => Array.from({ length: length + 1 }, token));
  const loss = model.loss(...documents);
  loss.backward();

  const packed = pack(documents, config.blockSize);
  const { params, loss: graphLoss } = traceLoss(config, packed.tokens.length);
  const gradients = grad(
    graphLoss,
    namedParams(params).map(([, node]) => node),
  );
  const weights = namedParams(model.params).map(([name, tensor]) => [name, tensor.data()] as const);
  const [lossAgain = [], ...gradientsAgain] = run([graphLoss, ...gradients], {
    ...Object.fromEntries(weights),
    ...packed,
  });

  expect(worstDifference(lossAgain, [loss.data])).toBeLessThan(TOLERANCE);
  namedParams(model.params).forEach(([name, tensor], i) => {
    const expected = tensor.grad();
    const largest = worstDifference(expected, new Float64Array(expected.length)) || 1;
    const off = worstDifference(gradientsAgain[i] ?? [], expected) / largest;
    expect({ name, off }).toEqual({ name, off: expect.toSatisfy((x: number) => x < TOLERANCE) });
  });
});
