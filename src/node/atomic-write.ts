import { randomUUID } from "node:crypto";
import { access, constants, open, readdir, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { mistake } from "../util/errors.ts";
import { codeOf, fileError } from "./file-errors.ts";
import { exists } from "./process-id.ts";

/**
 * Writes a file atomically: its path always holds either the old content or all of the new bytes. They go to a
 * temporary file in the same folder, are flushed to the disk, and the file is renamed. A process killed meanwhile
 * leaves the temporary file behind; the next write to the same path removes it. Errors: any failure, with the previous
 * file unchanged.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const operation = `save ${path}`;
  try {
    const target = await followLink(path);
    const temporary = await writeTemporary(target, bytes);
    try {
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await flushFolder(dirname(target));
  } catch (error) {
    throw fileError(operation, "to write the file", error);
  }
}

/**
 * Checks that `writeAtomically` could write there, before hours of work depend on it. Leaves nothing behind. Errors: a
 * missing or read-only folder, a path that is a folder or a device.
 */
export async function checkWritable(path: string): Promise<void> {
  const operation = `output ${path}`;
  if (path === "" || path.endsWith("/") || path.endsWith(sep)) {
    const got = path === "" ? "none" : "a folder";
    throw mistake("file-kind", operation, "the name of a file", got, "add a file name to the path");
  }
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    const got = found === undefined ? `none called ${folder}` : `${folder}, which is not a folder`;
    throw mistake(
      found === undefined ? "file-missing" : "file-kind",
      operation,
      "an existing folder",
      got,
      "create it first, or choose another",
    );
  }
  const existing = await stat(path).catch(() => undefined);
  if (existing !== undefined && !existing.isFile()) {
    const [got, fix] = existing.isDirectory()
      ? ["a folder", "add a file name to the path"]
      : ["a device", "name a file"];
    throw mistake("file-kind", operation, "the name of a file", got, fix);
  }
  try {
    const target = await followLink(path);
    if (existing !== undefined) await access(target, constants.W_OK);
    await rm(await writeTemporary(target, new Uint8Array(1)));
  } catch (error) {
    throw fileError(operation, "a place to write to", error);
  }
}

/**
 * The file that a path refers to, even if it does not exist yet: a rename would replace a link instead of its target.
 */
export async function followLink(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  const next = await readlink(path).catch(() => undefined);
  return next === undefined ? path : followLink(resolve(await realpath(dirname(path)), next));
}

async function writeTemporary(target: string, bytes: Uint8Array): Promise<string> {
  await removeAbandoned(target);
  const temporary = temporaryFor(target);
  const file = await open(temporary, "wx");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  return temporary;
}

/** A fresh name in the target's folder, for the file that will become the target. */
export function temporaryFor(target: string): string {
  return join(dirname(target), `${temporaryPrefix(target)}${process.pid}.${randomUUID()}.tmp`);
}

/**
 * The prefix of a target's temporary files from this machine: a machine that shares the folder has other process ids.
 */
function temporaryPrefix(target: string): string {
  // Short enough in any script to keep the whole name within the limit.
  const machine = hostname()
    .replaceAll(/[^\w-]/g, "")
    .slice(0, 32);
  return `.${basename(target).slice(0, 40)}.${machine}-`;
}

/**
 * Removes the temporary files that dead processes left for a target, before they fill the disk. Ignores a folder that
 * cannot be listed.
 */
export async function removeAbandoned(target: string): Promise<void> {
  const [folder, prefix] = [dirname(target), temporaryPrefix(target)];
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const [, pid] = /^(\d+)\.[0-9a-f-]{36}\.tmp$/.exec(name.slice(prefix.length)) ?? [];
    // Two processes that save to the same path may both remove it; the one that fails does no harm.
    if (pid !== undefined && !exists(Number(pid))) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

// A rename is on the disk only when its folder is flushed. Not every system can open a folder; there the rename is
// written later.
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
