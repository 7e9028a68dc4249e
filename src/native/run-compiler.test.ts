import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exists } from "../node/process-id.ts";
import { useLab } from "./native-testing.ts";
import { type Command, type Ending, run, runNow } from "./run-compiler.ts";

const lab = useLab();

const shell = (script: string, seconds = 10): Command => ({
  path: "/bin/sh",
  args: ["-c", script],
  folder: lab.folder,
  seconds,
});

const childEnds = (): Promise<void> =>
  expect.poll(() => exists(Number(readFileSync(join(lab.folder, "child"), "utf8")))).toBe(false);

describe.each<[string, (command: Command) => Ending | Promise<Ending>]>([
  ["run", run],
  ["runNow", runNow],
])("%s", (_, start) => {
  test("runs in the folder, with messages in English and temporary files there", async () => {
    expect(await start(shell('echo "$PWD $TMPDIR $LC_ALL" > facts'))).toEqual({ kind: "done" });
    expect(readFileSync(join(lab.folder, "facts"), "utf8")).toBe(`${lab.folder} ${lab.folder} C\n`);
  });

  test.each([
    ["echo warning: a; echo b.c:1: error: unknown type; echo error: c", "b.c:1: error: unknown type"],
    ["echo; echo ' nothing but this '; echo more", "nothing but this"],
    ["exit 7", "no message, exit code 7"],
    ["kill -KILL $$", "no message, SIGKILL"],
  ])("fails with the line that says why: %s", async (script, message) => {
    expect(await start(shell(`exec >&2; ${script}; exit 1`))).toEqual({ kind: "failed", message });
  });

  test("takes any number of warnings", async () => {
    const script = "i=0; while [ $i -lt 2000 ]; do echo 'warning: error-prone code' >&2; i=$((i + 1)); done";
    expect(await start(shell(script))).toEqual({ kind: "done" });
  });

  test("says why a program does not start", async () => {
    expect(await start({ ...shell(""), path: join(lab.folder, "none") })).toEqual({
      kind: "failed",
      message: expect.stringContaining("ENOENT"),
    });
    writeFileSync(join(lab.folder, "none"), "#!/no/such/shell\n", { mode: 0o755 });
    expect(await start({ ...shell(""), path: join(lab.folder, "none") })).toMatchObject({ kind: "failed" });
    expect(await start({ ...shell(""), folder: join(lab.folder, "absent") })).toMatchObject({ kind: "failed" });
  });

  test("ends all processes of a command that takes too long", async () => {
    const script = "sleep 60 & echo $! > child; trap '' TERM; sleep 60; sleep 60";
    const before = performance.now();
    expect(await start(shell(script, 0.2))).toEqual({ kind: "timeout" });
    expect(performance.now() - before).toBeLessThan(5000);
    await childEnds();
  });

  test("ends the processes that a failing command leaves behind, and waits for none that a good one leaves", async () => {
    expect(await start(shell("sleep 60 & echo $! > child; exit 1"))).toMatchObject({ kind: "failed" });
    await childEnds();
    const before = performance.now();
    expect(await start(shell("sleep 3 &"))).toEqual({ kind: "done" });
    expect(performance.now() - before).toBeLessThan(2500);
    expect(existsSync(join(lab.folder, "messages.txt"))).toBe(true);
  });
});

test("run leaves no listener behind", async () => {
  const before = process.listenerCount("exit");
  const endings = [shell("exit 0"), shell("exit 1"), shell("sleep 9", 0.05), { ...shell(""), path: "/none" }].map(run);
  expect(process.listenerCount("exit")).toBe(before + 4);
  await Promise.all(endings);
  expect(process.listenerCount("exit")).toBe(before);
});

test("a compiler in the background ends with this process", async () => {
  const others = process.listeners("exit");
  const ending = run(shell("sleep 60 & echo $! > child; wait"));
  await expect.poll(() => existsSync(join(lab.folder, "child"))).toBe(true);
  for (const listener of process.listeners("exit")) if (!others.includes(listener)) listener(0);
  expect(await ending).toEqual({ kind: "failed", message: "no message, SIGKILL" });
  await childEnds();
});
