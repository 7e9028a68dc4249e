/**
 * The blocks of GPT-2 and Llama, against a reference that shares nothing with this project: test/oracle/blocks.py, plain
 * Python written from the papers. Weights are made by the same formula on both sides.
 */

import { readFileSync } from "node:fs";
import {
  GPT,
  type GPTConfig,
  mapParams,
  namedParams,
  paramShapes,
  ScalarGPT,
  ScalarTensor,
  type Weights,
} from "microgpt";
import { describe, expect, test } from "vitest";
import { worstDifference } from "./support/traces.ts";

interface Case {
  readonly tokens: readonly number[];
  readonly loss: number;
  readonly logits: readonly (readonly number[])[];
}

const cases: Readonly<Record<string, Case>> = JSON.parse(readFileSync("test/oracle/blocks.json", "utf8"));

const configs: Readonly<Record<string, GPTConfig>> = {
  "GPT-2": {
    ...{ vocabSize: 11, nLayer: 2, nHead: 3, nEmbd: 12, blockSize: 10 },
    ...{ norm: "layernorm", normGain: true, bias: true, mlp: "gelu_tanh", tied: true },
    ...{ embeddingNorm: false, finalNorm: true },
  },
  Llama: {
    ...{ vocabSize: 11, nLayer: 2, nHead: 4, nKvHead: 2, nEmbd: 16, blockSize: 10, nInner: 20 },
    ...{ normGain: true, mlp: "swiglu", positions: "rope", embeddingNorm: false, finalNorm: true },
  },
};

/** As `weight`, `matrix` and `vector` of blocks.py. */
function madeWeights(config: GPTConfig): Weights {
  return mapParams(paramShapes(config), (shape, name) => {
    const seed = [...name].reduce((sum, c, k) => sum + (k + 1) * (c.codePointAt(0) ?? 0), 0);
    const [scale, around] = shape.length === 2 ? [0.4, 0] : [0.3, name.endsWith("_gain") ? 1 : 0];
    const size = shape.reduce((product, n) => product * n, 1);
    return Float64Array.from({ length: size }, (_, i) => {
      return around + ((((seed * 7919 + i * 104729) % 2001) - 1000) / 1000) * scale;
    });
  });
}

describe.each(Object.entries(configs))("%s", (name, config) => {
  const { tokens, loss, logits } = cases[name] ?? { tokens: [], loss: Number.NaN, logits: [] };
  const weights = madeWeights(config);
  const shapes = new Map(namedParams(paramShapes(config)));

  test("on the readable engine, to 1e-12", () => {
    const params = mapParams(weights, (data, name) => ScalarTensor.from(shapes.get(name) ?? [], data));
    const model = new ScalarGPT(config, params);
    const next = model.decoder();
    const found = tokens.slice(0, -1).flatMap((token) => [...next(token)]);
    expect(worstDifference(found, logits.flat())).toBeLessThan(1e-12);
    expect(model.loss(tokens).data).toBeCloseTo(loss, 12);
  });

  test.each([true, false])("on the compiled engine, strict: %s, to 1e-5", async (strict) => {
    using model = new GPT({ config, weights }, { strict, threads: 1 });
    const next = model.decoder();
    const found = tokens.slice(0, -1).flatMap((token) => Array.from(next(token)));
    expect(worstDifference(found, logits.flat())).toBeLessThan(1e-5);
    const evaluator = await model.evaluator(tokens.length);
    const evaluated = await evaluator.loss([tokens]);
    expect(Math.abs(evaluated.loss - loss)).toBeLessThan(1e-5);
  });
});
