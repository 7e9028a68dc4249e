/**
 * A folder of shared objects. A file's name is its key and the SHA-256 of its content, so that one rename publishes both,
 * and a file torn by a power cut is found out before it runs.
 */

import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { isOwn, privateFolder } from "./private-folder.ts";

/** The most that a folder keeps. */
export interface Limits {
  readonly files: number;
  readonly bytes: number;
}

export const LIMITS: Limits = { files: 500, bytes: 200e6 };

const EXTENSION = ".so";
const BUILD = "build-";
/** No compilation takes as long: its process has been killed. */
const ABANDONED_MS = 3_600_000;

/** Opens the folder, and makes it for this user alone if it is missing. Errors: an Obstacle, or the system's. */
export function openCache(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return privateFolder(folder);
}

/** The file of that key, whole and our own; undefined if there is none. Marks it as used. Removes damaged ones. */
export function findObject(folder: string, key: string): string | undefined {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${key}.`) || !name.endsWith(EXTENSION)) continue;
    const path = join(folder, name);
    if (isWhole(path, name.slice(key.length + 1, -EXTENSION.length))) {
      ignoring(() => utimesSync(path, new Date(), new Date()));
      return path;
    }
    ignoring(() => rmSync(path));
  }
  return undefined;
}

function isWhole(path: string, sum: string): boolean {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    const status = fstatSync(file);
    return status.isFile() && isOwn(status) && sha256(readFileSync(file)) === sum;
  } finally {
    closeSync(file);
  }
}

/** A fresh folder inside, for one compilation. */
export function buildFolder(folder: string): string {
  return mkdtempSync(join(folder, BUILD));
}

/** Puts a shared object into the folder, flushed to the disk before it has its name. */
export function addObject(folder: string, key: string, built: string): void {
  const path = join(folder, `${key}.${sha256(readFileSync(built))}${EXTENSION}`);
  chmodSync(built, 0o700);
  flush(built);
  renameSync(built, path);
  ignoring(() => flush(folder));
}

/** Removes abandoned compilations, and the shared objects that were used least recently, down to the limits. */
export function tidy(folder: string, limits: Limits): void {
  const entries = readdirSync(folder).flatMap((name) => {
    const status = lstatSync(join(folder, name), { throwIfNoEntry: false });
    return status === undefined ? [] : [{ path: join(folder, name), name, used: status.mtimeMs, bytes: status.size }];
  });
  for (const { path, name, used } of entries) {
    if (name.startsWith(BUILD) && used < Date.now() - ABANDONED_MS) {
      ignoring(() => rmSync(path, { recursive: true, force: true }));
    }
  }
  let total = 0;
  const objects = entries.filter(({ name }) => name.endsWith(EXTENSION)).sort((a, b) => b.used - a.used);
  for (const [index, { path, bytes }] of objects.entries()) {
    total += bytes;
    // The newest stays, however large.
    if (index > 0 && (index >= limits.files || total > limits.bytes)) ignoring(() => rmSync(path, { force: true }));
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function flush(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

// Another process may have been first, or the disk may be read-only: then nothing is lost but time.
function ignoring(action: () => void): void {
  try {
    action();
  } catch {}
}
