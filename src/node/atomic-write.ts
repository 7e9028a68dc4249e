import { randomUUID } from "node:crypto";
import { access, constants, open, readdir, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { MicrogptError } from "../util/errors.ts";
import { codeOf, fileError } from "./file-errors.ts";
import { exists } from "./process-id.ts";

/**
 * Writes a file so that its path always holds either what was there before or all of the new bytes: to a temporary name
 * in the same folder, flushed to the disk, then renamed. A process that is killed meanwhile leaves the temporary file
 * behind; the next write to the same path removes it. Errors: everything that keeps it from that, with the previous file
 * as it was.
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
 * Finds out whether `writeAtomically` could write there, before hours of work depend on it. Leaves nothing behind.
 * Errors: a folder that is missing or read-only, a path that is a folder or a device.
 */
export async function checkWritable(path: string): Promise<void> {
  const operation = `output ${path}`;
  if (path === "" || path.endsWith("/") || path.endsWith(sep)) {
    const got = path === "" ? "none" : "a folder";
    throw new MicrogptError({ operation, expected: "the name of a file", got, fix: "add a file name to the path" });
  }
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    const got = found === undefined ? `none called ${folder}` : `${folder}, which is no folder`;
    throw new MicrogptError({ operation, expected: "an existing folder", got, fix: "make it first or choose another" });
  }
  const existing = await stat(path).catch(() => undefined);
  if (existing !== undefined && !existing.isFile()) {
    const [got, fix] = existing.isDirectory()
      ? ["a folder", "add a file name to the path"]
      : ["a device", "name a file"];
    throw new MicrogptError({ operation, expected: "the name of a file", got, fix });
  }
  try {
    const target = await followLink(path);
    if (existing !== undefined) await access(target, constants.W_OK);
    await rm(await writeTemporary(target, new Uint8Array(1)));
  } catch (error) {
    throw fileError(operation, "a place to write to", error);
  }
}

/** The file that a path means: a rename would replace a link, so what it points to, even if that is not there yet. */
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

/** A new name for what is to become the target, in the same folder. */
export function temporaryFor(target: string): string {
  return join(dirname(target), `${temporaryPrefix(target)}${process.pid}.${randomUUID()}.tmp`);
}

/** What the temporary files of a target begin with on this machine: another that shares the folder has other processes. */
function temporaryPrefix(target: string): string {
  // Short enough in any script that the whole name is not too long where the target's is not.
  const machine = hostname()
    .replaceAll(/[^\w-]/g, "")
    .slice(0, 32);
  return `.${basename(target).slice(0, 40)}.${machine}-`;
}

/** Removes what processes that are no more have left of a target, before it fills the disk. A folder that cannot be listed is left alone. */
export async function removeAbandoned(target: string): Promise<void> {
  const [folder, prefix] = [dirname(target), temporaryPrefix(target)];
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix)) continue;
    const [, pid] = /^(\d+)\.[0-9a-f-]{36}\.tmp$/.exec(name.slice(prefix.length)) ?? [];
    // Two that save to the same path may both be about to remove it, and one that may not does no harm.
    if (pid !== undefined && !exists(Number(pid))) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

// The rename itself is on the disk only when the folder is. Not every system can open one; then it comes with time.
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
