/**
 * Kernels of random models, kernel by kernel: of every choice of architecture and of optimizer, in training, in steps of
 * several parts and in generation. Fusion and planning change nothing, and WebAssembly computes what the interpreter does.
 */

import { Random } from "microgpt";
import { expect, test } from "vitest";
import { SIMD128 } from "../src/backend/wasm/target.ts";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { compile } from "../src/compile/compile.ts";
import { roundings } from "../src/testing/compiled.ts";
import { numbersFor, wrongInterpretations, wrongKernels } from "../src/testing/kernels.ts";
import { ROWS } from "../src/util/dim.ts";
import { exampleOf } from "./support/examples.ts";

const MODELS = 60;
const LIMITS = { vocabSize: 9, blockSize: 6, halfHead: 2 };

test(`${MODELS} random models`, () => {
  const random = new Random(3);
  for (let n = 0; n < MODELS; n++) {
    const { graph, lists, rows } = exampleOf(n, random, LIMITS);
    const inputs = numbersFor(graph, lists, rows, random);
    const maxRows = rows + (n % 4);
    expect([n, wrongInterpretations(graph, inputs, rows, maxRows)]).toEqual([n, []]);
    // A module for each kernel takes as long as the rest, so every second model has to do.
    const rounding = roundings[(n / 2) % roundings.length];
    if (rounding === undefined) continue;
    const backend = wasm({ strict: !rounding.relaxed });
    expect([n, wrongKernels(compile(graph(ROWS), maxRows, SIMD128), inputs, rows, backend)]).toEqual([n, []]);
  }
});
