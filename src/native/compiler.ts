/** The system's C compiler: where it is, its flags, and its identity for the cache. */

import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { mistake } from "../util/errors.ts";

/**
 * The flags of every compilation. A multiply and an add may become one instruction; NaN and Infinity keep their meaning.
 * Kernels set no errno and read no floating-point exceptions. Their vectors are written out, so -O3 finds nothing more: steps
 * take as long with it, compilations 1.17 times as long.
 */
export const FLAGS: readonly string[] = [
  "-O2",
  "-ffp-contract=fast",
  "-fno-math-errno",
  "-fno-trapping-math",
  "-shared",
  "-fPIC",
  "-pthread",
  "-std=gnu11",
  "-w",
];

/** Ways to ask for all instructions of this processor: the first that the compiler knows. Some for ARM lack -march. */
export const TUNINGS: readonly (readonly string[])[] = [["-march=native"], ["-mcpu=native"], []];

const NAMES = ["cc", "gcc", "clang"];
/** The operation in errors. */
export const OPERATION = "machine code";
export const INSTALL = "install gcc or clang (apt install gcc; xcode-select --install)";

export interface Compiler {
  readonly path: string;
  /** Arguments that `CC` brings. */
  readonly args: readonly string[];
  readonly identity: string;
}

/**
 * The compiler that `CC` names, perhaps with arguments, or else the first of cc, gcc and clang on the `PATH`. Nothing is
 * run: the identity is the file that the path leads to, its size and its date, since asking for a version takes longer than
 * all else that loads from the cache. A new compiler behind an old launcher (ccache, Apple's cc) goes unnoticed, which does
 * no harm: the old shared objects are still right. Errors: no compiler.
 */
export function findCompiler(env: NodeJS.ProcessEnv): Compiler {
  const wanted = env.CC?.trim() ?? "";
  if (wanted === "") {
    for (const name of NAMES) {
      const path = onPath(name, env);
      if (path !== undefined) return compilerAt(path, []);
    }
    const expected = `a C compiler (${NAMES.join(", ")}) on the PATH`;
    throw mistake("native", OPERATION, expected, "none", INSTALL);
  }
  // The whole may be a path with spaces.
  const [name = "", ...args] = onPath(wanted, env) === undefined ? wanted.split(/\s+/) : [wanted];
  const path = onPath(name, env);
  if (path !== undefined) return compilerAt(path, args);
  const fix = `set CC to a compiler, or unset it; ${INSTALL}`;
  throw mistake("native", OPERATION, "the C compiler that CC names", `none called ${name}`, fix);
}

function compilerAt(path: string, args: readonly string[]): Compiler {
  const real = realpathSync(path);
  const { size, mtimeMs } = statSync(real);
  // The name counts: a launcher finds out by it which compiler is meant.
  return { path, args, identity: [path, real, size, mtimeMs, ...args].join("\n") };
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  if (name.includes("/")) return isExecutable(resolve(name)) ? resolve(name) : undefined;
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => resolve(join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
