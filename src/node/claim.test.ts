import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Claim, claim, type Owner, tryClaim } from "./claim.ts";
import { thisProcess } from "./process-id.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "microgpt-claim-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const names = (): string[] => readdirSync(folder).sort();
const FILE = ".model.safetensors.claim";
const ID = "01234567-89ab-cdef-0123-456789abcdef";
const SINCE = "2026-01-31T12:00:00.000Z";

const linux = process.platform === "linux";
const posix = process.platform !== "win32";

/** A claim of another process, last renewed `seconds` ago. */
function claimOf(about: object, seconds = 0): void {
  writeFileSync(at(FILE), `${JSON.stringify({ id: ID, ...thisProcess(), since: SINCE, ...about })}\n`);
  seenBefore(seconds);
}

function seenBefore(seconds: number): void {
  const then = new Date(Date.now() - 1000 * seconds);
  utimesSync(at(FILE), then, then);
}

/** The id of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ["--version"]).pid;

async function take(): Promise<Claim> {
  const taken = await tryClaim(at("model.safetensors"));
  if (!("release" in taken)) throw new Error(`it is process ${taken.pid}'s`);
  expect(taken.held).toBe(true);
  return taken;
}

describe("row 2: a name claimed by a live process", () => {
  test("is refused to others, naming the process, until it is released", async () => {
    const mine = await claim(at("model.safetensors"));
    expect(names()).toEqual([FILE]);
    await expect(claim(at("model.safetensors"))).rejects.toThrow(
      new RegExp(
        `^output .*model\\.safetensors: expected a name that no other process writes to, got process ${process.pid}, which has written there since 20\\S+Z; wait for it to end, or choose another name$`,
      ),
    );
    mine.release();
    mine.release();
    expect([names(), mine.held]).toEqual([[], false]);
    (await take()).release();
  });

  test("is refused under any path to it", async () => {
    mkdirSync(at("kept"));
    symlinkSync("kept/model.safetensors", at("link"));
    symlinkSync("kept", at("folder"));
    const mine = await claim(at("link"));
    expect(readdirSync(at("kept"))).toEqual([FILE]);
    for (const path of ["kept/model.safetensors", "./kept/../kept/model.safetensors", "folder/model.safetensors"]) {
      expect(await tryClaim(`${folder}/${path}`)).toMatchObject({ pid: process.pid });
    }
    mine.release();
  });

  test.each(["m".repeat(255), "模".repeat(85), "mo del\n'\"😀"])("may be any: %s", async (name) => {
    const mine = await claim(at(name));
    const other = await claim(at(`${name.slice(0, -1)}x`));
    expect(await tryClaim(at(name))).toMatchObject({ pid: process.pid });
    mine.release();
    other.release();
    expect(names()).toEqual([]);
  });

  test("goes to exactly one of twenty concurrent processes, with or without a dead claim before", async () => {
    for (const dead of [false, true]) {
      if (dead) claimOf({ pid: deadPid() });
      const all = await Promise.all(Array.from({ length: 20 }, () => tryClaim(at("model.safetensors"))));
      const won = all.filter((one): one is Claim => "release" in one);
      expect(won).toHaveLength(1);
      expect(names()).toEqual([FILE]);
      won[0]?.release();
    }
  });
});

describe("row 1: a claim survives a crash without blocking others:", () => {
  test.each<[what: string, about: () => object]>([
    ["its process is gone", () => ({ pid: deadPid() })],
    ["its number is another process's now", () => ({ pid: process.ppid })],
    ["its number is this process's now", () => ({ start: "1" })],
    ["its number cannot be one", () => ({ pid: 0 })],
    ["its number is that of a group", () => ({ pid: -process.pid })],
    ["its number is no number", () => ({ pid: 1.5 })],
  ])("%s", async (_, about) => {
    claimOf(about());
    (await take()).release();
    expect(names()).toEqual([]);
  });

  test.skipIf(!linux)("its process has ended but was not reaped by its parent", async () => {
    // The shell is replaced by a program that never waits for its child.
    const { spawn } = await import("node:child_process");
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    const pid = await new Promise<number>((resolve) => parent.stdout.once("data", (text) => resolve(Number(text))));
    const stat = (): string => readFileSync(`/proc/${pid}/stat`, "latin1");
    while (!/\) Z /.test(stat())) await new Promise((resolve) => setTimeout(resolve, 5));
    claimOf({ pid, start: stat().split(" ")[21] });
    (await take()).release();
    parent.kill();
  });

  test.each<[what: string, make: () => void]>([
    ["an empty file, of a process killed as it began", () => writeFileSync(at(FILE), "")],
    ["half a file", () => writeFileSync(at(FILE), '{"id":"0123')],
    ["something else", () => writeFileSync(at(FILE), "[1, 2]")],
    ["other fields", () => writeFileSync(at(FILE), JSON.stringify({ ...thisProcess(), id: "../../x", since: SINCE }))],
    ["no date", () => writeFileSync(at(FILE), JSON.stringify({ ...thisProcess(), id: ID, since: "NaN" }))],
    ["more than a claim has", () => writeFileSync(at(FILE), Buffer.alloc(1e6, "x"))],
  ])("it is %s", async (_, make) => {
    make();
    seenBefore(2);
    (await take()).release();
    expect(names()).toEqual([]);
  });

  test.skipIf(!posix)("it is a link, which is not followed, or a pipe, which does not block", async () => {
    writeFileSync(at("precious"), "precious");
    symlinkSync("precious", at(FILE));
    (await take()).release();
    symlinkSync("missing", at(FILE));
    (await take()).release();
    expect(names()).toEqual(["precious"]);
    expect(readFileSync(at("precious"), "utf8")).toBe("precious");
    spawnSync("sh", ["-c", `mkfifo "$0"`, at(FILE)]);
    seenBefore(2);
    (await take()).release();
    expect(names()).toEqual(["precious"]);
  });

  test("the claim to remove a dead claim survives too", async () => {
    claimOf({ pid: deadPid() });
    const killed = { id: ID.replace("0", "f"), ...thisProcess(), pid: deadPid(), since: SINCE };
    writeFileSync(at(`${FILE}.${ID}`), JSON.stringify(killed));
    (await take()).release();
    expect(names()).toEqual([]);
  });
});

describe("an owner that is not visible from here", () => {
  const owner = { host: "elsewhere" };
  const found = async (): Promise<Claim | Owner> => {
    const one = await tryClaim(at("model.safetensors"));
    if ("release" in one) one.release();
    return one;
  };

  test("on another machine keeps its name while it renews its claim", async () => {
    claimOf({ ...owner, kernel: "another", pid: 1 }, 60);
    await expect(claim(at("model.safetensors"))).rejects.toThrow(
      `got process 1 on elsewhere, which has written there since ${SINCE};`,
    );
    seenBefore(121);
    expect(await found()).toHaveProperty("release");
    claimOf({ ...owner, kernel: "another", pid: 1 }, -121);
    expect(await found()).toHaveProperty("release");
  });

  test("in another container of this machine gets a grace period", async () => {
    claimOf({ numbers: "pid:[1]" }, 19.5);
    expect(await found()).toHaveProperty("release");
    claimOf({ numbers: "pid:[1]" }, 10);
    const renewed = setTimeout(() => seenBefore(0), 50);
    expect(await found()).toMatchObject({ numbers: "pid:[1]" });
    clearTimeout(renewed);
  });
});

test("a claim taken over by another process is no longer held, and release leaves it alone", async () => {
  const mine = await take();
  claimOf({ kernel: "another" });
  expect(mine.held).toBe(false);
  mine.release();
  expect(names()).toEqual([FILE]);
});

test("a folder without write permission is refused", async () => {
  await expect(claim(at("missing/model"), { operation: "output x" })).rejects.toThrow(
    "output x: expected a place to write to, got no such file or folder; check the path",
  );
  writeFileSync(at("file"), "");
  await expect(claim(at("file/model"))).rejects.toThrow(/a path through something that is not a folder/);
  if (!posix || process.getuid?.() === 0) return;
  chmodSync(folder, 0o555);
  await expect(claim(at("model"))).rejects.toThrow(/no permission; choose another place/);
  expect(existsSync(at(".model.claim"))).toBe(false);
  chmodSync(folder, 0o755);
});
