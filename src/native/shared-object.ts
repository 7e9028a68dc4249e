/** From C to functions in this process: found in the cache, or compiled. */

import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { defaultCacheDir } from "../node/cache-dir.ts";
import { codeOf } from "../node/file-errors.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { type Compiler, FLAGS, findCompiler, INSTALL, TUNINGS } from "./compiler.ts";
import { type Koffi, type KoffiLibrary, openKoffi } from "./koffi.ts";
import { Library, type Uncached } from "./library.ts";
import { addObject, buildFolder, findObject, LIMITS, type Limits, openCache, tidy } from "./object-cache.ts";
import { Obstacle, privateFolder } from "./private-folder.ts";
import { processorIdentity } from "./processor.ts";
import { type Command, type Ending, run, runNow } from "./run-compiler.ts";

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
  /** The most that the cache keeps. Default: 200 files, 200 MB. */
  readonly limits?: Limits;
}

/** Goes into each key: raise it when shared objects of earlier versions must not be loaded. */
const FORMAT = 1;
const OPERATION = "machine code";
const OBJECT = "object.so";

/** Compiles each unit in a process of its own, then links them: two units on two cores take 0.53 of the time of one. */
const SIDE_BY_SIDE = `pids=
for unit in *.c; do "$@" -c "$unit" & pids="$pids $!"; done
for pid in $pids; do wait "$pid" || exit; done
exec "$@" -o ${OBJECT} *.o`;

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

type Steps<T> = Generator<Command, T, Ending>;

/** All but the running of commands, which are yielded and come back as their endings. */
function* open(source: Source, options: SharedObjectOptions): Steps<Library> {
  if (process.platform === "win32") {
    throw mistake("native", OPERATION, "Linux, macOS or another Unix", "Windows", "use WebAssembly");
  }
  const koffi = openKoffi();
  const task = taskOf(source, options);
  const cache = join(options.cacheDir ?? defaultCacheDir(), "native");
  let first: Obstacle;
  try {
    return yield* fromCache(koffi, task, cache, options.limits ?? LIMITS);
  } catch (error) {
    first = obstacleOf(error);
  }
  try {
    return yield* fromTemporary(
      koffi,
      task,
      uncached(cache, first),
      first instanceof Unloadable ? first.object : undefined,
    );
  } catch (error) {
    const second = obstacleOf(error);
    if (second instanceof CompilerFailure) throw second.mistake;
    const got = `${second.message} (and in the cache, ${first.message})`;
    const fix = "free some space, or set MICROGPT_CACHE_DIR and TMPDIR to folders of your own";
    throw mistake("native", OPERATION, "a folder to compile it in and load it from", got, fix);
  }
}

/** A compiler that fails may do so because the disk is full: it is tried elsewhere. */
class CompilerFailure extends Obstacle {
  readonly mistake: MicrogptError;

  constructor(mistake: MicrogptError) {
    super(mistake.message);
    this.mistake = mistake;
  }
}

/** A shared object that was compiled and does not load. Some file systems hold no programs: it is tried elsewhere. */
class Unloadable extends Obstacle {
  readonly object: Uint8Array;

  constructor(path: string, error: unknown) {
    super(`the shared object does not load: ${error instanceof Error ? error.message : error}`);
    this.object = readFileSync(path);
  }
}

/** One compilation. */
interface Task {
  readonly units: readonly string[];
  readonly compiler: Compiler;
  readonly key: string;
  readonly seconds: number;
}

function taskOf(source: Source, options: SharedObjectOptions): Task {
  const units = typeof source === "string" ? [source] : source;
  const compiler = findCompiler(options.env ?? process.env);
  const processor = options.processor ?? processorIdentity();
  const facts = JSON.stringify([FORMAT, FLAGS, TUNINGS, compiler.identity, processor, units]);
  const key = createHash("sha256").update(facts).digest("hex");
  return { units, compiler, key, seconds: options.seconds ?? 60 };
}

function* fromCache(koffi: Koffi, task: Task, path: string, limits: Limits): Steps<Library> {
  const folder = openCache(path);
  const found = findObject(folder, task.key);
  // Another process may remove it meanwhile, and a newer system may refuse it: then it is compiled again.
  const loaded = found === undefined ? undefined : attempt(() => koffi.load(found));
  if (loaded !== undefined) return new Library(koffi, loaded, true);
  const build = buildFolder(folder);
  try {
    yield* compile(task, build);
    // Loaded first: no file is published that has not proved itself.
    const object = load(koffi, join(build, OBJECT));
    let remark: Uncached | undefined;
    try {
      addObject(folder, task.key, join(build, OBJECT));
      tidy(folder, limits);
    } catch (error) {
      remark = uncached(path, obstacleOf(error));
    }
    return new Library(koffi, object, false, remark);
  } finally {
    attempt(() => rmSync(build, { recursive: true, force: true, maxRetries: 3 }));
  }
}

function* fromTemporary(koffi: Koffi, task: Task, remark: Uncached, object: Uint8Array | undefined): Steps<Library> {
  const folder = mkdtempSync(join(tmpdir(), "microgpt-"));
  try {
    const path = join(privateFolder(folder), OBJECT);
    if (object === undefined) yield* compile(task, dirname(path));
    else writeFileSync(path, object);
    return new Library(koffi, load(koffi, path), false, remark);
  } finally {
    attempt(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  }
}

/** Leaves a shared object in the folder. */
function* compile({ units, compiler, seconds }: Task, folder: string): Steps<void> {
  for (const [index, unit] of units.entries()) writeFileSync(join(folder, `${index}.c`), unit);
  for (const tuning of TUNINGS) {
    const flags = [...compiler.args, ...FLAGS, ...tuning];
    const ending = yield units.length === 1
      ? { path: compiler.path, args: [...flags, "-o", OBJECT, "0.c"], folder, seconds }
      : { path: "/bin/sh", args: ["-c", SIDE_BY_SIDE, "sh", compiler.path, ...flags], folder, seconds };
    if (ending.kind === "done") return;
    const expected = `${compiler.path} to compile it`;
    if (ending.kind === "timeout") {
      const fix = "try again when the machine is less busy, or set CC to another compiler";
      throw mistake("native", OPERATION, `${expected} within ${seconds} s`, "no end; it was stopped", fix);
    }
    const isTuning = tuning.length > 0 && /-m(arch|cpu)\b/.test(ending.message);
    const fix = `set CC to another compiler, or ${INSTALL}`;
    if (!isTuning) throw new CompilerFailure(mistake("native", OPERATION, expected, ending.message, fix));
  }
}

function load(koffi: Koffi, path: string): KoffiLibrary {
  try {
    return koffi.load(path);
  } catch (error) {
    throw new Unloadable(path, error);
  }
}

function uncached(folder: string, { message: reason }: Obstacle): Uncached {
  const message = `machine code is compiled again at each start: ${reason}`;
  return { kind: "uncached", values: { folder, reason }, message };
}

/** An Obstacle, or the system's error as one. Throws any other error. */
function obstacleOf(error: unknown): Obstacle {
  if (error instanceof Obstacle) return error;
  if (error instanceof Error && codeOf(error) !== undefined) return new Obstacle(error.message);
  throw error;
}

/** The result; undefined if there is none. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
