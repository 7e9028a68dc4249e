/** The processes that `mpirun` started, as ranks of a run: joined by Open MPI, and watched over so that none waits for one that is gone. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { Worker } from "node:worker_threads";
import type { Ranks } from "../model/ranks.ts";
import { mistake } from "../util/errors.ts";
import { exchange } from "./exchange.ts";
import { OPERATION } from "./lack.ts";
import { OpenMpi } from "./open-mpi.ts";
import type { Assignment, Order } from "./watch-thread.ts";

/** The ranks of this job. */
export interface Processes extends Ranks {
  /** The host of each rank. */
  readonly hosts: readonly string[];
  /** The texts of all ranks, in their order. All of them call it alike. */
  exchange(text: string): string[];
  /** Leaves the others, when all of them do. */
  end(): Promise<void>;
  /** Ends the job, since this rank has failed. */
  fail(): Promise<void>;
}

export interface ProcessesOptions {
  /**
   * TCP port of rank 0 at which the others answer, so that one that is gone is missed. Default: `$MICROGPT_MPI_PORT`, or any
   * free one.
   */
  readonly port?: number;
  /** Seconds without an answer after which a rank is missed, and the job ends. Default 10. */
  readonly patience?: number;
  /** The end of the message, which says what to do. */
  readonly fix?: string;
}

/**
 * Joins the processes that `mpirun -n N` started: the ranks to pass to `train`. If one of them ends, stops answering or
 * cannot be reached, all others end within seconds, and rank 0 says which it was. Errors: no koffi, no Open MPI, a process
 * that `mpirun` did not start, a port that is taken.
 */
export async function joinProcesses(options: ProcessesOptions = {}): Promise<Processes> {
  const { patience = 10, fix = "start again from the last saved model" } = options;
  const mpi = new OpenMpi();
  const { rank, count } = mpi;
  const common = { rank, count, host: hostname(), machine: machineOf(), pid: process.pid, patience, beat: 1000, fix };
  const token = randomBytes(16).toString("hex");
  const asked = options.port ?? Number(process.env.MICROGPT_MPI_PORT ?? 0);
  let watch: Worker | undefined;
  let call = "";
  if (rank === 0 && count > 1) {
    watch = start({ ...common, token, port: asked });
    const port = await once(watch, "message").then(
      ([port]) => port,
      (error: unknown) => {
        const got = error instanceof Error ? error.message : String(error);
        throw mistake(
          "network",
          OPERATION,
          `port ${asked} for the ranks to answer at`,
          got,
          "choose another MICROGPT_MPI_PORT",
        );
      },
    );
    call = JSON.stringify({ token, port, hosts: addresses() });
  }
  const hosts = exchange(mpi, hostname());
  const [answer = ""] = exchange(mpi, call);
  if (rank > 0) {
    const { token: known, port, hosts: found } = JSON.parse(answer);
    watch = start({ ...common, token: known, port, hosts: hosts[0] === hostname() ? ["127.0.0.1", ...found] : found });
  }
  const leave = async (order: Order): Promise<void> => {
    if (watch === undefined) return;
    const ended = once(watch, "exit");
    watch.ref();
    watch.postMessage(order);
    await ended;
  };
  return {
    rank,
    count,
    hosts,
    sum: (...numbers) => mpi.sum(...numbers),
    exchange: (text) => exchange(mpi, text),
    end: async () => {
      mpi.end();
      await leave("leave");
    },
    fail: () => leave("over"),
  };
}

/** The file of the thread is beside this one's. */
function start(assignment: Assignment): Worker {
  const watch = new Worker(new URL("./mpi-watch.js", import.meta.url), { workerData: assignment, execArgv: [] });
  watch.unref();
  return watch;
}

/** The start of this system, and its name: two may have the same name, and one may be two hosts to MPI. */
function machineOf(): string {
  try {
    return `${hostname()}-${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return "";
  }
}

/** Addresses of this host for others. */
function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((cards = []) => cards);
  // An address of a link is valid only with a name for the link, which differs from host to host.
  const reachable = all.filter(({ address, internal }) => !internal && !address.startsWith("fe80:"));
  return reachable.map(({ address }) => address);
}
