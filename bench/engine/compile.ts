/** Benchmarks of compiling. */

import { type Corpus, type GPTConfig, planStep, presets, type Run, startRun } from "microgpt";
import { type BenchContext, must, row } from "../../src/cli/bench/measure.ts";
import { type Part, takeTurns } from "./turns.ts";

/** GPT-2 small's 124 million parameters: half its vocabulary, since lm_head has weights of its own here. */
const GPT2: GPTConfig = {
  ...presets.microgpt.model,
  vocabSize: 25128,
  nLayer: 12,
  nHead: 12,
  nEmbd: 768,
  blockSize: 1024,
};
const ADAMW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, gradClip: 1 };

/** Prepares a run's step. */
async function makeReady({ model, progress }: Run): Promise<void> {
  await model.trainer({ ...progress.settings, steps: 0, maxRows: model.config.blockSize });
  model.dispose();
}

/** Time of the first step that this process compiles, in milliseconds, before V8 has compiled the compiler. */
export async function firstCompile(names: Corpus, strict: boolean): Promise<number> {
  const run = startRun(names, { threads: 1, strict });
  const start = performance.now();
  await makeReady(run);
  return performance.now() - start;
}

/** From a config to a step that can run, for a small and a large model. */
export async function compilePart(names: Corpus, first: number, context: BenchContext): Promise<Part> {
  const { quick, strict } = context;
  const run = startRun(names, { threads: 1, strict });
  const large = planStep(GPT2, { ...ADAMW, maxRows: GPT2.blockSize }, { strict });
  must(WebAssembly.validate(large.code), "the large program is valid WebAssembly");
  const times = await takeTurns(
    quick ? 3 : 9,
    {
      micro: () => makeReady(run),
      large: () => {
        const { code } = planStep(GPT2, { ...ADAMW, maxRows: GPT2.blockSize }, { strict });
        return void new WebAssembly.Module(code);
      },
    },
    (what) => context.progress(`compiling, ${what}`),
  );
  const [kernels, kilobytes] = [large.kernels, Math.round(large.code.length / 1e3)];
  const valid = `valid WebAssembly: ${kernels} kernels in ${kilobytes} kB`;
  return {
    title: "compiling a training step, from the model's definition to WebAssembly",
    rows: [
      row({ id: "compile.first", what: "microgpt's size, the first in a process", unit: "ms" }, [first]),
      row({ id: "compile.micro", what: "microgpt's size, another", unit: "ms" }, times.micro),
      row({ id: "compile.gpt2", what: "GPT-2 small's 124 million parameters", unit: "ms", check: valid }, times.large),
      row({ id: "compile.gpt2-memory", what: "memory that this would take", unit: "MB" }, [large.memoryBytes / 1e6]),
    ],
  };
}
