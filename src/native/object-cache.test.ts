import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { useLab } from "./native-testing.ts";
import { addObject, buildFolder, findObject, LIMITS, openCache, tidy } from "./object-cache.ts";

const lab = useLab();
const KEY = "k".repeat(64);

let cache: string;
beforeEach(() => {
  cache = openCache(join(lab.folder, "cache", "native"));
});

/** Adds an object of that content. Returns its path. */
function added(content = "machine code", key = KEY): string {
  const before = readdirSync(cache);
  const built = join(buildFolder(cache), "object.so");
  writeFileSync(built, content, { mode: 0o777 });
  addObject(cache, key, built);
  const fresh = readdirSync(cache).filter((name) => name.endsWith(".so") && !before.includes(name));
  return join(cache, fresh[0] ?? "none");
}

describe("openCache", () => {
  test("makes the folder for its user alone, and those above that are missing", () => {
    const modes = [cache, join(lab.folder, "cache")].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700]);
  });
});

describe("findObject", () => {
  test("finds what was added under that key alone", () => {
    const path = added();
    expect(readFileSync(path, "utf8")).toBe("machine code");
    expect(statSync(path).mode & 0o022).toBe(0);
    expect(findObject(cache, "other".padEnd(64))).toBeUndefined();
    // The longer key begins with it.
    expect(findObject(cache, KEY.slice(0, 32))).toBeUndefined();
  });

  test.each<[string, (path: string) => void]>([
    ["cut short", (path) => writeFileSync(path, "machine")],
    ["empty", (path) => writeFileSync(path, "")],
    ["of zeros, as after a power cut", (path) => writeFileSync(path, new Uint8Array(12))],
    ["writable for others", (path) => chmodSync(path, 0o720)],
    [
      "a link",
      (path) => {
        renameSync(path, `${path}.real`);
        symlinkSync(`${path}.real`, path);
      },
    ],
  ])("removes a file that is %s", (_, damage) => {
    const path = added();
    damage(path);
    expect(findObject(cache, KEY)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });

  test("takes a whole one beside a damaged one, whichever comes first", () => {
    const [one, two] = [added("one"), added("two")];
    writeFileSync(one, "");
    expect(findObject(cache, KEY)).toBe(two);
    added("one");
    writeFileSync(two, "");
    expect(findObject(cache, KEY)).toBe(one);
  });

  test.skipIf(process.geteuid?.() !== 0)(
    "takes no file of someone else's (skipped unless root, who can give files away)",
    () => {
      const path = added();
      chownSync(path, 65_534, 65_534);
      expect(findObject(cache, KEY)).toBeUndefined();
    },
  );

  test.each(["mkdir", "mkfifo"])("takes nothing that %s made, and does not wait for it", (command) => {
    const path = added();
    renameSync(path, join(cache, "away"));
    execFileSync(command, [path]);
    expect(findObject(cache, KEY)).toBeUndefined();
  });
});

describe("tidy", () => {
  const aged = (path: string, hours: number): string => {
    utimesSync(path, Date.now() / 1000 - hours * 3600, Date.now() / 1000 - hours * 3600);
    return path;
  };

  test("removes the objects that were used least recently, above the number of files", () => {
    const paths = ["a", "b", "c", "d"].map((key, i) => aged(added(key, key.repeat(64)), 9 - i));
    // Finding is using.
    findObject(cache, "a".repeat(64));
    tidy(cache, { ...LIMITS, files: 2 });
    expect(paths.map((path) => existsSync(path))).toEqual([true, false, false, true]);
  });

  test("removes them above the number of bytes, but keeps the newest", () => {
    const paths = ["a", "b", "c"].map((key, i) => aged(added(key.repeat(100), key.repeat(64)), 9 - i));
    tidy(cache, { ...LIMITS, bytes: 250 });
    expect(paths.map((path) => existsSync(path))).toEqual([false, true, true]);
    tidy(cache, { ...LIMITS, bytes: 10 });
    expect(paths.map((path) => existsSync(path))).toEqual([false, false, true]);
  });

  test("removes compilations that were abandoned, and leaves those that run", () => {
    const [old, running] = [buildFolder(cache), buildFolder(cache)];
    writeFileSync(join(old, "0.c"), "");
    aged(old, 2);
    tidy(cache, LIMITS);
    expect(readdirSync(cache).map((name) => join(cache, name))).toEqual([running]);
  });
});
