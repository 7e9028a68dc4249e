import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { findCompiler } from "./compiler.ts";
import { openKoffi } from "./koffi.ts";
import type { SharedObjectOptions } from "./shared-object.ts";

/** True on a machine without koffi. */
export const unloadable: boolean = fails(() => openKoffi());
/** True on a machine without a C compiler, or without koffi. */
export const absent: boolean = unloadable || fails(() => findCompiler(process.env));

/** The name of tests that need koffi: a skip says how to get it. */
export function loading(name: string): string {
  return unloadable ? `${name} (skipped because there is no koffi: npm install koffi)` : name;
}

/** The name of tests that need the compiler as well. */
export function compiling(name: string): string {
  return absent && !unloadable ? `${name} (skipped because there is no C compiler: apt install gcc)` : loading(name);
}

function fails(action: () => unknown): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}

/** A cache that stays from one run of the tests to the next, so that only what has changed is compiled. */
export const KEPT: SharedObjectOptions = {
  cacheDir: resolve("node_modules/.cache/microgpt"),
  limits: { files: 5000, bytes: 1e9 },
};

export const ANSWER = "int answer(void) { return 42; }";

/** A folder for each test, which holds its cache and its temporary folder. */
export interface Lab {
  readonly folder: string;
  readonly options: SharedObjectOptions;
  /** The files in the cache. */
  cached(): string[];
  /** The files in the temporary folder. */
  temporary(): string[];
  /** Options with a shell script as the compiler. Without `cc "$@"` in it, it compiles nothing. */
  withScript(script: string): SharedObjectOptions;
}

export function useLab(): Lab {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "microgpt-native-"));
    mkdirSync(join(folder, "tmp"));
    vi.stubEnv("TMPDIR", join(folder, "tmp"));
    vi.stubEnv("CC", undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const lab: Lab = {
    get folder() {
      return folder;
    },
    get options() {
      return { cacheDir: join(folder, "cache") };
    },
    cached: () => readdirSync(join(folder, "cache", "native")),
    temporary: () => readdirSync(join(folder, "tmp")),
    withScript(script) {
      const path = join(folder, "compiler");
      writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
      return { ...lab.options, env: { ...process.env, CC: path } };
    },
  };
  return lab;
}
