import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { lstat, readFile, readlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkWritable, writeAtomically } from "./atomic-write.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "microgpt-write-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const read = (name: string): string => readFileSync(at(name), "utf8");
const names = (): string[] => readdirSync(folder).sort();

const linux = process.platform === "linux";
const posix = process.platform !== "win32";

/** Runs an action without write permission everywhere: root becomes an ordinary user meanwhile. */
async function unprivileged(action: () => Promise<void>): Promise<void> {
  const { geteuid, seteuid } = process;
  const root = geteuid?.() === 0 ? seteuid : undefined;
  root?.(65_534);
  try {
    await action();
  } finally {
    root?.(0);
  }
}

describe("writeAtomically", () => {
  test.each<[what: string, name: string, content: string]>([
    ["a new file", "model", "new"],
    ["an empty file", "model", ""],
    ["a file with a name as long as names may be", "m".repeat(255), "new"],
    ["a file with a long name in another script", "模".repeat(85), "new"],
    ["a file with an odd name", "mo del\n'\"😀", "new"],
  ])("writes %s and leaves no other files", async (_, name, content) => {
    await writeAtomically(at(name), text(content));
    expect(names()).toEqual([name]);
    expect(read(name)).toBe(content);
  });

  test("replaces a file as a whole: nothing remains of a longer one", async () => {
    await writeFile(at("model"), "a long text that was there before");
    await writeAtomically(at("model"), text("short"));
    expect(read("model")).toBe("short");
    expect(names()).toEqual(["model"]);
  });

  test("writes a file in the working folder", async () => {
    const cwd = process.cwd();
    process.chdir(folder);
    try {
      await writeAtomically("model", text("new"));
    } finally {
      process.chdir(cwd);
    }
    expect(names()).toEqual(["model"]);
  });

  test.each<[what: string, before: string | undefined]>([
    ["a file", "old"],
    ["nothing yet", undefined],
  ])("writes to the target of a link to %s, and keeps the link", async (_, before) => {
    mkdirSync(at("kept"));
    if (before !== undefined) await writeFile(at("kept/model"), before);
    symlinkSync("kept/model", at("inner"));
    symlinkSync(at("inner"), at("outer"));
    await writeAtomically(at("outer"), text("new"));
    expect(read("kept/model")).toBe("new");
    expect((await lstat(at("kept/model"))).isFile()).toBe(true);
    expect([await readlink(at("inner")), await readlink(at("outer"))]).toEqual(["kept/model", at("inner")]);
    expect(names()).toEqual(["inner", "kept", "outer"]);
    expect(readdirSync(at("kept"))).toEqual(["model"]);
  });

  test.each<[what: string, name: string, complaint: RegExp]>([
    ["a folder", "folder", /^save \S+folder: expected to write the file, got a folder; name a file$/],
    ["a name in a missing folder", "missing/model", /no such file or folder; check the path$/],
    ["a name beneath a file", "file/model", /a path through something that is not a folder; check the path$/],
    ["a name that is too long", "m".repeat(256), /a name that is too long; choose a shorter one$/],
    ["a link to itself", "loop", /a link that leads to itself; check the path$/],
  ])("refuses %s and changes nothing", async (_, name, complaint) => {
    mkdirSync(at("folder"));
    await writeFile(at("file"), "old");
    symlinkSync("loop", at("loop"));
    await expect(writeAtomically(at(name), text("new"))).rejects.toThrow(complaint);
    expect(names()).toEqual(["file", "folder", "loop"]);
    expect(read("file")).toBe("old");
  });

  test.skipIf(!posix)(
    posix ? "keeps the previous file when it may not write" : "skipped because Windows has other permissions",
    async () => {
      await writeFile(at("model"), "old");
      chmodSync(folder, 0o555);
      await unprivileged(async () => {
        await expect(writeAtomically(at("model"), text("new"))).rejects.toThrow(/no permission; choose another place/);
      });
      expect(names()).toEqual(["model"]);
      expect(read("model")).toBe("old");
      chmodSync(folder, 0o755);
    },
  );

  describe("after an earlier process was killed while writing", () => {
    /** The id of a process that has ended. */
    const deadPid = (): number => spawnSync(process.execPath, ["--version"]).pid;
    const uuid = "01234567-89ab-cdef-0123-456789abcdef";
    const temporary = (
      name: string,
      pid: number,
      machine = hostname()
        .replaceAll(/[^\w-]/g, "")
        .slice(0, 32),
    ): string => `.${name}.${machine}-${pid}.${uuid}.tmp`;

    test("removes its temporary file for the same target, and nothing else", async () => {
      const kept = [
        temporary("model", process.pid),
        temporary("model", process.ppid),
        temporary("other", deadPid()),
        temporary("model", deadPid(), "another-machine"),
        `.model.${uuid}.tmp`,
        "model.tmp",
      ];
      for (const name of [...kept, temporary("model", deadPid())]) await writeFile(at(name), "half");
      await writeAtomically(at("model"), text("new"));
      expect(names()).toEqual([...kept, "model"].sort());
    });

    test("checkWritable removes it too", async () => {
      await writeFile(at(temporary("model", deadPid())), "half");
      await checkWritable(at("model"));
      expect(names()).toEqual([]);
    });
  });

  test("a concurrent reader sees one whole file or the other", async () => {
    const SIZE = 300_000;
    await writeFile(at("model"), new Uint8Array(SIZE));
    let writing = true;
    const write = async (): Promise<void> => {
      for (let n = 1; n <= 40; n++) await writeAtomically(at("model"), new Uint8Array(SIZE).fill(n));
      writing = false;
    };
    const seen = new Set<number>();
    const watch = async (): Promise<void> => {
      while (writing) {
        const bytes = await readFile(at("model"));
        const first = bytes[0] ?? Number.NaN;
        seen.add(first);
        if (!bytes.equals(Buffer.alloc(SIZE, first))) throw new Error(`a mixture: ${bytes.length} bytes`);
      }
    };
    await Promise.all([write(), watch(), watch()]);
    expect(seen.size).toBeGreaterThan(1);
    expect(names()).toEqual(["model"]);
  });
});

describe("checkWritable", () => {
  test.each<[what: string, name: string]>([
    ["a file that is not there", "new"],
    ["a file that is there", "file"],
    ["a link to a file", "link"],
    ["a link to a file that is not there", "dangling"],
    ["a name as long as names may be", "m".repeat(255)],
  ])("accepts %s and changes nothing", async (_, name) => {
    await writeFile(at("file"), "old");
    symlinkSync("file", at("link"));
    symlinkSync("later", at("dangling"));
    const before = statSync(at("file"));
    await checkWritable(at(name));
    expect(names()).toEqual(["dangling", "file", "link"]);
    expect(statSync(at("file"))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs, size: 3 });
  });

  test.each<[what: string, name: string, complaint: RegExp]>([
    [
      "a name in a missing folder",
      "missing/model",
      /^output \S+: expected an existing folder, got none called \S+missing; /,
    ],
    ["a name beneath a file", "file/model", /got \S+file, which is not a folder; create it first, or choose another$/],
    ["a folder", "folder", /expected the name of a file, got a folder; add a file name to the path$/],
    ["what can only be a folder", "new/", /expected the name of a file, got a folder; add a file name to the path$/],
    [
      "a link into a missing folder",
      "lost",
      /expected a place to write to, got no such file or folder; check the path$/,
    ],
    ["a link to itself", "loop", /expected a place to write to, got a link that leads to itself; check the path$/],
    ["a name that is too long", "m".repeat(256), /expected a place to write to, got a name that is too long; choose/],
  ])("refuses %s", async (_, name, complaint) => {
    mkdirSync(at("folder"));
    await writeFile(at("file"), "old");
    symlinkSync("loop", at("loop"));
    symlinkSync("missing/model", at("lost"));
    await expect(checkWritable(`${folder}/${name}`)).rejects.toThrow(complaint);
    expect(names()).toEqual(["file", "folder", "loop", "lost"]);
  });

  test("refuses an empty name", async () => {
    await expect(checkWritable("")).rejects.toThrow(/^output : expected the name of a file, got none; add a file name/);
  });

  test.skipIf(!posix)(
    posix ? "refuses a device, which stays one" : "skipped because Windows has no /dev/null",
    async () => {
      await expect(checkWritable("/dev/null")).rejects.toThrow(
        /expected the name of a file, got a device; name a file$/,
      );
      expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
    },
  );

  test.skipIf(!posix)(
    posix ? "refuses a folder that may not be written" : "skipped because Windows has other permissions",
    async () => {
      chmodSync(folder, 0o555);
      await unprivileged(async () => {
        await expect(checkWritable(at("new"))).rejects.toThrow(/no permission; choose another place or change its/);
      });
      chmodSync(folder, 0o755);
    },
  );

  const root = process.getuid?.() === 0;
  test.skipIf(!posix || root)(
    `refuses a file that may not be written${root ? " (skipped because root may write everything)" : ""}`,
    async () => {
      await writeFile(at("file"), "old");
      chmodSync(at("file"), 0o444);
      await expect(checkWritable(at("file"))).rejects.toThrow(/no permission; choose another place or change its/);
    },
  );

  test.skipIf(!linux).each(linux ? ["/proc/model", "/sys/model"] : ["skipped because only Linux has /proc and /sys"])(
    "refuses a place without write permission: %s",
    async (path) => {
      await expect(checkWritable(path)).rejects.toThrow(/^output \S+: expected a place to write to, got .+; .+/);
    },
  );
});
