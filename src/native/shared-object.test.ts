import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withCompiler } from "./native-testing.ts";
import { type SharedObjectOptions, sharedObjectNow } from "./shared-object.ts";

let folder: string;
let options: SharedObjectOptions;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "microgpt-native-"));
  options = { cacheDir: join(folder, "cache") };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(withCompiler.absent)(withCompiler.named("a shared object"), () => {
  test("has functions that take and give numbers, addresses and views", () => {
    const source = `
      int add(int a, int b) { return a + b; }
      long long twice(long long a) { return a + a; }
      float half(float a) { return a / 2; }
      double third(double a) { return a / 3; }
      double *next(double *a) { return a + 1; }
      void set(double *a) { *a = 7; }`;
    const library = sharedObjectNow(source, options);
    expect(library.func("add", "int", ["int", "int"])(2, 3)).toBe(5);
    expect(library.func("twice", "int64", ["int64"])(2n ** 40n)).toBe(2 ** 41);
    expect(library.func("half", "float", ["float"])(3)).toBe(1.5);
    expect(library.func("third", "double", ["double"])(1)).toBe(1 / 3);
    const memory = new Float64Array(3);
    const address = library.addressOf(memory);
    expect(library.addressOf(memory.subarray(1))).toBe(address + 8);
    expect(library.func("next", "pointer", ["pointer"])(address)).toBe(BigInt(address + 8));
    const set = library.func("set", "void", ["pointer"]);
    expect([set(address), set(memory.subarray(1)), set(library.addressOf(memory.subarray(2)))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([...memory]).toEqual([7, 7, 7]);
    expect(() => library.func("none", "int", [])).toThrow("internal: no function none in the shared object");
  });
});
