/**
 * Claims a name with a small hidden file beside it, `.model.safetensors.claim`, which names the writing process. The
 * file is created exclusively, so only one process gets it, and it counts only while that process is alive, so a crash
 * blocks no one. The owner is recognized by process id and start time or, from another container or machine, by the
 * claim's modification time, which the owner keeps renewing.
 */

import { createHash, randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, utimes, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { mistake } from "../util/errors.ts";
import { followLink } from "./atomic-write.ts";
import { codeOf, fileError } from "./file-errors.ts";
import { isAlive, type ProcessId, thisProcess } from "./process-id.ts";

/** Holds a name until it is released or the process ends. */
export interface Claim {
  /** The claimed path. */
  readonly path: string;
  /** False once the claim is released, or another process has taken it after minutes without a sign of life. */
  readonly held: boolean;
  release(): void;
}

/** The process that holds a name. */
export interface Owner extends ProcessId {
  /** The time of the claim, in ISO 8601. */
  readonly since: string;
}

export interface ClaimOptions {
  /** The operation named in errors. Default: `output PATH`. */
  readonly operation?: string;
  /** The fix named in the error if another process holds it. Default: to wait, or choose another name. */
  readonly fix?: string;
}

/**
 * Claims the path of a file or folder that need not exist yet; follows links. Errors: another process holds it, or the
 * folder is not writable.
 */
export async function claim(path: string, options: ClaimOptions = {}): Promise<Claim> {
  const { operation = `output ${path}`, fix = "wait for it to end, or choose another name" } = options;
  const found = await tryClaim(path, operation);
  if ("release" in found) return found;
  const where = found.host === thisProcess().host ? "" : ` on ${found.host.slice(0, 60)}`;
  const got = `process ${found.pid}${where}, which has written there since ${found.since}`;
  throw mistake("file-busy", operation, "a name that no other process writes to", got, fix);
}

/** Like `claim`, for callers that can try another name: returns the owner if another process holds it. */
export async function tryClaim(path: string, operation: string = `output ${path}`): Promise<Claim | Owner> {
  try {
    return await acquire(path, fileFor(resolve(await followLink(path))));
  } catch (error) {
    throw fileError(operation, "a place to write to", error);
  }
}

/** The current owner of a name, without waiting; undefined if there is none. */
export async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    const { owner, seen } = read(fileFor(resolve(await followLink(path)))) ?? { owner: undefined, seen: 0 };
    return owner !== undefined && (isAlive(owner) ?? age(seen) < patienceWith(owner)) ? owner : undefined;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The name of a claim's file; a long one is cut and made unique with a hash. */
function fileFor(target: string): string {
  const name = basename(target);
  const short = name.length <= 60 ? name : `${name.slice(0, 40)}.${sha256(name).slice(0, 16)}`;
  return join(dirname(target), `.${short}.claim`);
}

/** The content of a claim's file, as JSON. */
interface Record extends Owner {
  /** Unique to this claim. */
  readonly id: string;
}

interface Found {
  readonly id: string;
  /** Undefined if the file is not ours, or not written yet. */
  readonly owner: Owner | undefined;
  /** The owner's last sign of life, in milliseconds since 1970. */
  readonly seen: number;
}

async function acquire(path: string, file: string): Promise<Claim | Owner> {
  const mine: Record = { id: randomUUID(), ...thisProcess(), since: new Date().toISOString() };
  while (!create(file, mine)) {
    const found = read(file);
    if (found === undefined) continue;
    if (await isHeld(file, found)) {
      if (found.owner !== undefined) return found.owner;
      // The owner has created it and is about to write.
      await setTimeout(WATCH_MS / 10);
    } else await removeDead(file, found.id);
  }
  return holding(path, file, mine.id);
}

/**
 * Removes a dead claim. If several processes find the same one, the slowest must not remove the successor that the
 * fastest has already put there. Removing therefore takes a claim of its own.
 */
async function removeDead(file: string, id: string): Promise<void> {
  const right = await acquire(file, `${file}.${id}`);
  if (!("release" in right)) return void (await setTimeout(WATCH_MS / 50));
  try {
    if (read(file)?.id === id) rmSync(file, { force: true });
  } finally {
    right.release();
  }
}

function holding(path: string, file: string, id: string): Claim {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now, () => undefined);
  }, RENEW_MS).unref();
  let released = false;
  const release = (): void => {
    clearInterval(timer);
    process.off("exit", release);
    released = true;
    try {
      if (read(file)?.id === id) rmSync(file, { force: true });
    } catch {
      // The folder may be gone or read-only by now. Without its process the claim is void anyway.
    }
  };
  process.on("exit", release);
  return {
    path,
    release,
    get held() {
      if (released) return false;
      try {
        return (read(file)?.id ?? id) === id;
      } catch {
        // It cannot be read, but that does not mean another process took it.
        return true;
      }
    },
  };
}

/** Returns false if the file exists. */
function create(file: string, record: Record): boolean {
  let opened: number;
  try {
    opened = openSync(file, "wx", 0o644);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  try {
    writeSync(opened, `${JSON.stringify(record)}\n`);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(opened);
  }
  return true;
}

/** Undefined if the file is gone. Never follows a link, never blocks on a pipe. */
function read(file: string): Found | undefined {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  let opened: number;
  try {
    opened = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (codeOf(error) === "ELOOP") return { id: "link", owner: undefined, seen: 0 };
    throw error;
  }
  try {
    const found = fstatSync(opened);
    const bytes = Buffer.alloc(MOST_BYTES);
    const length = found.isFIFO() ? 0 : readSync(opened, bytes);
    const record = parse(bytes.toString("utf8", 0, length));
    return { id: record?.id ?? `${found.ino}`, owner: record, seen: found.mtimeMs };
  } finally {
    closeSync(opened);
  }
}

function parse(text: string): Record | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields: Partial<globalThis.Record<keyof Record, unknown>> = value;
  const { id, pid, start, kernel, numbers, host, since } = fields;
  if (typeof id !== "string" || !/^[0-9a-f-]{36}$/.test(id) || typeof pid !== "number") return undefined;
  if (typeof start !== "string" || typeof kernel !== "string" || typeof numbers !== "string") return undefined;
  if (typeof host !== "string" || typeof since !== "string" || Number.isNaN(Date.parse(since))) return undefined;
  return { id, pid, start, kernel, numbers, host, since: new Date(since).toISOString() };
}

/** True if the claim's process is alive, as far as can be known. */
async function isHeld(file: string, { id, owner, seen }: Found): Promise<boolean> {
  if (owner === undefined) return age(seen) < WATCH_MS;
  const alive = isAlive(owner);
  if (alive !== undefined) return alive;
  const patience = patienceWith(owner);
  if (patience === OTHER_MACHINE_MS) return age(seen) < patience;
  // Waits for the next sign of life of an owner in another container of this machine.
  while (age(seen) < patience) {
    await setTimeout(WATCH_MS / 10);
    const now = read(file);
    if (now?.id !== id) return false;
    if (now.seen !== seen) return true;
  }
  return false;
}

/**
 * Longest silence of a live invisible owner, in milliseconds. Longer for another machine, whose clock may
 * differ.
 */
function patienceWith({ kernel }: Owner): number {
  return kernel === thisProcess().kernel ? OTHER_CONTAINER_MS : OTHER_MACHINE_MS;
}

/** Milliseconds since then. A time in the future counts like one equally far in the past. */
function age(seen: number): number {
  return Math.abs(Date.now() - seen);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Interval at which an owner renews its claim, as far as its training steps allow. */
const RENEW_MS = 5000;
const OTHER_CONTAINER_MS = 20_000;
const OTHER_MACHINE_MS = 120_000;
/** Longest time that a claim's file may be empty. */
const WATCH_MS = 1000;
const MOST_BYTES = 4096;
