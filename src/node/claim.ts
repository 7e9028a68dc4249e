/**
 * A claim on a name: a small hidden file beside it, `.model.safetensors.claim`, which says which process writes there. It
 * is made exclusively, so that of two processes one has it, and it is worth something only while its process lives, so
 * that a crash blocks nobody. Whether it lives is seen by its number and start, or, from another container or machine, by
 * the claim's time, which its owner keeps renewing.
 */

import { createHash, randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, rmSync, utimes, writeSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { MicrogptError } from "../util/errors.ts";
import { followLink } from "./atomic-write.ts";
import { codeOf, fileError } from "./file-errors.ts";
import { isAlive, type ProcessId, thisProcess } from "./process-id.ts";

/** Has a name. The process's end releases it, too. */
export interface Claim {
  /** The path that was claimed. */
  readonly path: string;
  /** False once it is released, or another process has taken the name, having seen no sign of life for minutes. */
  readonly held: boolean;
  release(): void;
}

/** The process that has a name. */
export interface Owner extends ProcessId {
  /** When it claimed the name, in ISO 8601. */
  readonly since: string;
}

export interface ClaimOptions {
  /** As errors call it. Default: `output PATH`. */
  readonly operation?: string;
  /** What to do if another process has it. Default: to wait, or choose another name. */
  readonly fix?: string;
}

/**
 * Claims a path, of a file or a folder that need not be there yet; links are followed. Errors: another process has it, or
 * the folder takes no file.
 */
export async function claim(path: string, options: ClaimOptions = {}): Promise<Claim> {
  const { operation = `output ${path}`, fix = "wait for it to end, or choose another name" } = options;
  const found = await tryClaim(path, operation);
  if ("release" in found) return found;
  const where = found.host === thisProcess().host ? "" : ` on ${found.host.slice(0, 60)}`;
  const got = `process ${found.pid}${where}, which has written there since ${found.since}`;
  throw new MicrogptError({ operation, expected: "a name that no other process writes to", got, fix });
}

/** The same for who has another name to try: the owner, if another process has it. */
export async function tryClaim(path: string, operation: string = `output ${path}`): Promise<Claim | Owner> {
  try {
    return await acquire(path, fileFor(resolve(await followLink(path))));
  } catch (error) {
    throw fileError(operation, "a place to write to", error);
  }
}

/** The process that has a name now, as far as can be seen at once; undefined if none has. */
export async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    const { owner, seen } = read(fileFor(resolve(await followLink(path)))) ?? { owner: undefined, seen: 0 };
    return owner !== undefined && (isAlive(owner) ?? age(seen) < patienceWith(owner)) ? owner : undefined;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The name of a claim's file; a long one is cut, and told apart by a hash. */
function fileFor(target: string): string {
  const name = basename(target);
  const short = name.length <= 60 ? name : `${name.slice(0, 40)}.${sha256(name).slice(0, 16)}`;
  return join(dirname(target), `.${short}.claim`);
}

/** What a claim's file holds, as JSON. */
interface Record extends Owner {
  /** Of this claim alone. */
  readonly id: string;
}

interface Found {
  readonly id: string;
  /** undefined in a file that is none of ours, or not written yet. */
  readonly owner: Owner | undefined;
  /** When its owner last showed that it lives, in milliseconds since 1970. */
  readonly seen: number;
}

async function acquire(path: string, file: string): Promise<Claim | Owner> {
  const mine: Record = { id: randomUUID(), ...thisProcess(), since: new Date().toISOString() };
  while (!create(file, mine)) {
    const found = read(file);
    if (found === undefined) continue;
    if (await isHeld(file, found)) {
      if (found.owner !== undefined) return found.owner;
      // Its owner is about to write into it.
      await setTimeout(WATCH_MS / 10);
    } else await removeDead(file, found.id);
  }
  return holding(path, file, mine.id);
}

/**
 * Removes a dead claim. Among several processes that find the same one, the slowest must not remove what the quickest has
 * put in its place: so a dead claim is removed only by who has claimed that.
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
      // A folder that is gone or read-only by now: without its process the claim is worth nothing anyway.
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
        // Unreadable, but another process's it would not be for that.
        return true;
      }
    },
  };
}

/** False if there is one already. */
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

/** undefined if there is none any more. Never follows a link, and never waits for a pipe. */
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

/** True if the claim's process lives, as far as can be known. */
async function isHeld(file: string, { id, owner, seen }: Found): Promise<boolean> {
  if (owner === undefined) return age(seen) < WATCH_MS;
  const alive = isAlive(owner);
  if (alive !== undefined) return alive;
  const patience = patienceWith(owner);
  if (patience === OTHER_MACHINE_MS) return age(seen) < patience;
  // Of another container of this machine it is soon known, by waiting for the next sign of life.
  while (age(seen) < patience) {
    await setTimeout(WATCH_MS / 10);
    const now = read(file);
    if (now?.id !== id) return false;
    if (now.seen !== seen) return true;
  }
  return false;
}

/** How long an owner that cannot be seen may be without a sign of life. Another machine's clock may differ: it is given longer. */
function patienceWith({ kernel }: Owner): number {
  return kernel === thisProcess().kernel ? OTHER_CONTAINER_MS : OTHER_MACHINE_MS;
}

/** Milliseconds since; a time in the future is as far from now as one in the past. */
function age(seen: number): number {
  return Math.abs(Date.now() - seen);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A claim's owner renews its time so often, as far as its steps let it. */
const RENEW_MS = 5000;
const OTHER_CONTAINER_MS = 20_000;
const OTHER_MACHINE_MS = 120_000;
/** A file may be without its content for so long. */
const WATCH_MS = 1000;
const MOST_BYTES = 4096;
