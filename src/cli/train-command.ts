import { statSync } from "node:fs";
import { bestOf, describeBaseline, MicrogptError, outOfPatience, runBaseline } from "../index.ts";
import { checkWritable } from "../node.ts";
import { afterFailure } from "./after-failure.ts";
import { describePlan } from "./dry-run.ts";
import { engineOptions } from "./engine-flags.ts";
import { commandName, type IO } from "./io.ts";
import { freeModelPath } from "./model-files.ts";
import { noveltyOf } from "./novelty.ts";
import { besides, RunKeeper } from "./run-files.ts";
import { sampleAll } from "./run-samples.ts";
import { quote } from "./shell.ts";
import type { TrainFlags } from "./train-flags.ts";
import { trainUntilStopped } from "./train-loop.ts";
import { setUp } from "./train-setup.ts";
import { TrainingLog } from "./training-log.ts";

/**
 * Trains, saves, samples. Everything that can go wrong with the input or the output is found out before the first step.
 */
export async function trainCommand(files: readonly string[], flags: TrainFlags, io: IO): Promise<void> {
  const { report, env } = io;
  const out = flags.out ?? flags.resume ?? freeModelPath();
  if (flags.dry_run !== true) await checkOutput(out, flags);
  const { run, notes } = await setUp(files, flags);
  report.begin(run, notes);
  if (flags.dry_run === true) {
    report.plan(await describePlan(run, engineOptions(flags)));
    return;
  }
  const keeper = new RunKeeper(out, flags.save_interval, (text) => report.warning(text));
  const log = new TrainingLog(out, run, flags, report);
  if (flags.resume === out) keeper.foundRun(run);
  const finished = await trainUntilStopped(run, flags, keeper, log, io).catch(async (error: unknown) => {
    throw await afterFailure(error, run, keeper, log, report);
  });
  const baseline = finished ? runBaseline(run) : undefined;
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
  const reason = outOfPatience(run.progress) ? "early stopping" : "done";
  const samples = await sampleAll(run, flags, io);
  if (samples === undefined) return log.finish(run, reason, baseline);
  const novelty = noveltyOf(samples, run);
  if (novelty !== undefined) report.novelty(novelty, false);
  log.finish(run, reason, baseline, novelty);
  report.saved(out);
  const best = bestOf(run.progress.evaluations);
  const better =
    best !== undefined && best.step < run.progress.losses.length && keeper.stepIn(keeper.bestPath) === best.step;
  if (better) report.saved(keeper.bestPath);
  const model = quote(better ? keeper.bestPath : out);
  report.next([
    `${command} sample ${model} --temperature 0.8 --seed 1`,
    `${command} chat ${model}`,
    `${command} lab ${model}`,
    files.length === 0 ? `${command} train my-own-text.txt` : `${command} info ${model}`,
  ]);
}

/** Finds out whether there will be a place for what the run writes. */
async function checkOutput(out: string, { tensorboard }: TrainFlags): Promise<void> {
  await checkWritable(out);
  const folder = besides(out, "tensorboard");
  if (tensorboard !== true || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== false) return;
  throw new MicrogptError({
    operation: `TensorBoard events ${folder}`,
    expected: "a folder, or none yet",
    got: "a file",
    fix: "move it away, or choose another --out",
  });
}
