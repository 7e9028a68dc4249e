/**
 * A run that is saved, loaded and resumed equals, bit for bit, an uninterrupted one: on either engine, with any
 * tokenizer, on documents and on running text, with every option of a step.
 */

import {
  CharTokenizer,
  type Corpus,
  type DataMode,
  decodeCheckpoint,
  type EngineOptions,
  encodeCheckpoint,
  evaluate,
  Random,
  type Run,
  resumeRun,
  type StepRecord,
  sample,
  startRun,
  type TrainingSettings,
  train,
  trainBPE,
} from "microgpt";
import { expect, test } from "vitest";

const LINES =
  "the cat sat\non the mat\nand ate\nthe rat that sat\non the hat\nof the bat\nat that\na cat sat at the mat".split(
    "\n",
  );
const corpora: { readonly [M in DataMode]: Corpus } = {
  documents: { name: "lines.txt", docs: LINES, mode: "documents" },
  stream: { name: "prose.txt", docs: [LINES.join("\n"), LINES.toReversed().join(" ")], mode: "stream" },
};
const tokenizers = {
  // From all texts: the held-out part has characters of its own.
  char: (_: readonly string[], all: readonly string[]) => CharTokenizer.fit(all),
  bpe: (texts: readonly string[]) => trainBPE(texts, { vocabSize: 265 }),
};

const STEPS = 10;
const training: Partial<TrainingSettings> = {
  numSteps: STEPS,
  batchSize: 2,
  gradientAccumulationSteps: 2,
  schedule: "cosine",
  learningRate: 0.02,
  warmupIters: 6,
  minLr: 0.001,
  weightDecay: 0.1,
  gradClip: 0.5,
  dropout: 0.1,
  evalInterval: 2,
  evalIters: 2,
  patience: 4,
  seed: 7,
};

interface Case {
  readonly engine: "wasm" | "scalar";
  readonly kind: keyof typeof tokenizers;
  readonly mode: DataMode;
}

const cases: Case[] = (["wasm", "scalar"] as const).flatMap((engine) =>
  (["char", "bpe"] as const).flatMap((kind) =>
    (["documents", "stream"] as const).map((mode) => ({ engine, kind, mode })),
  ),
);

function start({ engine, kind, mode }: Case, threads?: number): Run {
  const options = { model: { nEmbd: 8, nHead: 2, blockSize: 6 }, training, valFraction: 0.3, engine };
  return startRun(corpora[mode], { ...options, tokenizer: tokenizers[kind], ...(threads && { threads }) });
}

async function trainTo(run: Run, done = Infinity): Promise<StepRecord[]> {
  const records: StepRecord[] = [];
  for await (const record of train(run)) {
    records.push(record);
    if (record.step >= done) break;
  }
  return records;
}

/** The run as another process would load it. */
function reloaded(run: Run, options: EngineOptions = {}): Run {
  const checkpoint = decodeCheckpoint("model", encodeCheckpoint(run), options);
  run.model.dispose();
  return resumeRun(checkpoint, corpora[run.mode]);
}

/** The complete state of a run. Its samples use its random stream, and come last. */
function everything(run: Run): object {
  const { model, tokenizer, mode, progress } = run;
  const bytes = Buffer.from(encodeCheckpoint(run)).toString("base64");
  const { random, losses, evaluations } = progress;
  const samples = [1, 2, 3].map(() => sample(model, tokenizer, { random, mode, maxNewTokens: 20 }));
  return { bytes, state: model.state(), losses, evaluations, samples };
}

test.each(cases)("$engine, $kind, $mode: 10 steps equal 3, 4 and 3", async (given) => {
  const whole = start(given);
  const expected = await trainTo(whole);
  // The cases have the properties they claim.
  expect(whole.progress.evaluations).toHaveLength(STEPS / 2);
  expect(expected.some(({ gradNorm }) => gradNorm > 0.5)).toBe(true);
  expect(whole.tokenizer.toJSON().type).toBe(given.kind === "char" ? "character" : "bpe");

  let run = start(given);
  const records = await trainTo(run, 3);
  run = reloaded(run);
  records.push(...(await trainTo(run, 7)));
  run = reloaded(run);
  records.push(...(await trainTo(run)));
  expect(records).toEqual(expected);
  expect(everything(run)).toEqual(everything(whole));
  for (const { model } of [run, whole]) model.dispose();
});

test.each(cases.filter(({ engine }) => engine === "wasm"))(
  "$kind, $mode: one thread before, two after, or vice versa",
  async (given) => {
    const whole = start(given, 1);
    await trainTo(whole);
    const expected = everything(whole);
    for (const [before, after] of [
      [1, 2],
      [2, 1],
    ]) {
      const begun = start(given, before);
      await trainTo(begun, 5);
      const run = reloaded(begun, { threads: after ?? 1 });
      await trainTo(run);
      expect(everything(run)).toEqual(expected);
      run.model.dispose();
    }
    whole.model.dispose();
  },
);

test("a sample or an evaluation between two steps changes no bit", async () => {
  for (const given of cases.filter(({ kind }) => kind === "char")) {
    const [plain, watched] = [start(given), start(given)];
    await trainTo(plain);
    for await (const { step } of train(watched)) {
      sample(watched.model, watched.tokenizer, { random: new Random(step), mode: watched.mode, maxNewTokens: 20 });
      await evaluate(watched);
      encodeCheckpoint(watched);
    }
    expect(everything(watched)).toEqual(everything(plain));
  }
});
