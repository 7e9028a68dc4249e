import { bestOf, describeBaseline, outOfPatience, runBaseline } from "../../index.ts";
import type { EndLine } from "../../node.ts";
import { engineOptions } from "../flags/engine.ts";
import { Interrupt } from "../interrupt.ts";
import { commandName, type IO } from "../io.ts";
import { noveltyOf } from "../sample/novelty.ts";
import { quote } from "../shell.ts";
import { afterFailure } from "./after-failure.ts";
import { describePlan } from "./dry-run.ts";
import { RunKeeper } from "./files.ts";
import type { TrainFlags } from "./flags.ts";
import { TrainingLog } from "./log.ts";
import { trainUntilStopped } from "./loop.ts";
import { claimOutput, type RunOutput } from "./output.ts";
import { sampleAll } from "./samples.ts";
import { type Setup, setUp } from "./setup.ts";
import { Team } from "./team.ts";

/**
 * Trains, saves, samples. All errors in the input or the output are found before the first step. The names of the
 * outputs are claimed before anything is read, which may take long.
 */
export async function trainCommand(files: readonly string[], flags: TrainFlags, io: IO): Promise<void> {
  if (flags.distributed === undefined || flags.dry_run === true) return trainWith(undefined, files, flags, io);
  const team = await Team.join(flags);
  const own = team.flags(flags);
  try {
    await (team.leads ? trainWith(team, files, own, io) : team.follow(files, own));
  } catch (error) {
    await team.fail(error);
    throw error;
  }
}

async function trainWith(team: Team | undefined, files: readonly string[], flags: TrainFlags, io: IO): Promise<void> {
  if (flags.dry_run === true) {
    const { run, notes, engine } = await setUp(files, flags, (text) => io.report.warning(text));
    io.report.begin(run, notes, engine);
    io.report.plan(await describePlan(run, engineOptions(flags)));
    return;
  }
  const output = await claimOutput(files, flags);
  // There is nothing to save yet, but names to release; then the signal has its default effect.
  const interrupt = new Interrupt(() => {
    output.release();
    process.kill(process.pid, "SIGINT");
  });
  try {
    await trainInto(output, interrupt, team, files, flags, io);
  } finally {
    interrupt.dispose();
    output.release();
  }
}

async function trainInto(
  output: RunOutput,
  interrupt: Interrupt,
  team: Team | undefined,
  files: readonly string[],
  flags: TrainFlags,
  io: IO,
): Promise<void> {
  const { report, env } = io;
  const ownRun = (): Promise<Setup> => setUp(files, flags, (text) => report.warning(text));
  const { run, notes, engine } = await (team === undefined ? ownRun() : team.lead(ownRun));
  report.begin(run, notes, engine);
  const keeper = new RunKeeper(output, flags.save_interval, (text) => report.warning(text));
  const log = new TrainingLog(output.path, run, flags, report);
  if (flags.resume === output.path) keeper.foundRun(run);
  const stop = new AbortController();
  interrupt.onRequest = () => {
    report.stopping();
    stop.abort();
  };
  let reason: EndLine["reason"] = "interrupted";
  try {
    const finished = await trainUntilStopped(run, flags, keeper, log, io, stop, team).catch(async (error: unknown) => {
      throw await afterFailure(error, run, keeper, log, report);
    });
    if (finished) reason = outOfPatience(run.progress) ? "early stopping" : "done";
    // Before anything that takes long and may be interrupted. The metrics come first, so that they are not behind the
    // model.
    log.flush();
    await keeper.saveForGood(run);
    log.ended(reason);
    await team?.end();
  } finally {
    interrupt.dispose();
  }
  // The run is complete: others may claim its names now, and a signal during the samples leaves no claim.
  output.release();
  const command = commandName(env);
  const baseline = reason === "interrupted" ? undefined : runBaseline(run);
  report.trained({
    run,
    ...(baseline && { baseline: describeBaseline(baseline, run.progress.evaluations.at(-1)?.loss) }),
  });
  if (reason === "interrupted") {
    log.interrupted();
    report.saved(keeper.path);
    report.next([`${command} train --resume ${quote(keeper.path)}`]);
    return;
  }
  const samples = await sampleAll(run, flags, io);
  if (samples === undefined) return log.finish(run, reason, baseline);
  const novelty = noveltyOf(samples, run);
  if (novelty !== undefined) report.novelty(novelty, false);
  log.finish(run, reason, baseline, novelty);
  report.saved(keeper.path);
  const best = bestOf(run.progress.evaluations);
  const better =
    best !== undefined && best.step < run.progress.losses.length && keeper.stepIn(keeper.bestPath) === best.step;
  if (better) report.saved(keeper.bestPath);
  const model = quote(better ? keeper.bestPath : keeper.path);
  report.next([
    `${command} sample ${model} --temperature 0.8 --seed 1`,
    `${command} chat ${model}`,
    `${command} lab ${model}`,
    files.length === 0 ? `${command} train my-own-text.txt` : `${command} info ${model}`,
  ]);
}
