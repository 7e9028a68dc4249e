/** The thread that watches over the other ranks, since the main one may wait within MPI, and ends this process if one is missed. */

import { spawn } from "node:child_process";
import { readFileSync, writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Hub, type Loss, Spoke, type Watch, type WatchOptions, type Whereabouts } from "./watch.ts";

/** The data of the thread: rank 0 opens `port`, the others find it at `hosts`. */
export interface Assignment extends WatchOptions {
  readonly hosts?: readonly string[];
  readonly port: number;
  /** The end of the line about a rank that is missed. */
  readonly fix: string;
}

export type Order = "leave" | "over";

/**
 * Programs that start ranks: they end the others when one has ended. With the network down they wait forever, so a process of its
 * own ends them some seconds later, if they are still there.
 */
const LAUNCHERS = ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted"];
const REAPER =
  'alive() { [ "$(cat /proc/$0/comm 2>/dev/null)" = "$1" ]; }; for i in $(seq 25); do alive "$1" || exit; sleep 0.2; done; kill -KILL $0';
/** Time for messages to be on their way. */
const SOON_MS = 300;

const assignment: Assignment = workerData;
const parent = process.ppid;

/** Ends this process: its main thread may be waiting within MPI. */
function end(): void {
  const launcher = launcherOf(process.pid);
  if (launcher !== undefined) {
    const { pid, name } = launcher;
    spawn("sh", ["-c", REAPER, `${pid}`, name], { detached: true, stdio: "ignore" }).unref();
  }
  setTimeout(() => process.kill(process.pid, "SIGKILL"), SOON_MS);
}

interface Launcher {
  readonly pid: number;
  readonly name: string;
}

/** The nearest launcher among a process's ancestors: npx and a shell may be between. */
function launcherOf(pid: number): Launcher | undefined {
  try {
    // `12 (name) S 11 ...`; a name may have brackets.
    const [, above = ""] = /.*\) \S+ (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    const found = { pid: Number(above), name: readFileSync(`/proc/${above}/comm`, "utf8").trim() };
    return LAUNCHERS.includes(found.name) ? found : launcherOf(found.pid);
  } catch {
    // No ancestor is left, or the system has no /proc.
    return undefined;
  }
}

/** Ends a rank of this host. One that was stopped (SIGSTOP) hears nothing else. */
function endOther({ machine, pid }: Whereabouts): void {
  if (machine === "" || machine !== assignment.machine) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function describe({ rank, at, reason }: Loss): string {
  const { patience, beat, count } = assignment;
  const seconds = Math.round((patience * beat) / 1000);
  const got = {
    ended: `the end of rank ${rank}`,
    silent: `nothing from rank ${rank} for ${seconds} s`,
    absent: `no connection with rank ${rank}`,
  }[reason];
  return `distributed training: expected all of ${count} ranks to answer, got ${got}${at === undefined ? "" : ` (host ${at.host}, process ${at.pid})`}`;
}

const events = {
  lost: (loss: Loss): void => {
    // Only one of those that miss rank 0 says so.
    if (assignment.rank <= 1) writeSync(2, `microgpt: ${describe(loss)}; ${assignment.fix}\n`);
    if (loss.at !== undefined) endOther(loss.at);
    end();
  },
  over: end,
};

async function open(): Promise<Watch> {
  const { hosts, port } = assignment;
  if (hosts !== undefined) return new Spoke(assignment, events, hosts, port);
  const opened = await Hub.open(assignment, events, port);
  parentPort?.postMessage(opened.port);
  return opened.hub;
}

const watch = await open();
const orphaned = setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
}, assignment.beat);
parentPort?.on("message", (order: Order) => {
  clearInterval(orphaned);
  watch[order]();
  parentPort?.close();
});
