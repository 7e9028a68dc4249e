/** The cache of machine code between processes: at once, killed at any moment, on disks that are full or hold no programs. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ANSWER, absent, compiling } from "../src/native/native-testing.ts";

const program = fileURLToPath(new URL("fixtures/native-object.ts", import.meta.url));

let folder: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "microgpt-native-"));
  cache = join(folder, "cache");
  mkdirSync(join(folder, "tmp"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(units: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", program, cache, ...units], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TMPDIR: join(folder, "tmp"), ...env },
  });
}

async function outcome(child: ChildProcess): Promise<unknown> {
  if (child.stdout === null) throw new Error("no output");
  return JSON.parse(await text(child.stdout));
}

const temporary = (): string[] => readdirSync(join(folder, "tmp")).filter((name) => !name.startsWith("tsx"));
const cached = (): string[] => readdirSync(join(cache, "native"));

/** A compiler that first runs some shell commands. */
function scripted(script: string): NodeJS.ProcessEnv {
  const path = join(folder, "compiler");
  writeFileSync(path, `#!/bin/sh\n${script}\nexec cc "$@"\n`, { mode: 0o700 });
  return { CC: path };
}

describe.skipIf(absent)(compiling("the cache of machine code"), () => {
  test("serves four processes at once", async () => {
    // Each waits for the others to have begun.
    const env = scripted(`echo >> ${folder}/begun; until [ "$(wc -l < ${folder}/begun)" -ge 4 ]; do sleep 0.01; done`);
    const first = await Promise.all([1, 2, 3, 4].map(() => outcome(start([ANSWER], env))));
    expect(first).toEqual(first.map(() => ({ cached: false, answer: 42 })));
    expect(cached()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.[0-9a-f]{64}\.so$/)]);
    expect(await outcome(start([ANSWER], env))).toEqual({ cached: true, answer: 42 });
  });

  test("is not harmed by a process that was killed while it compiled", async () => {
    const env = scripted(
      `if ! [ -e ${folder}/pid ]; then echo half > object.so; echo $$ > ${folder}/pid; exec sleep 60; fi`,
    );
    const child = start([ANSWER], env);
    await expect.poll(() => existsSync(join(folder, "pid")), { interval: 10 }).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    process.kill(Number(readFileSync(join(folder, "pid"), "utf8")), "SIGKILL");
    const [left = ""] = cached();
    expect(left).toMatch(/^build-/);
    expect(await outcome(start([ANSWER], env))).toEqual({ cached: false, answer: 42 });
    // Hours later, the next that compiles removes it.
    utimesSync(join(cache, "native", left), 1e9, 1e9);
    expect(await outcome(start([`${ANSWER} int other;`], env))).toEqual({ cached: false, answer: 42 });
    expect(cached()).toEqual([expect.stringMatching(/\.so$/), expect.stringMatching(/\.so$/)]);
  });

  test("is not harmed by a process that was killed at any other moment", async () => {
    for (let i = 0; i < 6; i++) {
      const child = start([ANSWER, `int other${i};`]);
      const exit = once(child, "exit");
      await expect.poll(() => existsSync(cache), { interval: 5 }).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 12 * i));
      child.kill("SIGKILL");
      await exit;
      expect(await outcome(start([ANSWER, `int other${i};`]))).toMatchObject({ answer: 42 });
      rmSync(cache, { recursive: true });
    }
  });

  test("serves worker threads of one process", async () => {
    const code = `require("tsx/cjs/api").require(${JSON.stringify(program)}, __filename)`;
    const workers = [1, 2].map(() => new Worker(code, { eval: true, argv: [cache, ANSWER], stdout: true }));
    const outputs = await Promise.all(workers.map(({ stdout }) => text(stdout)));
    for (const output of outputs) expect(JSON.parse(output)).toMatchObject({ answer: 42 });
  });
});

const canMount = !absent && process.platform === "linux" && process.geteuid?.() === 0 && mounts();

function mounts(): boolean {
  const place = mkdtempSync(join(tmpdir(), "microgpt-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "none", place], { stdio: "ignore" });
    execFileSync("umount", [place]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(place, { recursive: true });
  }
}

const mounted = canMount ? "a disk" : "a disk (skipped because only root may mount one)";
describe.skipIf(!canMount)(mounted, () => {
  const mount = (options: string): void => {
    mkdirSync(cache, { mode: 0o700 });
    execFileSync("mount", ["-t", "tmpfs", "-o", `${options},mode=700`, "none", cache]);
  };
  afterEach(() => {
    execFileSync("umount", [cache]);
  });

  // From too small for the source to too small for the shared object alone.
  test.each(["4k", "8k", "12k", "16k", "20k", "24k"])(
    "of %s is too small for the cache: the result comes from elsewhere",
    async (size) => {
      mount(`size=${size}`);
      expect(await outcome(start([ANSWER]))).toEqual({ cached: false, reason: expect.any(String), answer: 42 });
      expect([...temporary(), ...readdirSync(cache).filter((name) => name !== "native")]).toEqual([]);
      expect(existsSync(join(cache, "native")) ? cached() : []).toEqual([]);
    },
  );

  test("that holds no programs: the result is loaded from elsewhere, and not compiled twice", async () => {
    mount("noexec");
    const env = scripted(`echo >> ${folder}/calls`);
    const reason = expect.stringContaining("does not load");
    expect(await outcome(start([ANSWER], env))).toEqual({ cached: false, reason, answer: 42 });
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe("\n");
  });

  test("that is read-only: what it has is loaded", async () => {
    mount("size=1m");
    expect(await outcome(start([ANSWER]))).toEqual({ cached: false, answer: 42 });
    execFileSync("mount", ["-o", "remount,ro", cache]);
    expect(await outcome(start([ANSWER]))).toEqual({ cached: true, answer: 42 });
    const other = `${ANSWER} int other;`;
    expect(await outcome(start([other]))).toEqual({
      cached: false,
      reason: expect.stringContaining("EROFS"),
      answer: 42,
    });
  });
});
