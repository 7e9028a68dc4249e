/**
 * The central test over the architecture variants: each value of each choice, mixed, and the mixtures that published models
 * are. Gradients as in central.test.ts; and generation that remembers keys and values gives what a whole pass does, on both
 * engines and any number of threads.
 */

import {
  GPT,
  type GPTConfig,
  gpt,
  MLPS,
  mapParams,
  namedParams,
  POSITIONS,
  Random,
  ScalarGPT,
  ScalarTensor,
  type Weights,
} from "microgpt";
import { describe, expect, test } from "vitest";
import { compareGradients } from "./support/central.ts";
import { worstDifference } from "./support/traces.ts";

const sizes = { vocabSize: 11, nLayer: 2, nHead: 4, nEmbd: 16, blockSize: 12, initStd: 0.3 };
const llama = { normGain: true, mlp: "swiglu", positions: "rope", embeddingNorm: false, finalNorm: true } as const;

/** The kinds that published models are of, at a small size. */
const published: readonly (readonly [name: string, config: GPTConfig])[] = [
  [
    "GPT-2",
    {
      ...sizes,
      ...{ norm: "layernorm", normGain: true, bias: true, mlp: "gelu_tanh", tied: true },
      ...{ embeddingNorm: false, finalNorm: true },
    },
  ],
  ["Llama 2", { ...sizes, ...llama, nInner: 40 }],
  ["Llama 3", { ...sizes, ...llama, nInner: 40, nKvHead: 2, ropeTheta: 500_000 }],
  ["SmolLM", { ...sizes, ...llama, nHead: 6, nEmbd: 24, nKvHead: 2, nInner: 44, tied: true }],
  ["Qwen 3", { ...sizes, ...llama, nKvHead: 1, qkNorm: true, tied: true, ropeTheta: 1e6, normEps: 1e-6 }],
  ["Gemma 2's cap", { ...sizes, ...llama, logitSoftcap: 30 }],
  [
    "nanochat",
    {
      ...sizes,
      ...{ mlp: "relu2", positions: "rope", nKvHead: 2, qkNorm: true, finalNorm: true, logitSoftcap: 15 },
      ...{ valueEmbeddings: true, residualScales: true },
    },
  ],
];

/** The i-th mixture: the choices step through their values at different paces, so that they meet in many ways. */
function mixture(i: number): [name: string, config: GPTConfig] {
  const every = (n: number, offset = 0): boolean => (i + offset) % n < n / 2;
  const kinds = {
    norm: every(2) ? "layernorm" : "rmsnorm",
    normGain: every(3),
    bias: every(4, 1),
    mlp: MLPS[i % MLPS.length] ?? "relu",
    nInner: [0, 10, 33][i % 3] ?? 0,
    positions: POSITIONS[(i + Math.floor(i / 3)) % 3] ?? "learned",
    nKvHead: [0, 1, 2][Math.floor(i / 2) % 3] ?? 0,
    qkNorm: every(5, 2),
    tied: every(6),
    embeddingNorm: every(4),
    finalNorm: every(5),
    logitSoftcap: every(7) ? 5 : 0,
    valueEmbeddings: every(8, 3),
    residualScales: every(9, 4),
  } as const;
  return [`mixture ${i}: ${Object.values(kinds).join(" ")}`, { ...sizes, nLayer: 1 + (i % 2), ...kinds }];
}

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
