import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** The reason why a folder cannot be used for machine code. There may be another that can. */
export class Obstacle extends Error {
  override readonly name = "Obstacle";
}

/** True if only this user and root can change a file with that owner and mode. */
export function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return isTrusted(uid) && (mode & OTHERS_WRITE) === 0;
}

/**
 * The folder's path without links. Whoever may write to it, or replace a folder above it, could have this process run any
 * machine code. Throws an Obstacle unless all of them belong to this user or root and no one else may write to them. Above,
 * a folder such as /tmp may be everyone's if its sticky bit keeps others from renaming what is in it.
 */
export function privateFolder(path: string): string {
  const real = realpathSync(path);
  for (let folder = real; ; folder = dirname(folder)) {
    const status = statSync(folder);
    const isShared = folder !== real && (status.mode & STICKY) !== 0 && isTrusted(status.uid);
    if (!isOwn(status) && !isShared) throw new Obstacle(`others may write to ${folder}`);
    if (dirname(folder) === folder) return real;
  }
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
