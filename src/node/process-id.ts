/** Tells a process from a later one with the same id: ids are reused, soonest in containers. */

import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "./file-errors.ts";

/** A process, identifiable by other processes. */
export interface ProcessId {
  readonly pid: number;
  /** Its start time in the system's own format; empty if the system does not give it. */
  readonly start: string;
  /** The running kernel since its last boot, or the host's name as a fallback. */
  readonly kernel: string;
  /** The namespace of its id: a container has ids of its own. Empty if all processes share one. */
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

/**
 * True if the process is alive; undefined if it is not visible from here, in another container or on another machine.
 */
export function isAlive({ pid, start, kernel, numbers }: ProcessId): boolean | undefined {
  const here = thisProcess();
  if (kernel !== here.kernel || numbers !== here.numbers) return undefined;
  if (!exists(pid)) return false;
  const now = startOf(pid);
  // Without a start time, the id has to do.
  return now === undefined || start === "" || now === start;
}

/** True if a process with this id exists, whoever owns it. */
export function exists(pid: number): boolean {
  // For `kill`, 0 and below are process groups.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0) && !isZombie(pid);
  } catch (error) {
    // Another user's process exists; we only lack permission.
    return codeOf(error) === "EPERM";
  }
}

/** The start time of the process with this id; undefined if there is none, or the system does not give it. */
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

/** True for a process that has ended but keeps its id until its parent reaps it. */
function isZombie(pid: number): boolean {
  return process.platform === "linux" && /^[ZX]$/.test(statOf(pid)[0] ?? "");
}

/** The fields of /proc/PID/stat from the third (the state) on; the second is a name that may contain anything. */
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
