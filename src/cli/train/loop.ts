/** The command line's training loop: shown, logged, and saved on the way. */

import { setImmediate } from "node:timers/promises";
import { bestOf, isFinished, type Run, type StepRecord, trainEach } from "../../index.ts";
import type { IO } from "../io.ts";
import type { RunKeeper } from "./files.ts";
import type { TrainFlags } from "./flags.ts";
import type { TrainingLog } from "./log.ts";
import { sampleOnTheWay } from "./samples.ts";
import type { Team } from "./team.ts";

/**
 * True if the run reached its end; false if it was stopped after a whole step, by `stop` or because the output is no
 * longer read.
 */
export async function trainUntilStopped(
  run: Run,
  flags: Pick<TrainFlags, "sample_interval" | "temperature">,
  keeper: RunKeeper,
  log: TrainingLog,
  { report, terminal }: IO,
  stop: AbortController,
  team?: Team,
): Promise<boolean> {
  const { progress } = run;
  const { sample_interval: sampleInterval = Number.POSITIVE_INFINITY } = flags;
  const asked = (): boolean => stop.signal.aborted || terminal.closed;
  /** A team stops together. */
  const goesOn = (): false | undefined => ((team === undefined ? asked() : team.stopped) ? false : undefined);
  /** Work between two steps, named in the live line while it lasts. */
  const pausing = async (what: string, work: () => unknown): Promise<void> => {
    report.doing(what);
    await setImmediate();
    const begin = performance.now();
    await work();
    log.aside((performance.now() - begin) / 1000);
  };
  const pause = async (record: StepRecord): Promise<false | undefined> => {
    if (record.valLoss !== undefined) {
      if (bestOf(progress.evaluations)?.step === record.step) {
        await pausing("saving the best", () => keeper.save(run, keeper.bestPath));
      }
      log.judge();
    }
    if (record.step % sampleInterval === 0) {
      await pausing("sampling", () => {
        const text = sampleOnTheWay(run, record, flags, report);
        if (text !== undefined) log.sample(record.step, text);
      });
    }
    if (record.step < record.numSteps && keeper.due(record.step)) {
      await pausing("saving", async () => {
        log.flush();
        await keeper.save(run);
      });
    }
    return goesOn();
  };
  const onStep = (record: StepRecord): false | undefined | Promise<false | undefined> => {
    if (!log.begun) return log.begin().then(() => onStep(record));
    report.step(record, run);
    log.step(record);
    const { step, valLoss } = record;
    return valLoss !== undefined || step % sampleInterval === 0 || keeper.due(step) ? pause(record) : goesOn();
  };
  await trainEach(run, onStep, {
    ...(team === undefined ? { signal: stop.signal } : { ranks: team.ranks(asked) }),
    onPace: (pace) => report.pace(pace),
    onEvaluation: (done, count) => {
      report.doing(`evaluating ${done} / ${count}`);
      if (terminal.closed) stop.abort();
    },
  });
  return isFinished(progress);
}
