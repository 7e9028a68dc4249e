/**
 * The central test over the architecture variants: each value of each choice, mixed, and the mixtures that published models
 * are. Gradients as in central.test.ts; and generation that remembers keys and values gives what a whole pass does, on both
 * engines and any number of threads.
 */

import { GPT, gpt, mapParams, namedParams, Random, type ScalarGPT, ScalarTensor, type Weights } from "microgpt";
import { describe, expect, test } from "vitest";
import type { VisibleBackend } from "../src/backend/backend.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { CompiledDecoder } from "../src/engine/decoder.ts";
import type { EngineOptions } from "../src/engine/engine-options.ts";
import { probabilities } from "../src/model/language-model.ts";
import { native } from "../src/native/accelerator.ts";
import { nativeBackend } from "../src/native/native.ts";
import { absent, compiling, KEPT } from "../src/native/native-testing.ts";
import { compareGradients, stirred } from "./support/central.ts";
import { mixture, published } from "./support/mixtures.ts";
import { worstDifference } from "./support/traces.ts";

const configs = [...published, ...Array.from({ length: 36 }, (_, i) => mixture(i))];

interface Machine {
  readonly backend: VisibleBackend;
  readonly options: EngineOptions;
}

const onWasm = (strict: boolean): [string, Machine] => [
  `WebAssembly, strict: ${strict}`,
  { backend: wasm({ strict }), options: { strict } },
];
const onNative: [string, Machine] = [
  "machine code",
  { backend: nativeBackend(KEPT), options: { engine: native(KEPT) } },
];

/** Machine code takes seconds to compile, so every sixth mixture has to do. */
function machinesFor(i: number): [string, Machine][] {
  const compiles = !absent && (i < published.length || i % 6 === 0);
  return [onWasm(true), onWasm(false), ...(compiles ? [onNative] : [])];
}

test.skipIf(absent)(compiling("machine code computes some of the variants"), () => {
  expect(machinesFor(0)).toContain(onNative);
});

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

describe.each(configs.map(([name, config], i) => [name, config, machinesFor(i)] as const))(
  "%s",
  (_, config, machines) => {
    compareGradients(config, [7, 1, 4], { backends: machines.map(([, { backend }]) => backend) });

    const scalar = stirred(config, new Random(5));
    const weights = mapped(scalar);
    const tokens = [3, 1, 4, 1, 5, 9, 2, 6];
    const whole = tokens.map((_, t) => lastLogits(scalar, tokens.slice(0, t + 1)));

    test("generation with the cache gives the numbers of a whole pass, on the scalar engine", () => {
      const next = scalar.decoder();
      expect(
        worstDifference(
          tokens.flatMap((token) => [...next(token)]),
          whole.flat(),
        ),
      ).toBeLessThan(1e-12);
    });

    test.each(machines)(
      "and on the compiled one: token by token, after a prompt and in batches, on %s",
      (_machine, { backend }) => {
        const model = new CompiledDecoder(config, weights, backend);
        const largest = Math.max(...whole.flat().map(Math.abs));
        const next = model.decoder();
        const logits = tokens.map((token) => Array.from(next(token)));
        expect(worstDifference(logits.flat(), whole.flat()) / largest).toBeLessThan(2e-5);

        const [prompt, rest] = [tokens.slice(0, 5), tokens.slice(5)];
        const predict = model.predictor(prompt, 1);
        const predicted = rest.map((token) => Array.from(predict(token)));
        const expected = whole.slice(5).map((logits) => probabilities(logits, 1));
        expect(worstDifference(predicted.flat(), expected.flat()) / largest).toBeLessThan(2e-5);

        // The second sequence is a token behind.
        const batch = model.batchDecoder(1);
        batch.begin(0);
        batch.begin(1);
        batch.next([0], tokens.slice(0, 1));
        for (const [t, token] of tokens.slice(1).entries()) {
          batch.next([1, 0], [tokens[t] ?? 0, token]);
          const both = Array.from(batch.logits).slice(0, 2 * config.vocabSize);
          expect(worstDifference(both, [...(whole[t] ?? []), ...(whole[t + 1] ?? [])]) / largest).toBeLessThan(2e-5);
        }
      },
    );

    test.each(machines)(
      "one, two and three threads give the same gradients, to the bit, on %s",
      async (_machine, { options }) => {
        const documents = [tokens, [9, 10, 9], [0, 1, 2, 3, 4]];
        const results = [1, 2, 3].map(async (threads) => {
          using model = new GPT({ config, weights }, { ...options, threads });
          const { loss, gradients } = await model.gradients(documents);
          return { loss, gradients: namedParams(gradients).map(([name, data]) => [name, Array.from(data)]) };
        });
        const [one, two, three] = await Promise.all(results);
        expect(two).toEqual(one);
        expect(three).toEqual(one);
      },
    );
  },
);
