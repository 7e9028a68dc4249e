/**
 * The central test: two derivations of the same numbers. `Value.backward` applies the chain rule to numbers on a tape;
 * `grad` rewrites the graph by a table of rules, and the reference backend runs it. Every parameter's gradient agrees.
 */

import { crossEntropy, GPT, type GPTConfig, gpt, namedParams, presets, Random } from "microgpt";
import { expect, test } from "vitest";
import { run } from "../src/backend/reference.ts";
import { grad } from "../src/graph/grad.ts";
import { GraphNode } from "../src/graph/graph-node.ts";
import { mapParams } from "../src/model/config.ts";
import { worstDifference } from "./support/traces.ts";

// Both are float64 and differ in the order of their sums: 6e-16 of a tensor's largest entry was the worst seen.
const TOLERANCE = 1e-12;

const { model: published } = presets.microgpt;
const { model: early } = presets["microgpt-early"];

/** What is not zero at first, so that every gradient has something to say. */
const warm: GPTConfig = { ...early, zeroInit: false, initStd: 0.5, vocabSize: 7 };

const cases: readonly (readonly [name: string, config: GPTConfig, T: number])[] = [
  ["the published preset", { ...published, vocabSize: 27 }, 7],
  ["the early preset, whose zeros leave some gradients 0", { ...early, vocabSize: 27 }, 7],
  ["the published preset's whole context", { ...published, vocabSize: 27 }, 16],
  ["one token", warm, 1],
  ["one channel and one head", { ...warm, nEmbd: 1, nHead: 1 }, 3],
  ["a head for each channel", { ...warm, nEmbd: 5, nHead: 5 }, 4],
  ["three layers", { ...warm, nLayer: 3, nEmbd: 6, nHead: 2 }, 5],
  ["odd sizes", { ...warm, nLayer: 2, nEmbd: 15, nHead: 3, blockSize: 17, vocabSize: 5 }, 17],
  ["two layers of ReLU", { ...warm, activation: "relu", nLayer: 2, nEmbd: 12, nHead: 3 }, 6],
];

test.each(cases)("%s", (_, config, T) => {
  const random = new Random(1);
  const model = GPT.init(config, random);
  const tokens = Array.from({ length: T + 1 }, () => Math.floor(random.random() * config.vocabSize));
  const loss = model.loss(tokens);
  loss.backward();

  const params = mapParams(model.params, ({ shape }, name) => GraphNode.input(name, shape));
  const logits = gpt(params, GraphNode.input("tokens", [1, T]), config);
  const graphLoss = crossEntropy(logits, GraphNode.input("targets", [1, T]));
  const gradients = grad(
    graphLoss,
    namedParams(params).map(([, node]) => node),
  );
  const weights = namedParams(model.params).map(([name, tensor]) => [name, tensor.data()] as const);
  const numbers = { ...Object.fromEntries(weights), tokens: tokens.slice(0, T), targets: tokens.slice(1) };
  const [lossAgain = [], ...gradientsAgain] = run([graphLoss, ...gradients], numbers);

  expect(worstDifference(lossAgain, [loss.data])).toBeLessThan(TOLERANCE);
  namedParams(model.params).forEach(([name, tensor], i) => {
    const expected = tensor.grad();
    const largest = worstDifference(expected, new Float64Array(expected.length)) || 1;
    const off = worstDifference(gradientsAgain[i] ?? [], expected) / largest;
    expect({ name, off }).toEqual({ name, off: expect.toSatisfy((x: number) => x < TOLERANCE) });
  });
});
