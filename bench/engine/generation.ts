/** Benchmarks of generation. */

import {
  type Corpus,
  countParams,
  GPT,
  type GPTConfig,
  probabilities,
  Random,
  type Run,
  sample,
  samples,
  startRun,
  train,
} from "microgpt";
import { type BenchContext, must, row } from "../../src/cli/bench/measure.ts";
import { Reader } from "./read.ts";
import { type Part, ratios, takeTurns } from "./turns.ts";

/** microgpt.py's model after its 1,000 steps: documents one at a time, and many together. */
export async function samplingPart(names: Corpus, context: BenchContext): Promise<Part> {
  const { quick, strict } = context;
  const progress = (what: string): Promise<void> => context.progress(`generation at microgpt's size, ${what}`);
  await progress("training");
  const run = startRun(names, { threads: 1, strict });
  for await (const _ of train(run));
  const { model, tokenizer } = run;
  const scalar = new GPT({ config: model.config, weights: model.state().weights }, { engine: "scalar" });

  await progress("check");
  const oneByOne = (of: GPT, count: number): string[] =>
    Array.from({ length: count }, (_, i) => sample(of, tokenizer, { random: new Random(i) }));
  const together = (of: GPT, count: number): string[] => samples(of, tokenizer, { random: new Random(1), count });
  const checked = quick ? 50 : 200;
  const one = agreement(oneByOne(model, checked), oneByOne(scalar, checked));
  const many = agreement(together(model, checked), together(scalar, checked));

  const count = quick ? 1000 : 8000;
  const random = new Random(3);
  let drawn: string[] = [];
  let drawnTogether: string[] = [];
  const times = await takeTurns(
    quick ? 5 : 41,
    {
      one: () => {
        drawn = Array.from({ length: count }, () => sample(model, tokenizer, { random }));
      },
      many: () => {
        drawnTogether = samples(model, tokenizer, { random, count });
      },
    },
    progress,
  );
  model.dispose();
  const speed = (ms: readonly number[], documents: readonly string[]): number[] =>
    ms.map((time) => (1000 * tokensOf(documents, run)) / time);
  return {
    title: "generation at microgpt's size, after its 1,000 steps: one thread, drawing included",
    rows: [
      row({ id: "sample.one", what: "one document at a time", unit: "tokens/s", check: one }, speed(times.one, drawn)),
      row(
        { id: "sample.many", what: "32 documents at once", unit: "tokens/s", check: many },
        speed(times.many, drawnTogether),
      ),
    ],
  };
}

/** Number of tokens drawn, including a document's end, unless the context was full before. */
function tokensOf(documents: readonly string[], { model: { config } }: Run): number {
  return documents.reduce((sum, text) => sum + Math.min([...text].length + 1, config.blockSize), 0);
}

/** Float32 may draw another letter than float64 if a number falls on the border between two: very rarely. */
function agreement(drawn: readonly string[], expected: readonly string[]): string {
  const same = drawn.filter((text, i) => text === expected[i]).length;
  must(same >= 0.98 * expected.length, `the scalar engine draws the same: ${same} of ${expected.length}`);
  return `${same} of ${expected.length} as the scalar engine draws them`;
}

/** nanoGPT's size for Shakespeare's characters. */
const LARGE: GPTConfig = {
  vocabSize: 65,
  nLayer: 6,
  nHead: 6,
  nEmbd: 384,
  blockSize: 256,
  mlp: "relu",
  initStd: 0.02,
  zeroInit: false,
};
const UNTRAINED = { beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, gradClip: 0 };

/** A model whose weights exceed the inner caches: how close is it to the speed of only reading them? */
export async function streamingPart(context: BenchContext): Promise<Part> {
  const { quick, strict } = context;
  const progress = (what: string): Promise<void> =>
    context.progress(`generation with 10.6 million parameters, ${what}`);
  await progress("check");
  const model = GPT.init(LARGE, new Random(1), { threads: 1, strict });
  const length = quick ? 40 : LARGE.blockSize;
  const random = new Random(2);
  const draw = (): number[] => {
    const next = model.decoder();
    const tokens = [0];
    // Ignores the end of a document, which an untrained model may draw at any time.
    while (tokens.length <= length) tokens.push(random.choice(probabilities(next(tokens.at(-1) ?? 0), 1)));
    return tokens;
  };
  const agreed = await lossAgrees(model, draw().slice(0, 33), strict);

  // One row of each embedding is read, and all of the other weights.
  const read = countParams(LARGE) - (LARGE.vocabSize + LARGE.blockSize - 2) * LARGE.nEmbd;
  const reader = new Reader(4 * read);
  must(reader.read() === reader.expected, "the reader reads everything");
  const passes = quick ? 5 : 40;
  const times = await takeTurns(
    quick ? 3 : 9,
    {
      generate: () => void draw(),
      read: () => {
        for (let i = 0; i < passes; i++) reader.read();
      },
    },
    progress,
  );
  const [generated, sequential] = [times.generate.map((ms) => ms / length), times.read.map((ms) => ms / passes)];
  const gigabytes = (ms: readonly number[]): number[] => ms.map((time) => reader.bytes / time / 1e6);
  const perSecond = generated.map((ms) => 1000 / ms);
  const share = ratios(sequential, generated).map((ratio) => 100 * ratio);
  return {
    title: `generation with 10.6 million parameters (6 layers, 384 channels, 6 heads), ${length} tokens: one sequence, one thread`,
    rows: [
      row({ id: "stream.generate", what: "drawing included", unit: "tokens/s", check: agreed }, perSecond),
      row({ id: "stream.weights", what: "weights read for it", unit: "GB/s" }, gigabytes(generated)),
      row(
        { id: "stream.read", what: "a WebAssembly loop that only reads as much", unit: "GB/s" },
        gigabytes(sequential),
      ),
      row({ id: "stream.share", what: "share of that reached", unit: "%" }, share),
    ],
  };
}

/** The loss of a text, by the generating program and by the training one. */
async function lossAgrees(model: GPT, tokens: readonly number[], strict: boolean): Promise<string> {
  const next = model.decoder();
  let loss = 0;
  for (let t = 0; t + 1 < tokens.length; t++) {
    const chances = probabilities(next(tokens[t] as number), 1);
    loss -= Math.log(chances[tokens[t + 1] as number] as number) / (tokens.length - 1);
  }
  const twin = new GPT({ config: model.config, weights: model.state().weights }, { threads: 1, strict });
  const trainer = await twin.trainer({ ...UNTRAINED, steps: 0, maxRows: tokens.length - 1 });
  const difference = Math.abs(trainer.step([tokens], 0).loss - loss);
  trainer.dispose();
  must(difference <= 1e-4, "the program that generates and the one that trains give the same loss");
  return `the loss as in training, ${difference.toExponential(0)} apart`;
}
