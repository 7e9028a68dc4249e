import { CharTokenizer, type Checkpoint, type DataMode, GPT, inspect, Random, scoreOf } from "microgpt";
import { describe, expect, test } from "vitest";
import { insideAPI } from "./inside.ts";
import { readText } from "./text.ts";

const BLOCK = 6;

function checkpoint(mode: DataMode): Checkpoint {
  const tokenizer = CharTokenizer.fit(["abc"]);
  const config = {
    vocabSize: tokenizer.vocabSize,
    nLayer: 2,
    nEmbd: 8,
    nHead: 2,
    blockSize: BLOCK,
    mlp: "relu",
    initStd: 0.3,
    zeroInit: false,
  } as const;
  return { model: GPT.init(config, new Random(3), { engine: "scalar" }), tokenizer, mode };
}

describe("readText", () => {
  test.each([
    ["a document follows BOS", "documents", "ab", [3, 0, 1], 0],
    ["a long one is read from its beginning", "documents", "abcabcab", [3, 0, 1, 2, 0, 1], 3],
    ["an empty one is BOS", "documents", "", [3], 0],
    ["running text has no BOS", "stream", "ab", [0, 1], 0],
    ["a long one is read up to its end", "stream", "abcabcab", [2, 0, 1, 2, 0, 1], 2],
  ] as const)("%s", (_, mode, text, tokens, leftOut) => {
    expect(readText(checkpoint(mode), text)).toEqual({ tokens, leftOut });
  });

  test("running text without a character is refused, as is text that the vocabulary cannot spell", () => {
    expect(() => readText(checkpoint("stream"), "")).toThrow("a character or more");
    expect(() => readText(checkpoint("documents"), "abx")).toThrow('got "x" (U+0078)');
  });
});

test("the losses equal an evaluation's, with heads on and off", async () => {
  const held = checkpoint("documents");
  const inside = insideAPI({ checkpoint: held });
  const look = inside.look({ text: "abca", off: [[1, 0]] });
  const mean = (losses: Float64Array): number => losses.slice(1).reduce((sum, loss) => sum + loss, 0) / 4;
  const { loss } = await scoreOf(held.model, [[3, 0, 1, 2, 0]], 16);
  expect(look.losses[0]).toBeNaN();
  expect(mean(look.allOn ?? new Float64Array())).toBeCloseTo(loss, 12);
  expect(Math.abs(mean(look.losses) - loss)).toBeGreaterThan(1e-6);
});

test("the lens ends with the model's own prediction, and follows the text", () => {
  const held = checkpoint("documents");
  const inside = insideAPI({ checkpoint: held });
  const { top, probability, course, followed } = inside.lens({ text: "abca", off: [] });
  expect([top.length, followed.length]).toEqual([3 * 5, 5]);
  expect([...followed.slice(0, 4)]).toEqual([0, 1, 2, 0]);
  expect(followed[4]).toBe(top[14]);
  expect(course[14]).toBe(probability[14]);
  const { losses } = inside.look({ text: "abca", off: [] });
  for (let r = 0; r < 4; r++) expect(course[10 + r]).toBeCloseTo(Math.exp(-(losses[r + 1] ?? 0)), 12);
});

test("the stream goes from the embedding to the last MLP, with its lengths", () => {
  const held = checkpoint("documents");
  const inside = insideAPI({ checkpoint: held });
  const subject = { text: "ab", off: [] };
  const { embedding, layers } = inspect(held.model.state(), [3, 0, 1]);
  const expected = [embedding, ...layers.flatMap((layer) => [layer.afterAttention, layer.afterMlp])];
  expected.forEach((stream, halves) => {
    const { data, lengths } = inside.stream(subject, halves);
    expect(data).toEqual(Float32Array.from(stream));
    expect(lengths[3 * halves + 1]).toBeCloseTo(Math.hypot(...stream.slice(8, 16)), 5);
  });
  expect(inside.hidden(subject, 1)).toEqual(Float32Array.from(layers[1]?.hidden ?? []));
  expect(() => inside.stream(subject, 5)).toThrow("a half of a layer from 0 to 4, got 5");
});
