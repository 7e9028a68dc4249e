import { afterEach, expect, test, vi } from "vitest";
import { hasModuleWorkers, hasSimd } from "./browser.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test.each([
  ["SIMD", {}, true],
  ["no SIMD", { WebAssembly: { validate: () => false } }, false],
  ["no WebAssembly at all", { WebAssembly: undefined }, false],
] as const)("a browser with %s", (_, globals, expected) => {
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value);
  expect(hasSimd()).toBe(expected);
});

class Asking {
  constructor(_: string, options: WorkerOptions) {
    if (options.type !== "module") throw new TypeError("what kind of worker?");
  }
  terminate(): void {}
}

/** Ignores options, like workers before modules. */
class Deaf {
  terminate(): void {}
}

class Forbidden {
  constructor() {
    throw new Error("refused by policy");
  }
}

test.each([
  ["that ask for their kind", Asking, true],
  ["that take scripts alone", Deaf, false],
  ["that may not be begun", Forbidden, false],
  ["that do not exist", undefined, false],
] as const)("workers %s", (_, worker, expected) => {
  vi.stubGlobal("Worker", worker);
  expect(hasModuleWorkers()).toBe(expected);
});
