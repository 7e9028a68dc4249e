/**
 * The central test over the architecture variants: each value of each choice, mixed, and the mixtures that published models
 * are. Gradients as in central.test.ts; and generation that remembers keys and values gives what a whole pass does, on both
 * engines and any number of threads.
 */

import {
  GPT,
  type GPTConfig,
  gpt,
  mapParams,
  namedParams,
  Random,
  ScalarGPT,
  ScalarTensor,
  type Weights,
} from "microgpt";
import { describe, expect, test } from "vitest";
import { compareGradients } from "./support/central.ts";
import { mixture, published } from "./support/mixtures.ts";
import { worstDifference } from "./support/traces.ts";

const configs = [...published, ...Array.from({ length: 36 }, (_, i) => mixture(i))];

/** Gains, biases and scales off their first values, so that they matter. */
function stirred(config: GPTConfig): ScalarGPT {
  const random = new Random(5);
  const model = ScalarGPT.init(config, random);
  for (const [, { shape, values }] of namedParams(model.params)) {
    if (shape.length === 1) for (const value of values) value.data += 0.3 * random.gauss();
  }
  return model;
}

function mapped({ params }: ScalarGPT): Weights {
  return mapParams(params, (tensor) => tensor.data());
}

/** The logits after the last token, of a pass that remembers nothing. */
function lastLogits({ config, params }: ScalarGPT, tokens: readonly number[]): number[] {
  const list = (numbers: readonly number[]): ScalarTensor => ScalarTensor.from([numbers.length], numbers);
  const context = {
    positions: list(tokens.map((_, t) => t)),
    starts: list(tokens.map(() => 0)),
    ends: list(tokens.map((_, t) => t + 1)),
  };
  return [...gpt(params, list(tokens), context, config).data()].slice(-config.vocabSize);
}

describe.each(configs)("%s", (_, config) => {
  compareGradients(config, [7, 1, 4]);

  test("generation with the cache gives the logits of a whole pass, on both engines", () => {
    const scalar = stirred(config);
    const weights = mapped(scalar);
    const tokens = [3, 1, 4, 1, 5, 9, 2, 6];
    const next = scalar.decoder();
    const cached = tokens.map((token) => [...next(token)]);
    const whole = tokens.map((_, t) => lastLogits(scalar, tokens.slice(0, t + 1)));
    expect(worstDifference(cached.flat(), whole.flat())).toBeLessThan(1e-12);
    for (const strict of [true, false]) {
      const compiled = new GPT({ config, weights }, { strict }).decoder();
      const logits = tokens.flatMap((token) => Array.from(compiled(token)));
      const largest = Math.max(...whole.flat().map(Math.abs));
      expect(worstDifference(logits, whole.flat()) / largest).toBeLessThan(2e-5);
    }
  });
});

describe.each(configs.filter((_, i) => i % 6 === 0))("%s", (_, config) => {
  test("one, two and three threads give the same gradients, to the bit", async () => {
    const documents = [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [9, 10, 9],
      [0, 1, 2, 3, 4],
    ];
    const weights = mapped(stirred(config));
    const results = [1, 2, 3].map(async (threads) => {
      using model = new GPT({ config, weights }, { threads });
      const { loss, gradients } = await model.gradients(documents);
      return { loss, gradients: namedParams(gradients).map(([name, data]) => [name, Array.from(data)]) };
    });
    const [one, two, three] = await Promise.all(results);
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });
});
