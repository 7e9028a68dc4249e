/** `--distributed mpi`: any number of processes trains what one does, and none waits for one that is gone. */

import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { absent } from "../src/native/native-testing.ts";
import { type Folder, folderWithNames, linesOf, recordsOf, stepsOf } from "./support/cli.ts";
import { allOf, type Job, joining, lacking, lackingHosts, runJob, startJob, TwoHosts } from "./support/mpi.ts";

const MODEL = "names.txt --preset microgpt --n_embd 8 --n_head 2 --num_samples 0 --json";
const SHARED = "--distributed mpi --log_interval 1";
/** The order of float32 sums. */
const TOLERANCE = 1e-6;

const lossesOf = (stdout: string): number[] => stepsOf(stdout).map(({ loss }) => loss);

function expectClose(losses: readonly number[], expected: readonly number[]): void {
  expect(losses).toHaveLength(expected.length);
  const worst = losses.map((loss, i) => Math.abs(loss / (expected[i] ?? Number.NaN) - 1));
  expect(Math.max(...worst)).toBeLessThan(TOLERANCE);
}

describe.skipIf(lacking !== undefined)(joining("ranks"), () => {
  test("1, 2 and 4 of them reach the losses of one process with accumulation, and 2 with accumulation do", async () => {
    const folder = folderWithNames();
    const run = `train ${MODEL} --num_steps 200 --log_interval 1`;
    const { stdout } = await folder.microgpt(
      `${run} --batch_size 1 --gradient_accumulation_steps 4 --out one.safetensors`,
    );
    const expected = lossesOf(stdout);
    expect(expected).toHaveLength(200);
    for (const [count, flags] of [
      [1, "--batch_size 4"],
      [2, "--batch_size 4"],
      [4, "--batch_size 4"],
      [2, "--batch_size 2 --gradient_accumulation_steps 2"],
    ] as const) {
      const { code, stderr, stdout } = await runJob(folder, count, `${run} ${flags} --distributed mpi`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expectClose(lossesOf(stdout), expected);
      expect(recordsOf(stdout)[0]?.notes).toEqual([expect.objectContaining({ kind: "ranks", values: { count } })]);
    }
  });

  test.skipIf(absent)("they evaluate together, stop early together, and drop out alike, on machine code", async () => {
    const folder = folderWithNames();
    const flags =
      "--val_fraction 0.3 --eval_interval 5 --patience 3 --dropout 0.1 --learning_rate 0.05 --engine native";
    const run = `train ${MODEL} --num_steps 400 --log_interval 1 --batch_size 5 ${flags}`;
    const alone = await folder.microgpt(`${run} --out one.safetensors`);
    const shared = await runJob(folder, 3, `${run} --distributed mpi --out three.safetensors`);
    expect(shared).toMatchObject({ code: 0, stderr: "" });
    const [one, three] = [alone, shared].map(({ stdout }) => stepsOf(stdout));
    expect(one?.length).toBeLessThan(400);
    expect(three?.map(({ step, valLoss }) => [step, valLoss?.toFixed(4)])).toEqual(
      one?.map(({ step, valLoss }) => [step, valLoss?.toFixed(4)]),
    );
    // Kept by rank 0 alone.
    expect(folder.names().filter((name) => name.startsWith("three"))).toEqual(
      folder
        .names()
        .filter((name) => name.startsWith("one"))
        .map((name) => name.replace("one", "three")),
    );
  });

  test("a run of 2 is continued by 3, and by one process", async () => {
    const folder = folderWithNames();
    const run = `train ${MODEL} --batch_size 6 --schedule constant --log_interval 1`;
    const expected = lossesOf((await folder.microgpt(`${run} --num_steps 60 --out one.safetensors`)).stdout);
    const parts = [
      await runJob(folder, 2, `${run} --num_steps 20 --out m.safetensors --distributed mpi`),
      await runJob(folder, 3, `train names.txt --resume m.safetensors --num_steps 40 --json ${SHARED} --num_samples 0`),
      await folder.microgpt(
        "train names.txt --resume m.safetensors --num_steps 60 --json --log_interval 1 --num_samples 0",
      ),
    ];
    expect(parts.map(({ code, stderr }) => [code, stderr])).toEqual(parts.map(() => [0, ""]));
    expectClose(
      parts.flatMap(({ stdout }) => lossesOf(stdout)),
      expected,
    );
  });

  test.each([
    ["of a missing file", "train none.txt", "no such file"],
    [
      "of a step with fewer sequences than ranks",
      "train names.txt --preset microgpt",
      "a sequence of each step for each of 2 ranks, got 1",
    ],
    [
      "of other data on another rank",
      "train RANK.txt --preset microgpt --batch_size 2",
      "got another one on rank 1 (host ",
    ],
    ["of data that another rank lacks", "train only-RANK.txt --preset microgpt --batch_size 2", "rank 1 (host "],
    [
      "of a run that diverges",
      "train names.txt --preset microgpt --batch_size 2 --learning_rate 1e30",
      "expected a finite ",
    ],
    ["of a sweep into a file", "sweep names.txt --n_embd 8 --n_head 1,2 --out names.txt", "expected a folder"],
  ])("the error %s is one line, by rank 0", async (_, words, message) => {
    const folder = folderWithNames();
    folder.write("0.txt", "anna\nbob\n");
    folder.write("1.txt", "anna\neve\n");
    folder.write("only-0.txt", "anna\nbob\n");
    const steps = words.startsWith("train") ? " --num_steps 30" : "";
    const { code, stderr } = await runJob(folder, 2, `${words}${steps} --distributed mpi`);
    expect(code).toBe(1);
    const own = linesOf(stderr).filter((line) => line.startsWith("microgpt: "));
    expect(own).toEqual([expect.stringContaining(message)]);
    expect(stderr).not.toMatch(/internal:|\bat .*\.js:\d/);
  });

  test("Ctrl-C ends them after the same step, and saves", async () => {
    const folder = folderWithNames();
    // Little output: mpirun reads no more of it after Ctrl-C.
    const model = MODEL.replace(" --json", "");
    const job = startJob(
      folder,
      2,
      `train ${model} --batch_size 4 --num_steps 100000000 --engine wasm --distributed mpi`,
    );
    await job.running.says(/step +[3-9]\d\d/);
    job.running.kill("SIGINT");
    await job.ended;
    expect(folder.model("model.safetensors").progress?.losses.length).toBeGreaterThanOrEqual(300);
    expect(await gone(folder)).toEqual([]);
  });

  test("a sweep's combinations are shared", async () => {
    const folder = folderWithNames();
    const words = "sweep names.txt --preset microgpt --n_embd 4,8 --n_head 1,2 --num_steps 20 --distributed mpi --json";
    const { code, stdout } = await runJob(folder, 2, words);
    expect(code).toBe(0);
    const records = recordsOf(stdout);
    expect(records.filter(({ type, state }) => type === "run" && state === "done")).toHaveLength(4);
    expect(records.at(-1)).toMatchObject({ type: "end", stopped: false });
    const saved = JSON.parse(folder.bytes("sweep/sweep.json").toString());
    expect(saved.runs.map(({ state }: { state: string }) => state)).toEqual(Array(4).fill("done"));
    const again = await folder.microgpt(words.replace(" --distributed mpi", ""));
    expect(recordsOf(again.stdout)[0]).toMatchObject({ left: 0 });
  });

  test.each([
    ["SIGKILL", 0, /got the end of rank 0;/],
    [
      "SIGKILL",
      1,
      /got the end of rank 1 \(host \S+, process \d+\); continue with microgpt train --resume model\.safetensors/,
    ],
    ["SIGKILL", 2, /got the end of rank 2 \(/],
    ["SIGSTOP", 1, /got nothing from rank 1 for 10 s \(/],
  ] as const)(
    "after %s of rank %d all end, one line says so, and the run can be continued",
    async (signal, rank, line) => {
      const folder = folderWithNames();
      const job = startJob(
        folder,
        3,
        `train ${MODEL} --batch_size 6 --num_steps 100000000 --save_interval 100 --engine wasm ${SHARED}`,
      );
      await job.running.says(/"step":300,/);
      const stopped = job.ranks().get(rank);
      if (stopped === undefined) throw new Error("there is no such rank");
      process.kill(stopped, signal);
      const { stderr } = await job.ended;
      expect(stderr).toMatch(line);
      expect(await gone(folder)).toEqual([]);
      await expectResumable(folder);
    },
  );
});

describe.skipIf(lackingHosts !== undefined)(joining("two hosts", lackingHosts), () => {
  const hosts = lackingHosts === undefined ? new TwoHosts() : undefined;
  afterAll(() => hosts?.remove());
  const start = (folder: Folder, words: string): Job => {
    if (hosts === undefined) throw new Error("there are no hosts");
    return hosts.start(folder, words);
  };

  test("train what one process does", async () => {
    const folder = folderWithNames();
    const run = `train ${MODEL} --num_steps 200 --batch_size 4 --log_interval 1`;
    const expected = lossesOf((await folder.microgpt(`${run} --out one.safetensors`)).stdout);
    const { code, stdout } = await start(folder, `${run} --distributed mpi`).ended;
    expect(code).toBe(0);
    expect(recordsOf(stdout)[0]?.notes).toMatchObject([{ text: "2 ranks share each step: host-a, host-b" }]);
    expectClose(lossesOf(stdout), expected);
  });

  test("end when the cable between them is cut, and the run can be continued", async () => {
    const folder = folderWithNames();
    const job = start(
      folder,
      `train ${MODEL} --batch_size 4 --num_steps 100000000 --save_interval 100 --engine wasm ${SHARED}`,
    );
    await job.running.says(/"step":300,/);
    hosts?.cut();
    const { stderr } = await job.ended;
    expect(stderr).toMatch(/got nothing from rank 1 for 10 s \(host host-b, process \d+\); continue with/);
    expect(await gone(folder)).toEqual([]);
    await expectResumable(folder);
  });
});

test("a process that mpirun did not start is told how to start several, or what is missing", async () => {
  const { code, stderr } = await folderWithNames().microgpt("train names.txt --distributed mpi");
  expect(code).toBe(1);
  expect(linesOf(stderr)).toEqual([
    expect.stringMatching(
      /^microgpt: distributed training: expected .*; (put mpirun -n 2 before|apt install|run npm install)/,
    ),
  ]);
});

/** The processes of a job that are left 30 s after the first has gone. */
async function gone(folder: Folder): Promise<number[]> {
  for (let i = 0; i < 300 && allOf(folder.path).length > 0; i++) await setTimeout(100);
  return allOf(folder.path);
}

async function expectResumable(folder: Folder): Promise<void> {
  const steps = folder.model("model.safetensors").progress?.losses.length ?? 0;
  expect(steps).toBeGreaterThanOrEqual(100);
  const resume = `train names.txt --resume model.safetensors --num_steps ${steps + 5} --num_samples 0`;
  expect(await folder.microgpt(resume)).toMatchObject({ code: 0, stderr: "" });
}
