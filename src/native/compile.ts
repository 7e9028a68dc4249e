/** One compilation: its key in the cache, and the commands that it takes. */

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mistake } from "../util/errors.ts";
import { type Compiler, FLAGS, INSTALL, OPERATION, TUNINGS } from "./compiler.ts";
import { Obstacle } from "./obstacle.ts";
import type { Command, Ending } from "./run-compiler.ts";

/** Goes into each key: raise it when shared objects of earlier versions must not be loaded. */
const FORMAT = 1;

/** The name of the shared object in the folder of its compilation. */
export const OBJECT = "object.so";

/**
 * Compiles each unit in a process of its own, then links them. Two units that take 285 ms each are ready in 287 ms on two
 * cores, as one file in 541.
 */
const SIDE_BY_SIDE = `pids=
for unit in *.c; do "$@" -c "$unit" & pids="$pids $!"; done
for pid in $pids; do wait "$pid" || exit; done
exec "$@" -o ${OBJECT} *.o`;

/** Commands to run, which come back as their endings, until there is a result. */
export type Steps<T> = Generator<Command, T, Ending>;

/** Units of C, their compiler, and the time limit of each of its commands. */
export interface Task {
  readonly units: readonly string[];
  readonly compiler: Compiler;
  readonly seconds: number;
}

/** The same text for the same shared object. */
export function keyOf({ units, compiler }: Task, processor: string): string {
  const facts = JSON.stringify([FORMAT, FLAGS, TUNINGS, compiler.identity, processor, units]);
  return createHash("sha256").update(facts).digest("hex");
}

/**
 * Leaves a shared object in the folder. Errors: an Obstacle if the compiler fails, which it also does on a full disk; a
 * compiler without end.
 */
export function* compile({ units, compiler, seconds }: Task, folder: string): Steps<void> {
  for (const [index, unit] of units.entries()) writeFileSync(join(folder, `${index}.c`), unit);
  const expected = `${compiler.path} to compile it`;
  for (const tuning of TUNINGS) {
    const flags = [...compiler.args, ...FLAGS, ...tuning];
    const ending = yield units.length === 1
      ? { path: compiler.path, args: [...flags, "-o", OBJECT, "0.c"], folder, seconds }
      : { path: "/bin/sh", args: ["-c", SIDE_BY_SIDE, "sh", compiler.path, ...flags], folder, seconds };
    if (ending.kind === "done") return;
    if (ending.kind === "timeout") {
      const fix = "try again when the machine is less busy, or set CC to another compiler";
      throw mistake("native", OPERATION, `${expected} within ${seconds} s`, "no end; it was stopped", fix);
    }
    if (tuning.length > 0 && /-m(arch|cpu)\b/.test(ending.message)) continue;
    const fix = `set CC to another compiler, or ${INSTALL}`;
    throw new Obstacle(ending.message, { mistake: mistake("native", OPERATION, expected, ending.message, fix) });
  }
}
