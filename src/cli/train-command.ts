import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import {
  bestOf,
  bigramBaseline,
  chunksOf,
  describeBaseline,
  generate,
  isFinished,
  MicrogptError,
  namedParams,
  outOfPatience,
  Random,
  type Run,
  type StepRecord,
  sample,
  type Tokenizer,
  train,
} from "../index.ts";
import { checkWritable } from "../node.ts";
import { describePlan } from "./dry-run.ts";
import { engineOptions } from "./engine-flags.ts";
import { Interrupt } from "./interrupt.ts";
import { commandName, type IO } from "./io.ts";
import { freeModelPath } from "./model-files.ts";
import { noveltyOf } from "./novelty.ts";
import { RunKeeper } from "./run-files.ts";
import { quote } from "./shell.ts";
import type { TrainFlags } from "./train-flags.ts";
import { setUp } from "./train-setup.ts";
import { TrainingLog } from "./training-log.ts";

/**
 * Trains, saves, samples. Everything that can go wrong with the input or the output is found out before the first step.
 */
export async function trainCommand(files: readonly string[], flags: TrainFlags, io: IO): Promise<void> {
  const { report, env } = io;
  const out = flags.out ?? flags.resume ?? freeModelPath();
  if (flags.dry_run !== true) await checkWritable(out);
  const { run, notes } = await setUp(files, flags);
  report.begin(run, notes);
  if (flags.dry_run === true) {
    for (const line of await describePlan(run, engineOptions(flags))) io.terminal.line(line);
    return;
  }
  const keeper = new RunKeeper(out, flags.save_interval, (text) => report.warning(text));
  const log = await TrainingLog.open(out, run, flags, report);
  const before = run.progress.losses.length;
  const finished = await trainUntilStopped(run, flags, keeper, log, io).catch(async (error: unknown) => {
    log.failed(error);
    // The weights are as before the step that failed: what was learned until then is kept, unless it is beyond numbers.
    if (error instanceof MicrogptError && run.progress.losses.length > before && hasFiniteWeights(run)) {
      // Beside what is there: an older save of the run may be the better one.
      const kept = existsSync(out) ? freeModelPath() : out;
      await keeper.saveForGood(run, kept);
      report.saved(kept);
    }
    throw error;
  });
  const baseline = finished ? baselineOf(run) : undefined;
  report.trained({
    run,
    ...(baseline && { baseline: describeBaseline(baseline, run.progress.evaluations.at(-1)?.loss) }),
  });
  // Saved before sampling: the numbers that sampling draws are not the run's, and nothing can come between.
  await keeper.saveForGood(run);
  const command = commandName(env);
  if (!finished) {
    log.interrupted();
    report.saved(out);
    report.next([`${command} train --resume ${quote(out)}`]);
    return;
  }
  const samples = await sampleAll(run, flags, io);
  if (samples === undefined) return;
  const novelty = noveltyOf(samples, run);
  if (novelty !== undefined) report.novelty(novelty);
  log.finish(run, outOfPatience(run.progress) ? "early stopping" : "done", baseline, novelty);
  report.saved(out);
  const best = bestOf(run.progress.evaluations);
  const better = best !== undefined && best.step < run.progress.losses.length && existsSync(keeper.bestPath);
  if (better) report.saved(keeper.bestPath);
  const model = quote(better ? keeper.bestPath : out);
  report.next([
    `${command} sample ${model} --temperature 0.8 --seed 1`,
    `${command} info ${model}`,
    `${command} train my-own-text.txt`,
  ]);
}

/** Whether the run came to its end; false if it was stopped between two steps, by Ctrl-C or because nobody reads on. */
async function trainUntilStopped(
  run: Run,
  flags: TrainFlags,
  keeper: RunKeeper,
  log: TrainingLog,
  { report, terminal }: IO,
): Promise<boolean> {
  const interrupt = new Interrupt(() => report.stopping());
  /** Work between two steps, which the live line names while it lasts. */
  const pausing = async (what: string, work: () => unknown): Promise<void> => {
    report.doing(what);
    await setImmediate();
    const begin = performance.now();
    await work();
    log.aside((performance.now() - begin) / 1000);
  };
  try {
    const onEvaluation = (done: number, count: number): void => report.doing(`evaluating ${done} / ${count}`);
    for await (const record of train(run, { onEvaluation })) {
      report.step(record, run);
      log.step(record);
      if (record.valLoss !== undefined) {
        if (bestOf(run.progress.evaluations)?.step === record.step) {
          await pausing("saving the best", () => keeper.save(run, keeper.bestPath));
        }
        log.judge();
      }
      if (isDue(record, flags.sample_interval)) {
        await pausing("sampling", () => log.sample(record.step, drawn(run, record, flags.temperature)));
      }
      if (record.step < record.numSteps && keeper.due(record.step)) {
        await pausing("saving", async () => {
          log.flush();
          await keeper.save(run);
        });
      }
      if (interrupt.requested || terminal.closed) break;
    }
  } finally {
    interrupt.dispose();
  }
  return isFinished(run.progress);
}

function isDue({ step }: StepRecord, interval = 0): boolean {
  return interval > 0 && step % interval === 0;
}

/** A text drawn on the way, by a stream of its own: how often one is drawn changes nothing of the run. */
function drawn({ model, tokenizer, mode, progress }: Run, { step }: StepRecord, temperature: number): string {
  const random = new Random(progress.settings.seed + step);
  return sample(model, tokenizer, { random, temperature, mode, ...(mode === "stream" && { maxNewTokens: 200 }) });
}

/** The samples at the end; undefined if nobody reads on. */
async function sampleAll(run: Run, flags: TrainFlags, { report, terminal }: IO): Promise<string[] | undefined> {
  const { model, tokenizer, mode, progress } = run;
  const samples: string[] = [];
  const { num_samples = mode === "stream" ? 3 : 20, temperature } = flags;
  const length = mode === "stream" ? { maxNewTokens: 300 } : {};
  for (let i = 1; i <= num_samples; i++) {
    const pieces = generate(model, tokenizer, { random: progress.random, temperature, mode, ...length });
    let text = "";
    const heard = function* (): Generator<string, void> {
      for (const piece of pieces) {
        text += piece;
        yield piece;
      }
    };
    await report.sample(i, heard(), mode);
    samples.push(text);
    if (!(await terminal.heard())) return undefined;
  }
  return samples;
}

/** What counting models reach on what the run was evaluated on. */
function baselineOf({
  data,
  tokenizer,
  validation,
  model,
  progress,
}: Run): ReturnType<typeof bigramBaseline> | undefined {
  if (progress.evaluations.length === 0) return undefined;
  const { blockSize, vocabSize } = model.config;
  const seen = data.mode === "documents" ? encoded(data.train, tokenizer) : chunksOf(data.train);
  return bigramBaseline(
    seen,
    validation.map((tokens) => tokens.slice(0, blockSize + 1)),
    vocabSize,
  );
}

function* encoded(docs: readonly string[], tokenizer: Tokenizer): Generator<number[], void> {
  for (const doc of docs) yield tokenizer.encodeDocument(doc);
}

function hasFiniteWeights({ model }: Run): boolean {
  return namedParams(model.state().weights).every(([, data]) => data.every((x) => Number.isFinite(x)));
}
