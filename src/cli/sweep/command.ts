import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { MicrogptError } from "../../index.ts";
import { Interrupt } from "../interrupt.ts";
import { commandName, type IO } from "../io.ts";
import { quote } from "../shell.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { NOT_RESUMED } from "../train/setup.ts";
import { hasFlag, trainFlags } from "./flags.ts";
import { claimSweep, findSweep, type Sweep, saveSweep } from "./folder.ts";
import { type Flags, planSweep } from "./plan.ts";
import { type StartTraining, trainingBy } from "./process.ts";
import { SweepReport } from "./report.ts";
import { type SweepOptions, SweepRunner, type Task, tasksOf, wordsFor } from "./run.ts";
import { SweepTeam } from "./team.ts";

/** The flags of `microgpt sweep`, besides those of `train`. */
export interface SweepFlags extends Readonly<Record<string, unknown>> {
  readonly out?: string;
  readonly jobs: number;
  readonly max_runs: number;
  readonly distributed?: "mpi";
  readonly dry_run?: true;
  readonly json?: true;
}

/**
 * Trains every combination of the flags' values. @param train the command whose flags they are
 * @param start trains one combination; by default this same program
 */
export async function sweepCommand(
  files: readonly string[],
  flags: SweepFlags,
  train: Command,
  { terminal, env }: IO,
  start: StartTraining = trainingBy(process.execPath, [...process.execArgv, process.argv[1] ?? ""]),
): Promise<void> {
  const plan = planSweep(files, trainFlags(train, flags), flags.max_runs);
  const words = { extra: extraFlags(flags, train), labelled: hasFlag(train, "label"), notResumed: NOT_RESUMED };
  const command = commandName(env);
  const begin = async (sweep: Sweep): Promise<{ readonly report: SweepReport; readonly tasks: readonly Task[] }> => {
    const report = new SweepReport(sweep, terminal, flags.json === true);
    const tasks = await tasksOf(sweep, plan.combinations.length);
    report.begin(tasks);
    return { report, tasks };
  };
  if (flags.dry_run === true) {
    const sweep = await findSweep(plan, flags.out);
    const { report, tasks } = await begin(sweep);
    const commands = sweep.runs.map((run, i) =>
      wordsFor(sweep, run, tasks[i] ?? "train", words)
        .map(quote)
        .join(" "),
    );
    report.plan(
      tasks,
      commands.map((line) => `${command} ${line}`),
    );
    return;
  }
  const options = { ...words, start, jobs: flags.jobs };
  const team = flags.distributed === undefined ? undefined : await SweepTeam.join();
  let [sweep, stopped]: [Sweep | undefined, boolean] = [undefined, false];
  try {
    if (team?.leads === false) return await team.follow(plan, options);
    const claimed = await claimSweep(plan, flags.out);
    sweep = claimed.sweep;
    try {
      const { report, tasks } = await begin(sweep);
      const own = team?.lead(sweep, tasks) ?? tasks;
      await saveSweep(sweep);
      stopped = await runToTheEnd(sweep, own, report, terminal, options);
      if (team !== undefined) await collect(sweep, team, report);
      report.end(stopped, command);
    } finally {
      claimed.claim.release();
    }
    await team?.end();
  } catch (error) {
    await team?.fail(error);
    throw error;
  }
  const failed = sweep.runs.find(({ state }) => state === "failed");
  if (!stopped && failed !== undefined && !sweep.runs.some(({ state }) => state === "done")) {
    const fix = "fix that, and run the sweep again";
    throw new MicrogptError({
      code: "no-data",
      operation: "sweep",
      expected: "a run that succeeds",
      got: failed.message ?? "none",
      fix,
    });
  }
}

/** Adds the results of other ranks. */
async function collect(sweep: Sweep, team: SweepTeam, report: SweepReport): Promise<void> {
  for (const [index, run] of team.results()) {
    sweep.runs[index] = run;
    report.changed(index);
  }
  await saveSweep(sweep);
}

/** True if it was stopped before its end: by a signal, or because its output is no longer read. */
async function runToTheEnd(
  sweep: Sweep,
  tasks: readonly Task[],
  report: SweepReport,
  terminal: Terminal,
  options: Omit<SweepOptions, "onChange">,
): Promise<boolean> {
  const onChange = (index: number): void => {
    report.changed(index);
    if (terminal.closed && !interrupt.requested) interrupt.request();
  };
  const runner = new SweepRunner(sweep, { ...options, onChange });
  const interrupt = new Interrupt(() => {
    report.stopping();
    runner.stop();
  });
  const unwatch = report.watch(runner);
  try {
    await runner.run(tasks);
  } finally {
    unwatch();
    interrupt.dispose();
  }
  return interrupt.requested;
}

/** A sweep needs numbers, not samples; and concurrent runs share the cores. */
function extraFlags({ jobs, threads }: SweepFlags, train: Command): Flags {
  const share = Math.max(1, Math.floor(availableParallelism() / jobs));
  return {
    num_samples: "0",
    ...(jobs > 1 && threads === undefined && hasFlag(train, "threads") ? { threads: String(share) } : {}),
  };
}
