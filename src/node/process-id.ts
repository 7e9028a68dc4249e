/** Telling a process from a later one that has its number: numbers come again, soonest of all in containers. */

import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "./file-errors.ts";

/** A process, as another one can recognise it. */
export interface ProcessId {
  readonly pid: number;
  /** When it began, in the system's own form; empty where the system does not say. */
  readonly start: string;
  /** The kernel that it runs under, since its last boot; a host's name where there is no better. */
  readonly kernel: string;
  /** Where its number counts: a container has numbers of its own. Empty where all see the same ones. */
  readonly numbers: string;
  readonly host: string;
}

/** This process. */
export function thisProcess(): ProcessId {
  const { pid } = process;
  const host = hostname();
  const kernel = textOf("/proc/sys/kernel/random/boot_id") ?? host;
  return { pid, start: startOf(pid) ?? "", kernel, numbers: linkOf("/proc/self/ns/pid") ?? "", host };
}

/** True if the process lives; undefined if it cannot be seen from here, in another container or on another machine. */
export function isAlive({ pid, start, kernel, numbers }: ProcessId): boolean | undefined {
  const here = thisProcess();
  if (kernel !== here.kernel || numbers !== here.numbers) return undefined;
  if (!exists(pid)) return false;
  const now = startOf(pid);
  // Where the system does not say, the number has to do.
  return now === undefined || start === "" || now === start;
}

/** True if there is a process of this number, whoever's it is. */
export function exists(pid: number): boolean {
  // To `kill`, 0 and below are groups.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0) && !isZombie(pid);
  } catch (error) {
    // Another user's process lives, too: it only may not be asked.
    return codeOf(error) === "EPERM";
  }
}

/** When the process of this number began; undefined if there is none, or the system does not say. */
export function startOf(pid: number): string | undefined {
  if (process.platform === "linux") return statOf(pid)[19];
  if (process.platform === "win32") return undefined;
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const said = execFileSync("ps", ["-o", "lstart=", "-p", `${pid}`], { env, stdio: ["ignore", "pipe", "ignore"] });
    return said.toString().trim() || undefined;
  } catch {
    return undefined;
  }
}

/** A process that has ended and that its parent has not asked about still has its number. */
function isZombie(pid: number): boolean {
  return process.platform === "linux" && /^[ZX]$/.test(statOf(pid)[0] ?? "");
}

/** The fields of /proc/PID/stat from the third on, the state: the second is a name that may hold anything. */
function statOf(pid: number): string[] {
  const text = textOf(`/proc/${pid}/stat`) ?? "";
  return text
    .slice(text.lastIndexOf(")") + 1)
    .trim()
    .split(" ");
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").trim() || undefined;
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
