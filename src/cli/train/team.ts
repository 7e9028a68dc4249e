/** `train --distributed mpi`: rank 0 does what `train` does, and the others compute their shares of its steps. */

import { availableParallelism } from "node:os";
import {
  crc32,
  isAccelerator,
  MicrogptError,
  namedParams,
  type Preset,
  presets,
  type Ranks,
  type Remark,
  type Run,
  trainEach,
} from "../../index.ts";
import type { Processes } from "../../mpi.ts";
import { mistake } from "../../util/errors.ts";
import type { EngineFlag } from "../flags/engine.ts";
import { Interrupt } from "../interrupt.ts";
import { quote } from "../shell.ts";
import { ToldElsewhere } from "../told-elsewhere.ts";
import { explain } from "../words.ts";
import type { TrainFlags } from "./flags.ts";
import { type Setup, setUp } from "./setup.ts";

/** The choices of rank 0, by measurements among others; none if it has failed. */
interface Orders {
  readonly engine?: EngineFlag;
  readonly preset?: Preset;
}

/** The state of a rank before the first step. Equal on all of them but for `error`. */
interface Standing {
  readonly run?: string;
  readonly error?: string;
}

export class Team {
  readonly #processes: Processes;
  #stopped = false;
  /** True once all ranks know that the run does not begin. */
  #over = false;

  /** Joins the processes that `mpirun` started. Errors: those of `joinProcesses`. */
  static async join({ out, resume }: TrainFlags): Promise<Team> {
    const { joinProcesses } = await import("../../mpi.ts");
    const model = out ?? resume ?? "model.safetensors";
    return new Team(await joinProcesses({ fix: `continue with microgpt train --resume ${quote(model)}` }));
  }

  private constructor(processes: Processes) {
    this.#processes = processes;
  }

  get leads(): boolean {
    return this.#processes.rank === 0;
  }

  /** True if any rank was asked to stop before the last step was taken. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** How many ranks there are, and where. */
  get remark(): Remark {
    const { count, hosts } = this.#processes;
    const places = [...new Set(hosts)].map((host) => {
      const here = hosts.filter((other) => other === host).length;
      return here === 1 ? host : `${here} on ${host}`;
    });
    return { kind: "ranks", values: { count }, message: `${count} ranks share each step: ${places.join(", ")}` };
  }

  /** The ranks for `train`. Each sum tells the others if this rank was asked to stop. */
  ranks(asked: () => boolean): Ranks {
    const { rank, count } = this.#processes;
    return {
      rank,
      count,
      sum: (...numbers) => {
        const flag = Float64Array.of(asked() ? 1 : 0);
        this.#processes.sum(...numbers, flag);
        this.#stopped = flag[0] !== 0;
      },
    };
  }

  /** The flags of this rank: the ranks of a host share its cores. */
  flags(flags: TrainFlags): TrainFlags {
    const here = Number(process.env.OMPI_COMM_WORLD_LOCAL_SIZE ?? 1);
    return { ...flags, threads: flags.threads ?? Math.max(1, Math.floor(availableParallelism() / here)) };
  }

  /** Sets up the run on all ranks. Errors: those of `setUp`; a rank that cannot set it up, or has another one. */
  async lead(work: () => Promise<Setup>): Promise<Setup> {
    let setup: Setup;
    try {
      setup = await work();
    } catch (error) {
      this.#processes.exchange(JSON.stringify({} satisfies Orders));
      this.#over = true;
      throw error;
    }
    const { run, engine } = setup;
    const { vocabSize: _, ...model } = { ...presets.microgpt.model, ...run.model.config };
    const orders: Orders = { engine: engine.name, preset: { model, training: run.progress.settings } };
    this.#processes.exchange(JSON.stringify(orders));
    const standings = this.#compare({ run: fingerprint(run) });
    for (const [rank, { run, error }] of standings.entries()) {
      if (error === undefined && run === standings[0]?.run) continue;
      const who = `rank ${rank} (host ${this.#processes.hosts[rank]})`;
      const got = error === undefined ? `another one on ${who}` : `${who}: ${error}`;
      const fix = "give all hosts the same files, flags and version of microgpt";
      this.#over = true;
      throw mistake("ranks", "distributed training", "the same run on all ranks", got, fix);
    }
    return { ...setup, notes: [this.remark, ...setup.notes] };
  }

  /** The part of every rank but 0. Errors: ToldElsewhere if rank 0 tells why. */
  async follow(files: readonly string[], flags: TrainFlags): Promise<void> {
    const { engine, preset }: Orders = JSON.parse(this.#processes.exchange("")[0] ?? "{}");
    if (engine === undefined) throw new ToldElsewhere();
    const run = await this.#followed(files, { ...flags, engine }, preset);
    const stop = new AbortController();
    const interrupt = new Interrupt(() => stop.abort());
    const asked = (): boolean => stop.signal.aborted;
    try {
      await trainEach(run, () => (this.stopped ? false : undefined), { ranks: this.ranks(asked) });
    } catch (error) {
      throw error instanceof MicrogptError ? new ToldElsewhere() : error;
    } finally {
      interrupt.dispose();
    }
    await this.end();
  }

  async #followed(files: readonly string[], flags: TrainFlags, preset: Preset | undefined): Promise<Run> {
    let standing: Standing;
    let run: Run | undefined;
    try {
      const warn = (text: string): never => {
        throw mistake("ranks", "distributed training", "the engine of rank 0", text, "choose another engine");
      };
      const setup = await setUp(files, flags, warn, preset);
      run = setup.run;
      standing = { run: fingerprint(run) };
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
      standing = { error: explain(error) };
    }
    const standings = this.#compare(standing);
    if (run === undefined || standings.some(({ run }) => run !== standings[0]?.run)) throw new ToldElsewhere();
    return run;
  }

  #compare(standing: Standing): Standing[] {
    return this.#processes.exchange(JSON.stringify(standing)).map((text): Standing => JSON.parse(text));
  }

  /** Leaves the others, when all of them do. */
  end(): Promise<void> {
    return this.#processes.end();
  }

  /** After an error: leaves the others, if they have it too, or ends them. */
  async fail(error: unknown): Promise<void> {
    const shared = error instanceof MicrogptError && ["diverged", "range"].includes(error.code);
    await (this.#over || shared || error instanceof ToldElsewhere ? this.#processes.end() : this.#processes.fail());
  }
}

/** Equal for runs that take the same steps on the same engine. */
function fingerprint({ model, progress, tokenizer }: Run): string {
  const weights = namedParams(model.state().weights).map(([name, numbers]) => [
    name,
    crc32(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)),
  ]);
  const engine = isAccelerator(model.engine) ? model.engine.name : model.engine;
  const { settings, data, losses } = progress;
  return JSON.stringify({ engine, config: model.config, settings, data, step: losses.length, tokenizer, weights });
}
