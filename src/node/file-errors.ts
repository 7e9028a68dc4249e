import { readdirSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { type ErrorCode, MicrogptError, show } from "../util/errors.ts";
import { nearest } from "../util/nearest.ts";

/** The system's error codes: the code of ours, the words for people, and the fix. */
const CODES: { readonly [system: string]: readonly [code: ErrorCode, got: string, fix: string] } = {
  ENOENT: ["file-missing", "no such file or folder", "check the path"],
  ENOTDIR: ["file-missing", "a path through something that is not a folder", "check the path"],
  EISDIR: ["file-kind", "a folder", "name a file"],
  EACCES: ["file-access", "no permission", "choose another place or change its permissions"],
  EPERM: ["file-access", "no permission", "choose another place or change its permissions"],
  EROFS: ["file-access", "a read-only file system", "choose another place"],
  ENOSPC: ["disk-full", "a full disk", "free some space and run it again"],
  EDQUOT: ["disk-full", "a used-up disk quota", "free some space and run it again"],
  EFBIG: ["disk-full", "a file above the size limit", "raise the limit (ulimit -f) or choose another place"],
  ENAMETOOLONG: ["file-access", "a name that is too long", "choose a shorter one"],
  ELOOP: ["file-access", "a link that leads to itself", "check the path"],
  EMFILE: ["file-access", "too many open files", "close some"],
};

/** Turns a system error about a file into a MicrogptError. Returns any other error unchanged. */
export function fileError(operation: string, expected: string, error: unknown): unknown {
  const system = codeOf(error);
  if (system === undefined) return error;
  const [code, ...known] = CODES[system] ?? (["file-access", system, "check the path and the disk"] as const);
  const [got, fix] = (system === "ENOENT" && elsewhere(error)) || known;
  return new MicrogptError({ code, operation, expected, got, fix, values: { system } }, { cause: error });
}

/** The likely location of the file: on the web, or a similar name in the same folder. */
function elsewhere(error: unknown): readonly [got: string, fix: string] | undefined {
  const path = error instanceof Error && "path" in error && typeof error.path === "string" ? error.path : "";
  const [, scheme, rest] = /^(https?|ftp):\/+(.+)$/i.exec(path) ?? [];
  if (scheme !== undefined) return ["an address on the web", `download it first: curl -LO ${scheme}://${rest}`];
  const folder = dirname(path);
  const near = nearestName(basename(path), namesIn(folder));
  if (near === undefined) return undefined;
  return ["no such file or folder", `did you mean ${show(folder === "." ? near : join(folder, near))}?`];
}

/** A shared extension does not make two names similar. */
function nearestName(typed: string, names: readonly string[]): string | undefined {
  const extension = extname(typed);
  const stems = new Map(
    names.filter((name) => extname(name) === extension).map((name) => [basename(name, extension), name]),
  );
  const near = nearest(basename(typed, extension), stems.keys());
  const others = names.filter((name) => extname(name) !== extension);
  return near === undefined ? nearest(typed, others) : stems.get(near);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The error's code, such as `ENOENT`, if it is one of the system. */
export function codeOf(error: unknown): string | undefined {
  const coded = error instanceof Error && !(error instanceof MicrogptError) && "code" in error;
  return coded && typeof error.code === "string" ? error.code : undefined;
}
