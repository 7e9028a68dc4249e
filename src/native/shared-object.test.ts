import { readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ANSWER, absent, compiling, useLab } from "./native-testing.ts";
import { type SharedObjectOptions, sharedObject, sharedObjectNow } from "./shared-object.ts";

const lab = useLab();

/** The system's compiler behind a script that counts how often it is called. */
function counted(): { options: SharedObjectOptions; calls(): number } {
  const log = join(lab.folder, "calls");
  writeFileSync(log, "");
  const options = lab.withScript(`echo >> ${log}; cc "$@"`);
  return { options, calls: () => readFileSync(log, "utf8").length };
}

describe.skipIf(absent)(compiling("a shared object"), () => {
  test("has functions that take and give numbers, addresses and views", () => {
    const source = `
      int add(int a, int b) { return a + b; }
      long long twice(long long a) { return a + a; }
      float half(float a) { return a / 2; }
      double third(double a) { return a / 3; }
      double *next(double *a) { return a + 1; }
      void set(double *a) { *a = 7; }`;
    const library = sharedObjectNow(source, lab.options);
    expect(library.func("add", "int", ["int", "int"])(2, 3)).toBe(5);
    expect(library.func("twice", "int64", ["int64"])(2n ** 40n)).toBe(2 ** 41);
    expect(library.func("half", "float", ["float"])(3)).toBe(1.5);
    expect(library.func("third", "double", ["double"])(1)).toBe(1 / 3);
    const memory = new Float64Array(3);
    const address = library.addressOf(memory);
    expect(library.addressOf(memory.subarray(1))).toBe(address + 8);
    expect(library.func("next", "pointer", ["pointer"])(address)).toBe(BigInt(address + 8));
    const set = library.func("set", "void", ["pointer"]);
    const views = [address, memory.subarray(1), library.addressOf(memory.subarray(2))];
    expect(views.map((view) => set(view))).toEqual([undefined, undefined, undefined]);
    expect([...memory]).toEqual([7, 7, 7]);
    expect(() => library.func("none", "int", [])).toThrow("internal: no function none in the shared object");
  });

  test("keeps NaN and Infinity", () => {
    const source = `
      int is_nan(double a) { return a != a; }
      double over(double a) { return 1 / a; }`;
    const library = sharedObjectNow(source, lab.options);
    expect(library.func("is_nan", "int", ["double"])(Number.NaN)).toBe(1);
    expect(library.func("over", "double", ["double"])(-0)).toBe(Number.NEGATIVE_INFINITY);
  });

  test("is compiled once, by either function", async () => {
    const { options, calls } = counted();
    expect(sharedObjectNow(ANSWER, options)).toMatchObject({ cached: false, remark: undefined });
    for (const library of [sharedObjectNow(ANSWER, options), await sharedObject(ANSWER, options)]) {
      expect(library.cached).toBe(true);
      expect(library.func("answer", "int", [])()).toBe(42);
    }
    expect(calls()).toBe(1);
    expect((await sharedObject(`${ANSWER}\n`, options)).cached).toBe(false);
    expect(sharedObjectNow(`${ANSWER}\n`, options).cached).toBe(true);
    expect(calls()).toBe(2);
    expect(lab.cached()).toHaveLength(2);
    expect(lab.temporary()).toEqual([]);
  });

  test("is compiled again for another processor, another compiler and other arguments", () => {
    const { options, calls } = counted();
    const path = options.env?.CC ?? "";
    sharedObjectNow(ANSWER, options);
    sharedObjectNow(ANSWER, { ...options, processor: "another" });
    sharedObjectNow(ANSWER, { ...options, env: { ...options.env, CC: `${path} -DX` } });
    utimesSync(path, 1e9, 1e9);
    sharedObjectNow(ANSWER, options);
    expect(calls()).toBe(4);
    expect(sharedObjectNow(ANSWER, { ...options, processor: "another", env: { ...options.env } }).cached).toBe(false);
    expect(sharedObjectNow(ANSWER, options).cached).toBe(true);
  });

  test("that was torn is compiled again", () => {
    sharedObjectNow(ANSWER, lab.options);
    const path = join(lab.folder, "cache", "native", lab.cached()[0] ?? "");
    const bytes = readFileSync(path);
    for (const torn of [bytes.subarray(0, 100), new Uint8Array(bytes.length)]) {
      // A new file: to write into the loaded one would change the running code.
      rmSync(path);
      writeFileSync(path, torn);
      const library = sharedObjectNow(ANSWER, lab.options);
      expect([library.cached, library.func("answer", "int", [])()]).toEqual([false, 42]);
    }
    expect(sharedObjectNow(ANSWER, lab.options).cached).toBe(true);
  });

  test("may be of several units, compiled side by side", async () => {
    const { options, calls } = counted();
    const units = ["int six(void) { return 6; }", "int six(void); int answer(void) { return six() * 7; }"];
    for (const library of [await sharedObject(units, options), sharedObjectNow(units, options)]) {
      expect(library.func("answer", "int", [])()).toBe(42);
    }
    expect(calls()).toBe(3);
    expect(sharedObjectNow(units.toReversed(), options).func("answer", "int", [])()).toBe(42);
    await expect(sharedObject([...units, "int wrong(void) { return x; }"], options)).rejects.toThrow(
      /got 2\.c:.*error/,
    );
  });

  test.each(["-march=native", "-m(arch|cpu)=native"])("comes from a compiler that does not know %s, too", (unknown) => {
    const options = lab.withScript(`
      for flag; do
        if echo "$flag" | grep -qE -- '^${unknown}'; then echo "error: unrecognized option '$flag'" >&2; exit 1; fi
      done
      cc "$@"`);
    expect(sharedObjectNow(ANSWER, options).func("answer", "int", [])()).toBe(42);
    expect(sharedObjectNow(ANSWER, options).cached).toBe(true);
  });
});
