/** The compiled engine on machine code, with WebAssembly in reserve. */

import { realpathSync } from "node:fs";
import { totalmem } from "node:os";
import { basename } from "node:path";
import type { VisibleBackend } from "../backend/backend.ts";
import { hardwareThreads } from "../backend/wasm/features.ts";
import { tooLarge } from "../backend/wasm/memory.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import type { Accelerator, EngineOptions } from "../engine/engine-options.ts";
import type { Machine } from "../engine/machine.ts";
import { wasmMachine } from "../engine/wasm.ts";
import { MicrogptError } from "../util/errors.ts";
import { findCompiler } from "./compiler.ts";
import { openKoffi } from "./koffi.ts";
import { type NativeOptions, nativeBackend, ownVectors } from "./native.ts";

export interface AcceleratorOptions extends NativeOptions {
  /**
   * Called once, when WebAssembly takes over because programs cannot be compiled or loaded here. Default: the error is
   * thrown.
   */
  readonly onFailure?: (reason: MicrogptError) => void;
}

/**
 * Trains and runs models as machine code of this processor, which the system's C compiler makes: `engine: native()`. Strict
 * models run on WebAssembly, whose bits are the same everywhere. Errors, when a model is first trained or sampled: those of
 * `sharedObject`, with the code `native`.
 */
export function native(options: AcceleratorOptions = {}): Accelerator {
  return {
    name: "native",
    machine: ({ strict }: EngineOptions): Machine => {
      if (strict) return wasmMachine({ strict });
      const own = nativeBackend(options);
      const { onFailure } = options;
      const backend = onFailure === undefined ? own : withReserve(own, wasm(), onFailure);
      return { backend, sampler: backend, threads: hardwareThreads(), checkBytes };
    },
  };
}

/** Errors: a program of more bytes than the machine has. */
function checkBytes(bytes: number): void {
  const limit = Math.floor(totalmem() / 2 ** 20).toLocaleString("en");
  if (bytes > totalmem()) throw tooLarge(bytes, `at most ${limit} MiB, the memory of this machine`);
}

/** The reason why no machine code can be made here, or undefined: no C compiler, no koffi. Compiles nothing. */
export function missing(): MicrogptError | undefined {
  try {
    findCompiler(process.env);
    openKoffi();
    return undefined;
  } catch (error) {
    if (error instanceof MicrogptError) return error;
    throw error;
  }
}

/** The machine code that is made here: `512-bit vectors, gcc-12`. Errors: no C compiler. */
export function machineCode(): string {
  const compiler = basename(realpathSync(findCompiler(process.env).path)).replace(/^.*-(?=gcc|clang)/, "");
  return `${32 * ownVectors().lanes}-bit vectors, ${compiler}`;
}

/** A backend that another one takes over from for good when it fails to open. Both run what is compiled for the first. */
function withReserve(
  own: VisibleBackend,
  reserve: VisibleBackend,
  onFailure: (reason: MicrogptError) => void,
): VisibleBackend {
  let failed = false;
  const fail = (error: unknown): void => {
    if (!(error instanceof MicrogptError) || error.code !== "native") throw error;
    if (!failed) onFailure(error);
    failed = true;
  };
  return {
    name: own.name,
    target: own.target,
    open: async (programs, openOptions) => {
      try {
        if (!failed) return await own.open(programs, openOptions);
      } catch (error) {
        fail(error);
      }
      return reserve.open(programs, openOptions);
    },
    openNow: (programs, openOptions) => {
      try {
        if (!failed) return own.openNow(programs, openOptions);
      } catch (error) {
        fail(error);
      }
      return reserve.openNow(programs, openOptions);
    },
  };
}
