/** From C to functions in this process: found in the cache, or compiled. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { defaultCacheDir } from "../node/cache-dir.ts";
import { mistake } from "../util/errors.ts";
import { compile, keyOf, OBJECT, type Steps, type Task } from "./compile.ts";
import { findCompiler, OPERATION } from "./compiler.ts";
import { type Koffi, type KoffiLibrary, openKoffi } from "./koffi.ts";
import { Library, type Uncached } from "./library.ts";
import { addObject, buildFolder, findObject, LIMITS, type Limits, openCache, tidy } from "./object-cache.ts";
import { Obstacle, obstacleOf } from "./obstacle.ts";
import { privateFolder } from "./private-folder.ts";
import { processorIdentity } from "./processor.ts";
import { run, runNow } from "./run-compiler.ts";

/** C, as one text or as several that are compiled side by side and linked. */
export type Source = string | readonly string[];

export interface SharedObjectOptions {
  /** Folder of the cache; `native` in it is ours. Default: `$MICROGPT_CACHE_DIR`, or `microgpt` in the user's cache folder. */
  readonly cacheDir?: string;
  /** Time limit of the compiler in seconds. Default: 60. */
  readonly seconds?: number;
  /** `CC` and `PATH` of it say where the compiler is. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Text that tells this processor from others. Default: from the system. */
  readonly processor?: string;
  /** The most that the cache keeps. Default: 500 files, 200 MB. */
  readonly limits?: Limits;
}

/**
 * Compiles C for this processor and loads it. The shared object is kept in the user's cache folder, under a key of the
 * source, the flags, the compiler and the processor; from there it is verified and loaded in a few milliseconds. A cache
 * that others may write to, or that cannot be written, is not used: the result is loaded from a temporary folder, and
 * `remark` says why. Any number of processes may do this at once. Errors, all with the code `native`: no koffi, no compiler,
 * a compiler that fails or takes longer than its time limit, a system without POSIX, no folder to compile in.
 */
export async function sharedObject(source: Source, options: SharedObjectOptions = {}): Promise<Library> {
  const steps = open(source, options);
  let step = steps.next();
  while (step.done !== true) step = steps.next(await run(step.value));
  return step.value;
}

/** The same at once: the thread waits for the compiler. */
export function sharedObjectNow(source: Source, options: SharedObjectOptions = {}): Library {
  const steps = open(source, options);
  let step = steps.next();
  while (step.done !== true) step = steps.next(runNow(step.value));
  return step.value;
}

/** All but the running of commands. */
function* open(source: Source, options: SharedObjectOptions): Steps<Library> {
  if (process.platform === "win32") {
    throw mistake("native", OPERATION, "Linux, macOS or another Unix", "Windows", "use WebAssembly");
  }
  // The compiler first: a machine that has none learns it without loading koffi.
  const compiler = findCompiler(options.env ?? process.env);
  const koffi = openKoffi();
  const task: Task = { units: [source].flat(), compiler, seconds: options.seconds ?? 60 };
  const key = keyOf(task, options.processor ?? processorIdentity());
  const cache = join(options.cacheDir ?? defaultCacheDir(), "native");
  let first: Obstacle;
  try {
    return yield* fromCache(koffi, task, cache, key, options.limits ?? LIMITS);
  } catch (error) {
    first = obstacleOf(error);
  }
  try {
    return yield* fromTemporary(koffi, task, first.object, uncached(cache, first));
  } catch (error) {
    const second = obstacleOf(error);
    if (second.mistake !== undefined) throw second.mistake;
    const got = `${second.message} (and in the cache, ${first.message})`;
    const fix = "free some space, or set MICROGPT_CACHE_DIR and TMPDIR to folders of your own";
    throw mistake("native", OPERATION, "a folder to compile it in and load it from", got, fix);
  }
}

function* fromCache(koffi: Koffi, task: Task, path: string, key: string, limits: Limits): Steps<Library> {
  const folder = openCache(path);
  const found = findObject(folder, key);
  // Another process may have removed it meanwhile: then it is compiled again.
  const loaded = found === undefined ? undefined : attempt(() => koffi.load(found));
  if (loaded !== undefined) return new Library(koffi, loaded, true);
  const build = buildFolder(folder);
  try {
    yield* compile(task, build);
    // Only a file that loads is added.
    const object = load(koffi, join(build, OBJECT));
    let remark: Uncached | undefined;
    try {
      addObject(folder, key, join(build, OBJECT));
      tidy(folder, limits);
    } catch (error) {
      remark = uncached(path, obstacleOf(error));
    }
    return new Library(koffi, object, false, remark);
  } finally {
    remove(build);
  }
}

/** `object`: a compiled one, which takes no compiler. */
function* fromTemporary(koffi: Koffi, task: Task, object: Uint8Array | undefined, remark: Uncached): Steps<Library> {
  const folder = mkdtempSync(join(tmpdir(), "microgpt-"));
  try {
    const path = join(privateFolder(folder), OBJECT);
    if (object === undefined) yield* compile(task, dirname(path));
    else writeFileSync(path, object);
    return new Library(koffi, load(koffi, path), false, remark);
  } finally {
    remove(folder);
  }
}

// Some file systems hold no programs: the object may load from another.
function load(koffi: Koffi, path: string): KoffiLibrary {
  try {
    return koffi.load(path);
  } catch (error) {
    const got = `one that does not load: ${error instanceof Error ? error.message : error}`;
    const fix = "set CC to another compiler, or TMPDIR to a folder that may hold programs";
    throw new Obstacle(got, {
      mistake: mistake("native", OPERATION, "a shared object from the compiler", got, fix),
      object: attempt(() => readFileSync(path)),
    });
  }
}

function uncached(folder: string, { message: reason }: Obstacle): Uncached {
  const message = `machine code is compiled again at each start: ${reason}`;
  return { kind: "uncached", values: { folder, reason }, message };
}

/** Removes a folder, in which processes that were killed may still be writing. */
function remove(folder: string): void {
  attempt(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
}

/** The result of the action; undefined if it fails. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
