/** Compilers that fail, and folders that cannot be used. */

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ANSWER, absent, compiling, loading, unloadable, useLab } from "./native-testing.ts";
import { type SharedObjectOptions, sharedObject, sharedObjectNow } from "./shared-object.ts";

const lab = useLab();

describe.skipIf(unloadable)(loading("a compiler that"), () => {
  test.each([
    [
      "fails",
      "echo 'warning: w' >&2; echo '0.c:1:5: error: unknown type name x' >&2; exit 1",
      "0.c:1:5: error: unknown type name x",
    ],
    ["fails without a word", "exit 3", "no message, exit code 3"],
    ["is killed", "kill -KILL $$", "no message, SIGKILL"],
    [
      "does not know its flags",
      "echo 'error: -march=native -mcpu=native -O3?' >&2; exit 1",
      "error: -march=native -mcpu=native -O3?",
    ],
  ])("%s is an error with its line", async (_, script, got) => {
    const options = lab.withScript(script);
    const message =
      `machine code: expected ${options.env?.CC} to compile it, got ${got}; ` +
      "set CC to another compiler, or install gcc or clang (apt install gcc; xcode-select --install)";
    expect(() => sharedObjectNow(ANSWER, options)).toThrow(expect.objectContaining({ code: "native", message }));
    await expect(sharedObject(ANSWER, options)).rejects.toThrow(message);
    expect([...lab.cached(), ...lab.temporary()]).toEqual([]);
  });

  test.each([
    ["writes garbage", "echo garbage > object.so"],
    ["writes nothing", "exit 0"],
  ])("%s is an error, and nothing is kept", (_, script) => {
    const options = lab.withScript(script);
    expect(() => sharedObjectNow(ANSWER, options)).toThrow(
      /^machine code: expected a shared object from the compiler, got one that does not load: .+; set CC to another compiler/,
    );
    expect([...lab.cached(), ...lab.temporary()]).toEqual([]);
  });

  test("hangs is stopped, and tried nowhere else", async () => {
    const options = { ...lab.withScript(`echo >> ${lab.folder}/calls; sleep 60`), seconds: 0.2 };
    const message =
      `machine code: expected ${options.env?.CC} to compile it within 0.2 s, got no end; it was stopped; ` +
      "try again when the machine is less busy, or set CC to another compiler";
    const start = performance.now();
    expect(() => sharedObjectNow(ANSWER, options)).toThrow(message);
    await expect(sharedObject(ANSWER, options)).rejects.toThrow(message);
    await expect(sharedObject([ANSWER, "int x;"], options)).rejects.toThrow(message);
    expect(performance.now() - start).toBeLessThan(5000);
    expect([...lab.cached(), ...lab.temporary()]).toEqual([]);
  });

  test("is not there is an error, even if the cache has its objects", () => {
    const options = { ...lab.options, env: { PATH: lab.folder } };
    expect(() => sharedObjectNow(ANSWER, options)).toThrow(expect.objectContaining({ code: "native" }));
  });

  test("cannot be started is an error", () => {
    const options = lab.withScript("");
    writeFileSync(options.env?.CC ?? "", "#!/no/such/shell\n");
    expect(() => sharedObjectNow(ANSWER, options)).toThrow(/expected .* to compile it, got .*ENOENT/);
  });
});

describe.skipIf(absent)(compiling("without a cache"), () => {
  /** Compiles for this process alone. The reason of the remark. */
  function uncached(options: SharedObjectOptions): unknown {
    for (let time = 1; time <= 2; time++) {
      const { cached } = sharedObjectNow(ANSWER, options);
      expect(cached).toBe(false);
    }
    const library = sharedObjectNow(ANSWER, options);
    expect(library.func("answer", "int", [])()).toBe(42);
    expect(lab.temporary()).toEqual([]);
    expect(library.remark).toMatchObject({
      kind: "uncached",
      message: `machine code is compiled again at each start: ${library.remark?.values.reason}`,
      values: { folder: join(options.cacheDir ?? "", "native") },
    });
    return library.remark?.values.reason;
  }

  test.each([
    ["itself", "cache/native", 0o777],
    ["above", "cache", 0o777],
    ["itself, sticky", "cache/native", 0o1777],
    ["for a group", "cache", 0o770],
  ])("in a folder that others may write to (%s), no object of theirs is loaded", (_, path, mode) => {
    const good = sharedObjectNow(ANSWER, lab.options);
    expect(good.cached).toBe(false);
    chmodSync(join(lab.folder, path), mode);
    expect(uncached(lab.options)).toBe(`others may write to ${join(lab.folder, path)}`);
    expect(lab.cached()).toHaveLength(1);
    chmodSync(join(lab.folder, path), 0o700);
    expect(sharedObjectNow(ANSWER, lab.options).cached).toBe(true);
  });

  test("behind a link to a folder of others, too", () => {
    mkdirSync(join(lab.folder, "open"));
    chmodSync(join(lab.folder, "open"), 0o777);
    symlinkSync(join(lab.folder, "open"), join(lab.folder, "cache"));
    expect(uncached(lab.options)).toBe(`others may write to ${join(lab.folder, "open")}`);
  });

  test("in a folder that cannot be made", () => {
    writeFileSync(join(lab.folder, "cache"), "a file");
    expect(uncached(lab.options)).toMatch(/ENOTDIR|EEXIST/);
  });

  test("on a disk that is full for the compiler", () => {
    const full = `case $PWD in */cache/*) echo 'ld: error: final link failed: No space left on device' >&2; exit 1; esac`;
    const options = lab.withScript(`${full}; cc "$@"`);
    expect(uncached(options)).toBe("ld: error: final link failed: No space left on device");
    expect(lab.cached()).toEqual([]);
  });

  test("and without a temporary folder that is safe, it is an error that names both", () => {
    chmodSync(join(lab.folder, "tmp"), 0o777);
    writeFileSync(join(lab.folder, "cache"), "a file");
    expect(() => sharedObjectNow(ANSWER, lab.options)).toThrow(
      expect.objectContaining({
        code: "native",
        message: expect.stringMatching(
          /^machine code: expected a folder to compile it in and load it from, got others may write to .*tmp \(and in the cache, E.*\); free some space, or set MICROGPT_CACHE_DIR and TMPDIR to folders of your own$/,
        ),
      }),
    );
    expect(lab.temporary()).toEqual([]);
  });
});
