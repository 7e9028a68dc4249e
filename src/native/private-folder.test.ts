import { chmodSync, chownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useLab } from "./native-testing.ts";
import { privateFolder } from "./private-folder.ts";

const lab = useLab();
const isRoot = process.geteuid?.() === 0;
const asRoot = (name: string): string => (isRoot ? name : `${name} (skipped because only root can give files away)`);

function inside(path: string, mode = 0o700): string {
  const folder = join(lab.folder, path);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, mode);
  return folder;
}

describe("privateFolder", () => {
  test.each([0o700, 0o755, 0o500])("accepts one with mode %o that others cannot write to", (mode) => {
    expect(privateFolder(inside("a", mode))).toBe(join(lab.folder, "a"));
  });

  test.each([0o777, 0o775, 0o722, 0o720, 0o702, 0o1777])("refuses one with mode %o", (mode) => {
    const folder = inside("a", mode);
    expect(() => privateFolder(folder)).toThrow(`others may write to ${folder}`);
  });

  test("refuses one below a folder of everyone's, unless that is sticky", () => {
    const above = inside("a", 0o777);
    const folder = inside("a/b/c");
    expect(() => privateFolder(folder)).toThrow(`others may write to ${above}`);
    chmodSync(above, 0o1777);
    expect(privateFolder(folder)).toBe(folder);
  });

  test("follows links, and judges what they lead to", () => {
    const safe = inside("safe");
    symlinkSync(safe, join(lab.folder, "link"));
    expect(privateFolder(join(lab.folder, "link"))).toBe(safe);
    symlinkSync(inside("open", 0o777), join(safe, "trap"));
    expect(() => privateFolder(join(safe, "trap"))).toThrow(`others may write to ${join(lab.folder, "open")}`);
  });

  test.skipIf(!isRoot)(asRoot("refuses one that belongs to someone else, or is below such a folder"), () => {
    const above = inside("a");
    const folder = inside("a/b");
    chownSync(above, 65_534, 65_534);
    expect(() => privateFolder(folder)).toThrow(`others may write to ${above}`);
    expect(() => privateFolder(above)).toThrow(`others may write to ${above}`);
    // Its owner may take away the sticky bit.
    chmodSync(above, 0o1777);
    expect(() => privateFolder(folder)).toThrow(`others may write to ${above}`);
  });
});
