/**
 * koffi calls machine code from JavaScript: https://koffi.dev. It is an optional package, so that it is required when
 * machine code is first loaded, and its types are not needed to use those of microgpt.
 */

import { createRequire } from "node:module";
import { mistake } from "../util/errors.ts";
import { OPERATION } from "./compiler.ts";

/** The part of koffi that microgpt uses. */
export interface Koffi {
  /** `global`: its symbols are there for other libraries. */
  load(path: string, options?: { readonly global: boolean }): KoffiLibrary;
  /** The address of an ArrayBuffer's or a view's first byte. */
  address(memory: ArrayBuffer | ArrayBufferView): bigint;
}

export interface KoffiLibrary {
  func(name: string, result: string, args: readonly string[]): unknown;
  /** The address of a variable. */
  symbol(name: string, type: string): bigint;
}

/** Loads koffi, in 6 to 9 ms the first time. Errors: not installed, or not for this system. */
export function openKoffi(
  require: (name: string) => unknown = createRequire(import.meta.url),
  operation: string = OPERATION,
): Koffi {
  let got: string;
  try {
    const koffi = require("koffi");
    if (isKoffi(koffi)) return koffi;
    got = "another package of that name";
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    got = isMissing ? "none" : error instanceof Error ? error.message : String(error);
  }
  throw mistake("native", operation, "the package koffi, to load it", got, "run npm install koffi");
}

function isKoffi(module: unknown): module is Koffi {
  return typeof module === "object" && module !== null && "load" in module && "address" in module;
}
