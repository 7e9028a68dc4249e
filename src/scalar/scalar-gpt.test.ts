import { describe, expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { pack } from "../model/pack.ts";
import { namedParams } from "../model/params.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { ScalarGPT } from "./scalar-gpt.ts";
import type { ScalarTensor } from "./scalar-tensor.ts";

const config: GPTConfig = {
  vocabSize: 5,
  nLayer: 2,
  nHead: 2,
  nEmbd: 4,
  blockSize: 4,
  mlp: "relu",
  initStd: 0.3,
  zeroInit: false,
};
const model = ScalarGPT.init(config, new Random(42));

const logSumExp = (logits: Float64Array): number => Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));

describe("the loss of a document", () => {
  test.each([[[4, 4]], [[4, 0, 4]], [[4, 0, 1, 2, 4]]])("%j is the mean over its decoder's predictions", (tokens) => {
    const next = model.decoder();
    const losses = tokens.slice(1).map((target, t) => {
      const logits = next(tokens[t] ?? Number.NaN);
      return logSumExp(logits) - (logits[target] ?? Number.NaN);
    });
    // A few sums and logarithms of numbers near 1.
    expect(model.loss(tokens).data).toBeCloseTo(losses.reduce((sum, n) => sum + n) / losses.length, 13);
  });

  test("of several documents is the mean over all their positions", () => {
    const [short, long] = [
      [4, 0, 4],
      [4, 1, 2, 3, 4],
    ];
    const expected = (2 * model.loss(short).data + 4 * model.loss(long).data) / 6;
    // Six numbers near 1.
    expect(model.loss(short, long).data).toBeCloseTo(expected, 14);
  });

  test("ignores tokens beyond blockSize", () => {
    expect(model.loss([4, 0, 1, 2, 3, 0, 1, 4]).data).toBe(model.loss([4, 0, 1, 2, 3]).data);
    expect(model.loss([4, 0, 1, 2, 3]).data).not.toBe(model.loss([4, 0, 1, 2]).data);
  });

  test("is log V for weights that are all 0", () => {
    const knowsNothing = ScalarGPT.init({ ...config, initStd: 0 }, new Random(1));
    expect(knowsNothing.loss([4, 0, 1, 4]).data).toBeCloseTo(Math.log(5), 14);
  });

  test("is the root of the graph: backward from it reaches every weight", () => {
    const fresh = ScalarGPT.init(config, new Random(42));
    fresh.loss([4, 0, 1, 2, 4]).backward();
    for (const [name, weight] of namedParams(fresh.params)) {
      expect([name, weight.grad().some((grad) => grad !== 0)]).toEqual([name, true]);
    }
  });

  test("can be watched: after backward, the watched values have gradients", () => {
    const told = new Map<string, ScalarTensor>();
    const watch = (point: string, x: ScalarTensor): ScalarTensor => {
      told.set(point, x);
      return x;
    };
    const losses = model.losses(pack([[4, 0, 1, 4]], config.blockSize), { watch });
    expect(losses.mean(0).item().data).toBe(model.loss([4, 0, 1, 4]).data);
    losses.mean(0).backward();
    // d loss / d logits is the mean of softmax minus one hot, so each row sums to 0.
    const gradient = told.get("logits")?.grad() ?? [];
    const rows = [0, 5, 10].map((from) => [...gradient.slice(from, from + 5)]);
    expect(rows.map((row) => row.findIndex((g) => g < 0))).toEqual([0, 1, 4]);
    for (const row of rows) expect(row.reduce((sum, g) => sum + g)).toBeCloseTo(0, 15);
    for (const [, { values }] of namedParams(model.params)) for (const value of values) value.grad = 0;
  });

  test("decreases along its gradient", () => {
    const fresh = ScalarGPT.init(config, new Random(42));
    const before = fresh.loss([4, 0, 1, 2, 4]);
    before.backward();
    for (const [, { values }] of namedParams(fresh.params)) for (const value of values) value.data -= 0.01 * value.grad;
    expect(fresh.loss([4, 0, 1, 2, 4]).data).toBeLessThan(before.data);
  });

  test.each([
    [[], 0],
    [[4], 1],
  ])("%j is refused: there is nothing to predict", (tokens, length) => {
    expect(() => model.loss(tokens)).toThrow(MicrogptError);
    expect(() => model.loss(tokens)).toThrow(`loss: expected at least 2 tokens, got ${length};`);
  });

  test.each([[[4, 5]], [[5, 4]], [[4, -1, 4]]])("%j is refused for its id outside the vocabulary", (tokens) => {
    expect(() => model.loss(tokens)).toThrow(/expected ids from 0 to 4, got (5|-1);/);
  });
});

test("decoders of one model have separate contexts", () => {
  const [first, second] = [model.decoder(), model.decoder()];
  first(4);
  first(0);
  expect(second(4)).toEqual(model.decoder()(4));
});

test("a decoder refuses more tokens than the context holds, and is then unchanged", () => {
  const next = model.decoder();
  for (const token of [4, 0, 1, 2]) next(token);
  const message = "gpt: expected at most 4 tokens, the model's blockSize, got 5; cut the beginning off";
  for (let i = 0; i < 2; i++)
    expect(() => next(3)).toThrow(expect.objectContaining({ name: "MicrogptError", message }));
});

test("init refuses a config that is out of range or beyond the memory", () => {
  const init = (change: Partial<GPTConfig>): ScalarGPT => ScalarGPT.init({ ...config, ...change }, new Random(1));
  expect(() => init({ nHead: 3 })).toThrow("config: expected nEmbd to be a multiple of nHead");
  expect(() => init({ nEmbd: 2048 })).toThrow("config: expected a model that the scalar engine can hold in 4.0 GiB");
});
