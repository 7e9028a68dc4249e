/**
 * Machine code, kernel by kernel, against the interpreter of kernels: random models of every choice of architecture and of
 * optimizer, with vectors of every width that this processor runs. `MODELS=200` for more of them.
 */

import { Random } from "microgpt";
import { describe, expect, test } from "vitest";
import { compile } from "../src/compile/compile.ts";
import { nativeBackend } from "../src/native/native.ts";
import { absent, compiling, KEPT } from "../src/native/native-testing.ts";
import { AVX, AVX512, SSE } from "../src/native/target.ts";
import { numbersFor, wrongKernels } from "../src/testing/kernels.ts";
import { ROWS } from "../src/util/dim.ts";
import { exampleOf } from "./support/examples.ts";

const MODELS = Number(process.env.MODELS ?? 12);
/** Long enough for blocks of rows in attention, and for tiles with a rest in every direction. */
const LIMITS = { vocabSize: 70, blockSize: 40, halfHead: 12 };

describe.skipIf(absent)(compiling("machine code"), () => {
  test(`computes every kernel of ${MODELS} random models as the interpreter does`, { timeout: 10_000 * MODELS }, () => {
    const random = new Random(11);
    for (let n = 0; n < MODELS; n++) {
      const { graph, lists, rows } = exampleOf(n, random, LIMITS);
      const inputs = numbersFor(graph, lists, rows, random);
      // The compiler splits wide vectors where the processor has only narrow ones.
      const backend = nativeBackend({ vectors: [AVX512, AVX, SSE][n % 3] ?? SSE, ...KEPT });
      const program = compile(graph(ROWS), rows + (n % 4), backend.target);
      expect([n, wrongKernels(program, inputs, rows, backend)]).toEqual([n, []]);
    }
  });
});
