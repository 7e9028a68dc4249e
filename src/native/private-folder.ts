import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Obstacle } from "./obstacle.ts";

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** True if only this user and root can change a file with that owner and mode. */
export function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return isTrusted(uid) && (mode & OTHERS_WRITE) === 0;
}

/**
 * The folder's path without links. Whoever may write to it, or replace a folder above it, could have this process run any
 * machine code. Throws an Obstacle unless all of them belong to this user or root and no one else may write to them. Above,
 * a folder such as /tmp may be everyone's if its sticky bit keeps others from renaming its content.
 */
export function privateFolder(path: string): string {
  const real = realpathSync(path);
  for (let folder = real; ; folder = dirname(folder)) {
    const status = statSync(folder);
    const isSticky = folder !== real && (status.mode & STICKY) !== 0 && isTrusted(status.uid);
    if (!isOwn(status) && !isSticky) throw new Obstacle(`others may write to ${folder}`);
    if (dirname(folder) === folder) return real;
  }
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
