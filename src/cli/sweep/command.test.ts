/** Sweeps with simulated training: which runs are trained, resumed and reported. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { Terminal } from "../terminal/terminal.ts";
import { TextReport } from "../train/text-report.ts";
import { type SweepFlags, sweepCommand } from "./command.ts";
import type { StartTraining } from "./process.ts";
import { madeUp, pretendToTrain, train } from "./testing.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-sweep-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(root, "test-")), "swept");
});

async function sweep(flags: Partial<SweepFlags>, start: StartTraining, env = {}): Promise<string[]> {
  let text = "";
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  const terminal = new Terminal(stream, {});
  const all = { jobs: 1, max_runs: 200, out: folder, ...flags };
  await sweepCommand(["x.txt"], all, train, { terminal, report: new TextReport(terminal, true), env }, start);
  return text.split("\n").slice(0, -1);
}

const state = (): { runs: { name: string; state: string }[] } =>
  JSON.parse(readFileSync(join(folder, "sweep.json"), "utf8"));
const states = (): string[] => state().runs.map((one) => `${one.name}: ${one.state}`);
const RATES = { learning_rate: ["0.001", "0.01", "0.1"] };

describe("microgpt sweep", () => {
  test("trains each combination under its own name and ranks them", async () => {
    const calls: string[][] = [];
    const lines = await sweep({ ...RATES, n_embd: ["8"], strict: true }, madeUp(calls));
    const name = "learning_rate-0.001";
    expect(calls).toHaveLength(3);
    expect(calls[0]).toEqual([
      "train",
      "x.txt",
      "--num_samples=0",
      "--n_embd=8",
      "--strict",
      "--learning_rate=0.001",
      `--label=${name}`,
      `--out=${folder}/${name}.safetensors`,
      "--quiet",
    ]);
    expect(lines.slice(0, 2)).toEqual([
      `3 combinations of learning_rate, in ${folder}/`,
      expect.stringMatching(/^1\/3 learning_rate 0\.001: val loss 3\.0000 at step 5, \d/),
    ]);
    const table = lines.slice(lines.indexOf("") + 1).map((line) => line.trim().split(/ {2,}/).slice(0, 2));
    expect(table.slice(0, 4)).toEqual([
      ["learning_rate", "val loss"],
      ["0.01", "2.0000"],
      ["0.001", "3.0000"],
      ["0.1", "3.0000"],
    ]);
    expect(lines.at(-2)).toBe(`next: microgpt sample ${folder}/learning_rate-0.01.safetensors`);
    expect(states()).toEqual(["learning_rate-0.001: done", "learning_rate-0.01: done", "learning_rate-0.1: done"]);
  });

  test("skips a run that fails, and retries it next time", async () => {
    const calls: string[][] = [];
    const failing = { learning_rate: ["1", "0.01"] };
    const lines = await sweep(failing, madeUp(calls));
    expect(lines).toContain("1/2 learning_rate 1: failed: train: diverged");
    expect(states()).toEqual(["learning_rate-1: failed", "learning_rate-0.01: done"]);
    await sweep(failing, madeUp(calls));
    expect(calls.map((words) => words.find((word) => word.startsWith("--learning")))).toEqual([
      "--learning_rate=1",
      "--learning_rate=0.01",
      "--learning_rate=1",
    ]);
  });

  test("fails if all of its runs do", async () => {
    const all = (): ReturnType<StartTraining> => ({
      ended: Promise.resolve({ exitCode: 1, error: { code: "memory", message: "no memory" } }),
      stop: () => undefined,
    });
    await expect(sweep(RATES, all)).rejects.toThrow("sweep: expected a run that succeeds, got no memory; fix that");
  });

  test("resumes an interrupted run, and trains none twice", async () => {
    const calls: string[][] = [];
    const flags = { ...RATES, preset: ["microgpt"] };
    await sweep(flags, madeUp(calls, 2));
    expect(states()[1]).toBe("learning_rate-0.01: stopped");
    const lines = await sweep(flags, madeUp(calls));
    expect(lines[0]).toMatch(/, 2 done before$/);
    const model = `${folder}/learning_rate-0.01.safetensors`;
    // Without the flags that train refuses beside --resume.
    expect(calls.slice(3)).toEqual([
      [
        "train",
        "x.txt",
        "--num_samples=0",
        "--learning_rate=0.01",
        "--label=learning_rate-0.01",
        `--resume=${model}`,
        `--out=${model}`,
        "--quiet",
      ],
    ]);
    expect(states()).toEqual(["learning_rate-0.001: done", "learning_rate-0.01: done", "learning_rate-0.1: done"]);
    expect((await sweep(flags, madeUp(calls)))[0]).toMatch(/, all done before$/);
    expect(calls).toHaveLength(4);
  });

  test("finds the progress of its runs from their files after a kill", async () => {
    await sweep(RATES, madeUp([]));
    const killed = state();
    const [first, second, third] = killed.runs;
    for (const one of [first, second, third]) if (one) one.state = "running";
    writeFileSync(join(folder, "sweep.json"), JSON.stringify(killed));
    // The first reported that it is done, the second was saved at its end, the third not at all.
    rmSync(join(folder, `${second?.name}.metrics.jsonl`));
    for (const end of ["safetensors", "metrics.jsonl"]) rmSync(join(folder, `${third?.name}.${end}`));
    const calls: string[][] = [];
    await sweep(RATES, madeUp(calls));
    expect(calls.map((words) => words.filter((word) => /learning_rate=|resume/.test(word)))).toEqual([
      ["--learning_rate=0.1"],
    ]);
    expect(states().every((one) => one.endsWith("done"))).toBe(true);
  });

  test("refuses a run that another process is training", async () => {
    await sweep(RATES, madeUp([], 1));
    const path = join(folder, "learning_rate-0.001.metrics.jsonl");
    writeFileSync(path, readFileSync(path, "utf8").replace(/.*"end".*\n/, ""));
    await expect(sweep(RATES, madeUp([]))).rejects.toThrow(
      new RegExp(`expected no other process to train learning_rate-0.001, got process ${process.pid}; wait for it`),
    );
  });

  test("accepts more values, and keeps existing runs", async () => {
    const calls: string[][] = [];
    await sweep({ learning_rate: ["0.001", "0.01"] }, madeUp(calls));
    await sweep({ learning_rate: ["0.01", "0.02"] }, madeUp(calls));
    expect(calls).toHaveLength(3);
    expect(states()).toEqual(["learning_rate-0.01: done", "learning_rate-0.02: done", "learning_rate-0.001: done"]);
  });

  test("runs several at a time, which share the cores", async () => {
    const calls: string[][] = [];
    let [now, most] = [0, 0];
    let meet = (): void => undefined;
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const start: StartTraining = (words) => {
      most = Math.max(most, ++now);
      if (now === 2) meet();
      const { ended, stop } = madeUp(calls)(words);
      // The first lasts until the second has started, or the test is over.
      return { ended: met.then(() => ended).finally(() => now--), stop };
    };
    await sweep({ learning_rate: ["0.001", "0.003", "0.01", "0.03", "0.1"], jobs: 2 }, start);
    expect(most).toBe(2);
    expect(calls.every((words) => words.some((word) => /^--threads=[1-9]/.test(word)))).toBe(true);
    expect(states()).toHaveLength(5);
    expect(states().every((one) => one.endsWith(": done"))).toBe(true);
  });

  test("lists its plan with --dry_run, and does nothing", async () => {
    const calls: string[][] = [];
    const lines = await sweep({ ...RATES, dry_run: true }, madeUp(calls));
    expect(lines.slice(1)).toEqual(
      RATES.learning_rate.map((rate) =>
        expect.stringMatching(`^microgpt train x.txt --num_samples=0 --learning_rate=${rate} `),
      ),
    );
    expect([calls, existsSync(folder)]).toEqual([[], false]);
  });

  test("reports as JSON with --json", async () => {
    const lines = (await sweep({ ...RATES, json: true }, madeUp([]))).map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(["sweep", "run", "run", "run", "end"]);
    expect(lines[1]).toMatchObject({
      name: "learning_rate-0.001",
      state: "done",
      best: { step: 5, valLoss: 3 },
      step: 10,
    });
    expect(lines[4]).toMatchObject({ stopped: false, best: { name: "learning_rate-0.01" } });
  });

  test("without --out continues a sweep with the same flags, and otherwise takes a free name", async () => {
    const cwd = process.cwd();
    mkdirSync(folder);
    process.chdir(folder);
    try {
      const calls: string[][] = [];
      const unnamed = async (flags: Partial<SweepFlags>): Promise<string | undefined> => {
        const { out: _, ...rest } = { out: undefined, ...flags };
        const terminal = new Terminal(new Writable({ write: (_chunk, _encoding, done) => done() }), {});
        const io = { terminal, report: new TextReport(terminal, true), env: {} };
        await sweepCommand(["x.txt"], { jobs: 1, max_runs: 9, ...rest }, train, io, madeUp(calls));
        return calls
          .at(-1)
          ?.find((word) => word.startsWith("--out="))
          ?.split(/[=/]/)[1];
      };
      expect(await unnamed(RATES)).toBe("sweep");
      expect(await unnamed({ ...RATES, n_embd: ["8"] })).toBe("sweep-2");
      expect(await unnamed({ learning_rate: ["0.01", "0.05"] })).toBe("sweep");
      expect(readdirSync(".").sort()).toEqual(["sweep", "sweep-2"]);
    } finally {
      process.chdir(cwd);
    }
  });

  test.each<[what: string, prepare: () => void, message: RegExp]>([
    [
      "a folder with something else",
      () => writeFileSync(join(folder, "notes.txt"), ""),
      /expected an empty folder or one of a sweep, got one without sweep.json; name a new one/,
    ],
    [
      "a sweep.json that is damaged",
      () => writeFileSync(join(folder, "sweep.json"), "{"),
      /sweep.json: expected a sweep of version 1, got something else, or a damaged file/,
    ],
    [
      "a sweep of another version",
      () => writeFileSync(join(folder, "sweep.json"), '{"type":"sweep","version":2}'),
      /expected a sweep of version 1/,
    ],
  ])("refuses %s, and does not change it", async (_, prepare, message) => {
    mkdirSync(folder);
    prepare();
    const before = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    await expect(sweep(RATES, madeUp([]))).rejects.toThrow(message);
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(before);
  });

  test.each<[what: string, flags: Partial<SweepFlags>, message: RegExp]>([
    [
      "other flags",
      { ...RATES, n_embd: ["16"] },
      /expected its flags, \{\}, got \{"n_embd":"16"\}; use the same flags, or name another folder/,
    ],
    ["other varied flags", { n_embd: ["8", "16"] }, /expected its varied flags, \["learning_rate"\], got \["n_embd"\]/],
  ])("refuses to continue with %s", async (_, flags, message) => {
    await sweep(RATES, madeUp([]));
    await expect(sweep(flags, madeUp([]))).rejects.toThrow(message);
  });

  test("prints the command to continue when it is stopped", async () => {
    const calls: string[][] = [];
    let end = (): void => undefined;
    const start: StartTraining = (words) => {
      calls.push([...words]);
      const stopped = new Promise<void>((resolve) => {
        end = resolve;
      });
      // Runs once the listener is attached, like a real signal.
      setImmediate(() => process.emit("SIGINT"));
      return { ended: stopped.then(() => pretendToTrain(words, 4)), stop: () => end() };
    };
    const lines = await sweep(RATES, start, { npm_execpath: "npx" });
    expect(calls).toHaveLength(1);
    expect(lines).toContain("stopping once the current run has saved (Ctrl-C again quits at once)");
    expect(lines).toContain(`next: npx microgpt sweep x.txt --learning_rate 0.001,0.01,0.1 --out ${folder}`);
    expect(states()).toEqual([
      "learning_rate-0.001: stopped",
      "learning_rate-0.01: waiting",
      "learning_rate-0.1: waiting",
    ]);
  });
});
