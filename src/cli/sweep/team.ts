/** `sweep --distributed mpi`: the ranks share the combinations, in a folder that all of their hosts see. */

import type { Processes } from "../../mpi.ts";
import { Interrupt } from "../interrupt.ts";
import { ToldElsewhere } from "../told-elsewhere.ts";
import type { SweepRun } from "./file.ts";
import type { Sweep } from "./folder.ts";
import type { SweepPlan } from "./plan.ts";
import { type SweepOptions, SweepRunner, type Task } from "./run.ts";

/** A sweep as rank 0 begins it; nothing if it could not. */
interface Orders {
  readonly folder?: string;
  readonly runs?: SweepRun[];
  readonly tasks?: readonly Task[];
}

/** The results of a rank: its runs, by their places in the sweep. */
type Results = readonly (readonly [index: number, run: SweepRun])[];

export class SweepTeam {
  readonly #processes: Processes;
  /** True once the others have their part. */
  #led = false;

  /** Joins the processes that `mpirun` started. Errors: those of `joinProcesses`. */
  static async join(): Promise<SweepTeam> {
    const { joinProcesses } = await import("../../mpi.ts");
    return new SweepTeam(await joinProcesses({ fix: "run the sweep again: it continues" }));
  }

  private constructor(processes: Processes) {
    this.#processes = processes;
  }

  get leads(): boolean {
    return this.#processes.rank === 0;
  }

  /** Rank 0 gives the others their part, and returns its own tasks. Those of others count as running: their files tell the rest. */
  lead({ folder, runs }: Sweep, tasks: readonly Task[]): Task[] {
    this.#led = true;
    for (const [index, task] of tasks.entries()) {
      const run = runs[index];
      if (run !== undefined && task !== "done") runs[index] = { name: run.name, flags: run.flags, state: "running" };
    }
    this.#processes.exchange(JSON.stringify({ folder, runs, tasks } satisfies Orders));
    return this.#share(tasks);
  }

  /** The results of the other ranks, once all have ended. */
  results(): Results {
    return this.#processes.exchange("[]").flatMap((text): Results => JSON.parse(text));
  }

  /** The part of every rank but 0. Errors: ToldElsewhere if rank 0 tells why. */
  async follow(plan: SweepPlan, options: Omit<SweepOptions, "onChange" | "save">): Promise<void> {
    const { folder, runs, tasks }: Orders = JSON.parse(this.#processes.exchange("")[0] || "{}");
    if (folder === undefined || runs === undefined || tasks === undefined) throw new ToldElsewhere();
    const runner = new SweepRunner({ folder, plan, runs }, { ...options, onChange: () => {}, save: async () => {} });
    const interrupt = new Interrupt(() => runner.stop());
    const own = this.#share(tasks);
    try {
      await runner.run(own);
    } finally {
      interrupt.dispose();
    }
    const results = runs
      .map((run, index) => [index, run] as const)
      .filter(([index]) => (own[index] ?? "done") !== "done");
    this.#processes.exchange(JSON.stringify(results));
    await this.end();
  }

  /** Leaves the others, when all of them do. */
  end(): Promise<void> {
    return this.#processes.end();
  }

  /** After an error before `lead`, which all of them notice, or later. */
  async fail(error: unknown): Promise<void> {
    if (error instanceof ToldElsewhere) return this.#processes.end();
    if (this.leads && !this.#led) {
      this.#processes.exchange("");
      return this.#processes.end();
    }
    return this.#processes.fail();
  }

  /** Every count-th task that is left. */
  #share(tasks: readonly Task[]): Task[] {
    const { rank, count } = this.#processes;
    let number = 0;
    return tasks.map((task) => (task !== "done" && number++ % count === rank ? task : "done"));
  }
}
