import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findCompiler } from "./compiler.ts";
import { useLab } from "./native-testing.ts";

const lab = useLab();

/** An executable file in a folder of that name. */
function program(folder: string, name: string, mode = 0o755): string {
  mkdirSync(join(lab.folder, folder), { recursive: true });
  const path = join(lab.folder, folder, name);
  writeFileSync(path, "");
  chmodSync(path, mode);
  return path;
}

const PATH = (...folders: string[]): string => folders.map((folder) => join(lab.folder, folder)).join(":");

describe("findCompiler", () => {
  test("takes cc before gcc before clang, wherever on the PATH they are", () => {
    const [clang, gcc] = [program("a", "clang"), program("b", "gcc")];
    expect(findCompiler({ PATH: PATH("a") }).path).toBe(clang);
    expect(findCompiler({ PATH: PATH("a", "b") }).path).toBe(gcc);
    const cc = program("c", "cc");
    expect(findCompiler({ PATH: PATH("none", "a", "b", "c") })).toMatchObject({ path: cc, args: [] });
  });

  test("passes over folders, files that are not executable, and empty parts of the PATH", () => {
    program("a", "cc", 0o644);
    mkdirSync(join(lab.folder, "b", "cc"), { recursive: true });
    const gcc = program("b", "gcc");
    expect(findCompiler({ PATH: `:${PATH("a", "b")}:` }).path).toBe(gcc);
  });

  test("takes the compiler that CC names, with its arguments", () => {
    program("a", "cc");
    const other = program("b", "my-cc");
    const env = { PATH: PATH("a", "b") };
    expect(findCompiler({ ...env, CC: "my-cc" })).toMatchObject({ path: other, args: [] });
    expect(findCompiler({ ...env, CC: `  ${other}  -m64 --sysroot=/x ` })).toMatchObject({
      path: other,
      args: ["-m64", "--sysroot=/x"],
    });
    expect(findCompiler({ ...env, CC: " " }).path).toBe(join(lab.folder, "a", "cc"));
    const spaced = program("my tools", "cc");
    expect(findCompiler({ ...env, CC: spaced })).toMatchObject({ path: spaced, args: [] });
  });

  test("says how to get one if there is none", () => {
    expect(() => findCompiler({ PATH: PATH("a") })).toThrow(
      "machine code: expected a C compiler (cc, gcc, clang) on the PATH, got none; " +
        "install gcc or clang (apt install gcc; xcode-select --install)",
    );
    expect(() => findCompiler({})).toThrow("got none;");
    program("a", "cc");
    expect(() => findCompiler({ PATH: PATH("a"), CC: "icc -fast" })).toThrow(
      "machine code: expected the C compiler that CC names, got none called icc; set CC to a compiler, or unset it",
    );
  });
});

describe("a compiler's identity", () => {
  test("follows links to the file, and changes with its size, its date and the arguments", () => {
    const real = program("real", "gcc-12");
    mkdirSync(join(lab.folder, "a"));
    symlinkSync(real, join(lab.folder, "a", "cc"));
    const env = { PATH: PATH("a") };
    const identity = (more = {}): string => findCompiler({ ...env, ...more }).identity;
    const before = identity();
    expect(before).toContain(real);
    expect(identity()).toBe(before);
    const others = [identity({ CC: "cc -m64" })];
    utimesSync(real, 1e9, 1e9);
    others.push(identity());
    writeFileSync(real, "another");
    utimesSync(real, 1e9, 1e9);
    others.push(identity());
    expect(new Set([before, ...others]).size).toBe(4);
  });
});
