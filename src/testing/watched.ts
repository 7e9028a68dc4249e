/** For tests: small runs on the compiled engine, trained to their end and recorded as a history to be judged. */

import type { GPTConfig } from "../model/config.ts";
import { countParams } from "../model/params.ts";
import { bigramBaseline } from "../train/baseline.ts";
import { scoreOf } from "../train/evaluate.ts";
import type { Evaluation, Run } from "../train/run.ts";
import type { TrainingSettings } from "../train/settings.ts";
import { startRun } from "../train/start.ts";
import { train } from "../train/train.ts";
import type { History } from "../train/verdicts.ts";
import { Random } from "../util/random.ts";

export interface Watched {
  readonly train: readonly string[];
  readonly val: readonly string[];
  readonly model?: Partial<GPTConfig>;
  readonly training: Partial<TrainingSettings>;
  /** Number of evaluations, spread evenly over the run. */
  readonly evaluations?: number;
}

/** The run at its end, with the measurements; a run that diverges ends there. */
export async function watch(watched: Watched): Promise<{ run: Run; history: History }> {
  const { train: docs, val, model, training, evaluations: times = 10 } = watched;
  const plain = { batchSize: 8, weightDecay: 0, gradClip: 1, schedule: "constant" } as const;
  const run = startRun(
    { name: "test", docs },
    { model: { ...model }, training: { ...plain, ...training }, threads: 1 },
  );
  const { settings, losses } = run.progress;
  const evaluations: Evaluation[] = [];
  let failed: unknown;
  try {
    for await (const { step } of train(run)) {
      if (step % Math.ceil(settings.numSteps / times) === 0) {
        evaluations.push({ step, loss: await validationLoss(run, val) });
      }
    }
  } catch (error) {
    failed = error;
  } finally {
    run.model.dispose();
  }
  const { tokenizer } = run;
  const encode = (texts: readonly string[]): number[][] => texts.map((text) => tokenizer.encodeDocument(text));
  const trainTokens = encode(docs).reduce((sum, tokens) => sum + tokens.length - 1, 0);
  const history = {
    settings,
    vocabSize: tokenizer.vocabSize,
    numParams: countParams(run.model.config),
    trainTokens,
    tokensPerStep: (settings.batchSize * trainTokens) / docs.length,
    baseline: bigramBaseline(encode(docs), encode(val), tokenizer.vocabSize),
    losses,
    evaluations,
    ...(failed !== undefined && { diverged: { step: losses.length + 1 } }),
  };
  return { run, history };
}

async function validationLoss({ model, tokenizer }: Run, val: readonly string[]): Promise<number> {
  const documents = val.map((doc) => tokenizer.encodeDocument(doc));
  const maxRows = documents.reduce((sum, tokens) => sum + tokens.length, 0);
  return (await scoreOf(model, documents, maxRows)).loss;
}

/** Documents of random letters, from which nothing can be learned. */
export function noise(count: number, length: number, seed: number): string[] {
  const random = new Random(seed);
  const letters = ["a", "b", "c", "d"];
  const weights = letters.map(() => 1);
  const letter = (): string => letters[random.choice(weights)] ?? "";
  return Array.from({ length: count }, () => Array.from({ length }, letter).join(""));
}
