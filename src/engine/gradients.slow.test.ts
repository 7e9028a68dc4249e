import { describe, expect, test } from "vitest";
import type { GPTConfig } from "../model/config.ts";
import { mapParams, namedParams, paramShapes } from "../model/params.ts";
import { ScalarGPT } from "../scalar/scalar-gpt.ts";
import { ScalarTensor } from "../scalar/scalar-tensor.ts";
import { presets } from "../train/presets.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import type { GPTState, Gradients, TrainerOptions } from "./engine.ts";
import type { EngineOptions } from "./engine-options.ts";
import { GPT } from "./gpt.ts";

const base: GPTConfig = { ...presets.microgpt.model, nEmbd: 8, nHead: 2, blockSize: 6, vocabSize: 9, initStd: 0.3 };
const options: TrainerOptions = { ...presets.microgpt.training, steps: 0, maxRows: 30 };
const [BOS, documents] = [
  8,
  [
    [8, 1, 2, 8],
    [8, 8],
    [8, 3, 4, 5, 6, 7, 0, 1, 8],
    [8, 3, 3, 8],
  ],
];

const numbersOf = (weights: GPTState["weights"]): number[] => namedParams(weights).flatMap(([, data]) => [...data]);
const fresh = (engine: EngineOptions, config = base): GPT => GPT.init(config, new Random(1), engine);

/** From one graph of all documents. */
function expectedOf({ config, weights }: GPTState, documents: readonly number[][]): Gradients {
  const data = new Map(namedParams(weights));
  const params = mapParams(paramShapes(config), (shape, name) => ScalarTensor.from(shape, data.get(name) ?? []));
  const loss = new ScalarGPT(config, params).loss(...documents);
  loss.backward();
  return { loss: loss.data, gradients: mapParams(params, (tensor) => tensor.grad()) };
}

/** The tensors beyond the tolerance, in units of a tensor's largest entry. */
function wrong(found: Gradients, expected: Gradients, tolerance: number): string[] {
  const named = ({ loss, gradients }: Gradients): [string, ArrayLike<number>][] => [
    ["loss", [loss]],
    ...namedParams(gradients),
  ];
  const others = new Map(named(found));
  return named(expected).flatMap(([name, data]) => {
    const [numbers, ours] = [Array.from(data), others.get(name)];
    const largest = Math.max(...numbers.map(Math.abs)) || 1;
    const off = Math.max(...numbers.map((x, i) => Math.abs(x - (ours?.[i] ?? Number.NaN)))) / largest;
    return off <= tolerance && ours?.length === numbers.length ? [] : [`${name} is off by ${off}`];
  });
}

// float32 rounds to 6e-8, in sums of about ten terms; the scalar engine has the same sums in another order.
describe.each<[engine: EngineOptions, tolerance: number]>([
  [{ engine: "scalar" }, 1e-13],
  [{ engine: "wasm" }, 2e-5],
  [{ engine: "wasm", threads: 2, strict: true }, 2e-5],
])("gradients on %j", (engine, tolerance) => {
  test.each<[what: string, config: Partial<GPTConfig>, documents: number[][]]>([
    ["one document", {}, [[8, 1, 2, 8]]],
    ["several, one of them cut", {}, documents],
    ["two layers of squared ReLU", { nLayer: 2, mlp: "relu2" }, documents],
    ["weights that start at 0", { zeroInit: true }, documents],
    ["the preset microgpt", { ...presets.microgpt.model, vocabSize: 27 }, [[26, 4, 12, 12, 0, 26]]],
  ])("of %s are those of Value.backward", async (_, change, documents) => {
    const model = fresh(engine, { ...base, ...change });
    const before = numbersOf(model.state().weights);
    const expected = expectedOf(model.state(), documents);
    const found = await model.gradients(documents);
    expect(wrong(found, expected, tolerance)).toEqual([]);
    // Again: nothing was left behind, in the model or in the accumulated gradients.
    expect(await model.gradients(documents)).toEqual(found);
    expect(numbersOf(model.state().weights)).toEqual(before);
    model.dispose();
  });

  test("are of the current model: before, during and after training; documents may be more and fewer", async () => {
    const model = fresh(engine);
    const check = async (): Promise<void> => {
      for (const some of [documents.slice(1, 2), documents, documents.slice(0, 1)]) {
        expect(wrong(await model.gradients(some), expectedOf(model.state(), some), tolerance)).toEqual([]);
      }
    };
    await check();
    const trainer = await model.trainer({ ...options, dropout: 0.5, gradientAccumulationSteps: 2 });
    for (let i = 0; i < 2; i++) {
      trainer.step(documents, 0.01);
      await check();
    }
    model.dispose();
    await check();
    model.dispose();
  });

  test("do not affect training, and equal those of its step", async () => {
    const courseOf = async (looking: boolean): Promise<number[]> => {
      const model = fresh(engine);
      const trainer = await model.trainer(options);
      const course: number[] = [];
      for (let i = 0; i < 3; i++) {
        const seen = looking ? await model.gradients(documents) : undefined;
        const { loss, gradNorm } = trainer.step(documents, 0.01);
        if (seen !== undefined) {
          expect(Math.abs(seen.loss / loss - 1)).toBeLessThan(tolerance);
          expect(Math.abs(Math.hypot(...numbersOf(seen.gradients)) / gradNorm - 1)).toBeLessThan(tolerance);
        }
        course.push(loss, gradNorm);
      }
      const all = [...course, ...numbersOf(model.state().weights)];
      model.dispose();
      return all;
    };
    expect(await courseOf(true)).toEqual(await courseOf(false));
  });

  test("may be requested concurrently", async () => {
    const model = fresh(engine);
    const asked = documents.map(async (document) => {
      const found = await model.gradients([document]);
      return wrong(found, expectedOf(model.state(), [document]), tolerance);
    });
    expect(await Promise.all(asked)).toEqual(documents.map(() => []));
    model.dispose();
  });

  test.each<[what: string, documents: number[][], message: string]>([
    [
      "an id outside the vocabulary",
      [
        [8, 1, 8],
        [8, 9, 8],
      ],
      "ids from 0 to 8, got 9",
    ],
    ["a document of one token", [[8, 1, 8], [BOS]], "at least 2 tokens, got 1"],
    ["no document", [], "at least one document, got none"],
  ])("refuse %s, and keep working", async (_, refused, message) => {
    const model = fresh(engine);
    await expect(model.gradients(refused)).rejects.toThrow(MicrogptError);
    await expect(model.gradients(refused)).rejects.toThrow(message);
    expect(wrong(await model.gradients(documents), expectedOf(model.state(), documents), tolerance)).toEqual([]);
    model.dispose();
  });

  test("of a model that diverged are not finite, and no error", async () => {
    const { config, weights } = fresh(engine).state();
    weights.wte.fill(Number.NaN);
    const model = new GPT({ config, weights }, engine);
    const { loss, gradients } = await model.gradients(documents);
    expect([loss, gradients.lm_head?.[0]]).toEqual([Number.NaN, Number.NaN]);
    model.dispose();
  });
});
