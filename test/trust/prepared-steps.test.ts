/**
 * The content of the folder if `prepare` is killed at any of its steps. Its file system calls are intercepted, so it
 * needs modules of its own.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openTokens } from "../../src/node/token-files.ts";
import { Random } from "../../src/util/random.ts";

/** `before` is called before each change of the disk; while `dead`, nothing is done. */
const disk = vi.hoisted(() => ({ dead: false, before: async (_: string): Promise<void> => undefined }));
vi.mock("node:fs", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:fs")>();
  const rmSync: typeof original.rmSync = (...args) => {
    if (disk.dead) throw new Error("killed");
    original.rmSync(...args);
  };
  return { ...original, rmSync };
});
vi.mock("node:fs/promises", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:fs/promises")>();
  type Call = (...args: readonly unknown[]) => Promise<unknown>;
  const nameOf = (path: unknown): string => `${path}`.replace(/^.*\//, "");
  const watched = (what: string, call: Call): Call => {
    return async (...args) => {
      await disk.before(what);
      return call(...args);
    };
  };
  const changed: Record<string, Call> = {};
  for (const name of ["mkdir", "rename", "rm", "rmdir"] as const) {
    changed[name] = (...args) => watched(`${name} ${nameOf(args[0])}`, original[name] as Call)(...args);
  }
  changed.open = async (...args) => {
    const [path] = args;
    const open = watched(`open ${nameOf(path)}`, original.open as Call);
    const handle = (await open(...args)) as Awaited<ReturnType<typeof original.open>>;
    for (const name of ["write", "writeFile", "sync"] as const) {
      Object.assign(handle, { [name]: watched(`${name} ${nameOf(path)}`, (handle[name] as Call).bind(handle)) });
    }
    return handle;
  };
  return { ...original, ...changed };
});
const { prepare } = await import("../../src/node/prepare.ts");

const root = mkdtempSync(join(tmpdir(), "microgpt-folder-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const [old, fresh] = [join(root, "old.txt"), join(root, "new.txt")];
writeFileSync(old, "the old text of some lines\n".repeat(30));
writeFileSync(fresh, "A new one, longer: 0123456789\n".repeat(40));
const FILES = ["meta.json", "tokenizer.json", "train.bin", "val.bin"];

let out: string;
let count = 0;
beforeEach(() => {
  disk.dead = false;
  disk.before = async () => undefined;
  out = join(root, `out ${count++}`);
});

const put = (file: string): Promise<unknown> => prepare([file], { out, mode: "stream" });

/** The text in the folder, both parts; undefined if it is not prepared data. */
async function textIn(): Promise<string | undefined> {
  if (!existsSync(join(out, "meta.json"))) return undefined;
  const { train, val, tokenizer, dispose } = await openTokens(out);
  try {
    return [train, val].map((part) => tokenizer.decode(Array.from(part.read(0, part.length)))).join("");
  } finally {
    dispose();
  }
}

/** Kills `put` at step n, like kill -9 as far as files are concerned. Undefined if it finished before. */
async function killAt(n: number, file = fresh): Promise<string | undefined> {
  let [step, killed]: [number, string | undefined] = [0, undefined];
  disk.before = async (what) => {
    if (step++ < n) return;
    killed ??= what;
    disk.dead = true;
    throw new Error("killed");
  };
  try {
    await put(file);
  } catch (error) {
    if (killed === undefined) throw error;
  } finally {
    disk.dead = false;
    disk.before = async () => undefined;
  }
  // Claims become those of a dead process.
  for (const name of existsSync(out) ? readdirSync(out) : []) {
    if (!name.endsWith(".claim")) continue;
    const path = join(out, name);
    writeFileSync(path, readFileSync(path, "utf8").replace(/"pid":\d+/, '"pid":0'));
  }
  return killed;
}

describe("row 6: killed at any step, a new preparation leaves the old data or the new, whole", () => {
  test("and the next one cleans up", async () => {
    await put(old);
    const [before, after] = [readFileSync(old, "utf8"), readFileSync(fresh, "utf8")];
    const seen: string[] = [];
    for (let n = 0; ; n++) {
      const at = await killAt(n);
      if (at === undefined) break;
      const text = await textIn();
      expect([before, after], at).toContain(text);
      seen.push(`${at.replace(/[0-9a-f-]{36}/, "ID")}: ${text === before ? "old" : "new"}`);
      await put(old);
      expect(readdirSync(out).sort(), at).toEqual(FILES);
      expect(await textIn()).toBe(before);
    }
    expect(await textIn()).toBe(after);
    expect(readdirSync(out).sort()).toEqual(FILES);
    expect(seen).toMatchInlineSnapshot(`
      [
        "open new.txt: old",
        "open meta.json: old",
        "open meta.json: old",
        "open .meta.json.ID.tmp: old",
        "open new.txt: old",
        "open .train.bin.ID.tmp: old",
        "open .val.bin.ID.tmp: old",
        "open new.txt: old",
        "write .train.bin.ID.tmp: old",
        "sync .train.bin.ID.tmp: old",
        "write .val.bin.ID.tmp: old",
        "sync .val.bin.ID.tmp: old",
        "open .tokenizer.json.ID.tmp: old",
        "writeFile .tokenizer.json.ID.tmp: old",
        "sync .tokenizer.json.ID.tmp: old",
        "open .meta.json.ID.tmp: old",
        "writeFile .meta.json.ID.tmp: old",
        "sync .meta.json.ID.tmp: old",
        "open out 0: old",
        "sync out 0: old",
        "rename .meta.json.ID.tmp: old",
        "open out 0: new",
        "sync out 0: new",
        "rename .train.bin.ID.tmp: new",
        "rename .val.bin.ID.tmp: new",
        "rename .tokenizer.json.ID.tmp: new",
      ]
    `);
  });

  test("and again, before it has cleaned up", async () => {
    await put(old);
    let expected = readFileSync(old, "utf8");
    const random = new Random(6);
    for (let round = 0; round < 60; round++) {
      const file = random.random() < 0.5 ? old : fresh;
      const at = await killAt(Math.floor(30 * random.random()), file);
      const text = await textIn();
      // Only the switch changes which data counts.
      if (text !== expected) expect([text, at]).toEqual([readFileSync(file, "utf8"), at]);
      expected = text ?? "";
    }
    await put(old);
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  test("a new folder then holds nothing, or all of it", async () => {
    for (let n = 0; ; n++) {
      const at = await killAt(n);
      if (at === undefined) break;
      if (at.startsWith("mkdir")) continue;
      expect([undefined, readFileSync(fresh, "utf8")], at).toContain(await textIn());
      await put(old);
      expect(readdirSync(out).sort(), at).toEqual(FILES);
      rmSync(out, { recursive: true });
    }
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  test("a concurrent reader sees one of them", async () => {
    await put(old);
    const texts = new Set<string | undefined>();
    const opened = await openTokens(out);
    const first = Array.from(opened.train.read(0, opened.train.length));
    let reading = false;
    disk.before = async () => {
      if (reading) return;
      reading = true;
      texts.add(await textIn());
      reading = false;
    };
    await put(fresh);
    expect([...texts]).toEqual([readFileSync(old, "utf8"), readFileSync(fresh, "utf8")]);
    // A run that reads the old data is not disturbed.
    for (let i = 0; i < 600; i++) expect(Array.from(opened.train.read(0, opened.train.length))).toEqual(first);
    opened.dispose();
  });
});

describe("row 6: two preparations into one folder", () => {
  test("the second is refused, naming the process, and destroys nothing of the first", async () => {
    await put(old);
    let second: unknown;
    disk.before = async (what) => {
      if (!what.startsWith("write .")) return;
      disk.before = async () => undefined;
      second = await put(old).catch((error: unknown) => error);
    };
    await put(fresh);
    expect(String(second)).toMatch(
      new RegExp(
        `output .*: expected a name that no other process writes to, got process ${process.pid}, which .*; wait for it`,
      ),
    );
    expect(await textIn()).toBe(readFileSync(fresh, "utf8"));
    expect(readdirSync(out).sort()).toEqual(FILES);
  });

  test("of several at the same moment one writes, also in a new folder", async () => {
    for (const make of [() => undefined, () => void mkdirSync(out)]) {
      rmSync(out, { recursive: true, force: true });
      make();
      const all = await Promise.allSettled([put(fresh), put(fresh), put(fresh), put(fresh)]);
      expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      expect(await textIn()).toBe(readFileSync(fresh, "utf8"));
      expect(readdirSync(out).sort()).toEqual(FILES);
    }
  });

  test("leftovers of a killed one of version 0.4 are removed", async () => {
    await put(old);
    for (const file of FILES) writeFileSync(join(out, `.${file}.01234567-89ab-cdef-0123-456789abcdef.tmp`), "half");
    await put(fresh);
    expect(readdirSync(out).sort()).toEqual(FILES);
  });
});
