/** Machine code reads matrices in narrow formats, and computes what WebAssembly does with the rounded numbers. */

import { describe, expect, test } from "vitest";
import { wasm } from "../backend/wasm/wasm.ts";
import { compile } from "../compile/compile.ts";
import { decodingStep } from "../engine/decode-graph.ts";
import { CompiledDecoder } from "../engine/decoder.ts";
import { GPT } from "../engine/gpt.ts";
import { roundedState } from "../engine/state.ts";
import { weightsIn } from "../engine/weight-inputs.ts";
import type { GPTConfig } from "../model/config.ts";
import { numbersFor, wrongKernels } from "../testing/kernels.ts";
import { presets } from "../train/presets.ts";
import { ROWS } from "../util/dim.ts";
import { Random } from "../util/random.ts";
import { native } from "./accelerator.ts";
import { nativeBackend } from "./native.ts";
import { absent, compiling, KEPT } from "./native-testing.ts";
import { AVX, AVX512, SSE } from "./target.ts";

/** Rows of matrices that are no multiple of a vector, and long enough for two stretches of a product's depth. */
const config: GPTConfig = {
  ...presets.microgpt.model,
  ...{ vocabSize: 37, nEmbd: 90, nHead: 3, nLayer: 2, blockSize: 40, initStd: 0.2, normGain: true, mlp: "swiglu" },
};
const { weights } = GPT.init(config, new Random(4)).state();
const tokens = Array.from({ length: 30 }, (_, i) => (i * i + 3) % 37);

describe.skipIf(absent)(compiling("machine code"), () => {
  describe.each([
    ["512", AVX512],
    ["256", AVX],
    ["128", SSE],
  ])("with vectors of %s bits", (_, vectors) => {
    const backend = nativeBackend({ vectors, ...KEPT });

    test.each(["f16", "bf16", "int8"] as const)("and weights of %s", (format) => {
      const held = roundedState({ config, weights }, format).weights;
      const expected = new CompiledDecoder(config, held, wasm());
      const narrow = new CompiledDecoder(config, held, backend, {}, format);
      const decoded = [expected, narrow].map((model) => {
        const next = model.decoder();
        const after = model.predictor(tokens.slice(0, 25), 0.7);
        const batch = model.batchDecoder(0.7);
        for (const sequence of [0, 1, 2, 3, 4]) batch.begin(sequence);
        const together = Array.from(batch.next([0, 1, 2, 3, 4], [1, 2, 3, 4, 5])).slice(0, 5 * 37);
        return [...tokens.flatMap((token) => [...next(token)]), ...after(7), ...together];
      });
      const largest = (decoded[0] ?? []).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const off = (decoded[0] ?? []).map((x, i) => Math.abs(x - (decoded[1]?.[i] ?? Number.NaN)) / largest);
      expect(Math.max(...off)).toBeLessThan(2e-5);
    });

    test.each([
      ["f16", 1],
      ["bf16", 11],
      ["int8", 3],
    ] as const)("computes every kernel with weights of %s on %d rows as the interpreter does", (format, rows) => {
      const graph = (count: typeof ROWS | number) =>
        decodingStep(config, { rows: count, slots: 40, predicts: true, format });
      const random = new Random(9);
      const lists = {
        ...Object.fromEntries(weightsIn(config, weights, format)),
        tokens: tokens.slice(0, rows),
        positions: tokens.slice(0, rows).map((_, i) => i),
        slots: tokens.slice(0, rows).map((_, i) => i),
        starts: tokens.slice(0, rows).map(() => 0),
        ends: tokens.slice(0, rows).map((_, i) => i + 1),
        inverse_temperature: [1.5],
      };
      const inputs = numbersFor(graph, lists, rows, random);
      const program = compile(graph(rows === 1 ? 1 : ROWS), rows, backend.target);
      expect(wrongKernels(program, inputs, rows, backend)).toEqual([]);
    });
  });

  test.each([{ nEmbd: 1, nHead: 1 }, { nInner: 1 }, { nEmbd: 1, nHead: 1, nInner: 1 }])("samples with %o", (sizes) => {
    const small: GPTConfig = { ...config, ...sizes };
    const state = GPT.init(small, new Random(4)).state();
    for (const format of ["bf16", "int8"] as const) {
      const [ours = [], theirs = []] = [native(KEPT), "wasm" as const].map((engine) => {
        const next = new GPT(state, { engine, weights: format }).decoder();
        return tokens.slice(0, 5).flatMap((token) => Array.from(next(token)));
      });
      const off = ours.map((x, i) => Math.abs(x - (theirs[i] ?? Number.NaN)));
      expect(Math.max(...off)).toBeLessThan(1e-3);
    }
  });

  test("is what a model opened with them samples on, whatever its engine", async () => {
    const model = (engine: "wasm" | "scalar" | ReturnType<typeof native>): GPT =>
      new GPT({ config, weights }, { engine, weights: "int8" });
    const logits = (["wasm", "scalar", native(KEPT)] as const).map((engine) => {
      const next = model(engine).decoder();
      return tokens.flatMap((token) => Array.from(next(token)));
    });
    const [first = []] = logits;
    const off = logits.flatMap((other) => other.map((x, i) => Math.abs(x - (first[i] ?? Number.NaN))));
    expect(Math.max(...off)).toBeLessThan(1e-3);
    await expect(
      model("wasm").trainer({ ...presets.microgpt.training, steps: 0, maxRows: 4, gradClip: 0 }),
    ).rejects.toThrow("train: expected weights of f32, got int8; open the model without weights");
  });
});
