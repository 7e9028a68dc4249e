/** Two runs that want one name, and signals: none of them costs a model. */

import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readMetrics } from "microgpt/node";
import { describe, expect, test } from "vitest";
import { CLI, type Folder, folderWithNames, linesOf, type Running } from "../support/cli.ts";

const TINY = "--preset microgpt --n_embd 4 --n_head 1 --num_samples 0";
const ENDLESS = `${TINY} --num_steps 100000000 --engine wasm`;
const CLAIM = ".model.safetensors.claim";

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await what()); waited += 20) {
    if (waited > 60_000) throw new Error(`not in a minute: ${what}`);
    await setTimeout(20);
  }
}

/** Starts a long run, and waits for its first steps. */
async function running(folder: Folder, words: string): Promise<Running> {
  const run = folder.start(`train names.txt ${ENDLESS} ${words}`);
  await run.says(/^step +3 /m);
  return run;
}

const hidden = (folder: Folder): string[] => folder.names().filter((name) => name.startsWith("."));
const seedOf = (folder: Folder, name: string): number | undefined => folder.model(name).progress?.settings.seed;

describe("row 1: unnamed runs in one folder", () => {
  // Similar cases: three or more at once, one that starts while the other reads its data, one after a killed run.
  test("six at once make six models and six metrics, each of one run", async () => {
    const folder = folderWithNames();
    const seeds = [1, 2, 3, 4, 5, 6];
    const runs = seeds.map((seed) => folder.microgpt(`train names.txt ${TINY} --num_steps 40 --seed ${seed}`));
    for (const outcome of await Promise.all(runs)) expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const stems = ["model", "model-2", "model-3", "model-4", "model-5", "model-6"];
    expect(folder.names()).toEqual(
      [...stems.flatMap((stem) => [`${stem}.metrics.jsonl`, `${stem}.safetensors`]), "names.txt"].sort(),
    );
    expect(stems.map((stem) => seedOf(folder, `${stem}.safetensors`)).sort()).toEqual(seeds);
    for (const stem of stems) {
      const { run, end } = await readMetrics(folder.at(`${stem}.metrics.jsonl`));
      expect([end?.reason, run.settings]).toEqual(["done", folder.model(`${stem}.safetensors`).progress?.settings]);
    }
  });

  test("one that waits for its data already has its name, and releases it if the data does not come", async () => {
    const folder = folderWithNames();
    const first = folder.startProgram("sh", ["-c", `sleep 60 | exec "$0" "$1" train - ${TINY}`, process.execPath, CLI]);
    await until(() => existsSync(folder.at(CLAIM)));
    expect(await folder.microgpt(`train names.txt ${TINY} --num_steps 5`)).toMatchObject({ code: 0 });
    expect(folder.names()).toContain("model-2.safetensors");
    first.kill("SIGKILL");
    const failed = await folder.microgpt(`train missing.txt ${TINY}`);
    expect(failed.code).toBe(1);
    expect(hidden(folder).filter((name) => name.includes("-2"))).toEqual([]);
  });

  test("a killed one blocks no other, and no hidden file is left at the end", async () => {
    const folder = folderWithNames();
    const killed = await running(folder, "");
    killed.kill("SIGKILL");
    await killed.ended;
    expect(hidden(folder)).toContain(CLAIM);
    expect(await folder.microgpt(`train names.txt ${TINY} --num_steps 5 --seed 7`)).toMatchObject({ code: 0 });
    expect(seedOf(folder, "model.safetensors")).toBe(7);
    expect(hidden(folder)).toEqual([]);
  });
});

describe("row 2: a name in use by a live run", () => {
  // Similar cases: --resume of it, another spelling or a link to it, a name whose best or metrics are the same files.
  test("is refused, naming the process; after its death it is not", async () => {
    const folder = folderWithNames();
    symlinkSync("m.safetensors", folder.at("link"));
    const run = await running(folder, "--out m.safetensors --save_interval 1");
    await until(() => existsSync(folder.at("m.safetensors")));
    const { pid } = (await readMetrics(folder.at("m.metrics.jsonl"))).run;
    const words = [
      `train names.txt ${TINY} --out m.safetensors`,
      `train names.txt ${TINY} --out ./m.safetensors`,
      `train names.txt ${TINY} --out ${folder.at("m.safetensors")}`,
      `train names.txt ${TINY} --out link`,
      `train names.txt ${TINY} --out m`,
      `train names.txt ${TINY} --out m.best.safetensors`,
      "train --resume m.safetensors",
    ];
    for (const refused of await Promise.all(words.map((one) => folder.microgpt(one)))) {
      expect([refused.code, refused.stdout]).toEqual([1, ""]);
      expect(linesOf(refused.stderr)).toEqual([
        expect.stringMatching(
          new RegExp(
            `^microgpt: output \\S+: expected a name that no other process writes to, got process ${pid}, which`,
          ),
        ),
      ]);
    }
    expect((await folder.microgpt("runs")).stdout).toMatch(/running\n$/);
    run.kill("SIGKILL");
    await run.ended;
    expect((await folder.microgpt("runs")).stdout).toMatch(/stopped\n$/);
    const resumed = await folder.microgpt("train --resume m.safetensors --num_steps 9 --num_samples 0");
    expect(resumed.stderr).toMatch(/^(|microgpt: resume: .*)\n?$/);
    expect(hidden(folder)).toEqual([]);
  });

  test("is free if another process has the dead one's id", async () => {
    const folder = folderWithNames();
    const run = await running(folder, "--out m.safetensors");
    run.kill("SIGKILL");
    await run.ended;
    // This process is alive, but is not the owner.
    for (const name of hidden(folder)) {
      const text = readFileSync(folder.at(name), "utf8");
      writeFileSync(folder.at(name), text.replace(/"pid":\d+/, `"pid":${process.pid}`));
    }
    const metrics = folder.at("m.metrics.jsonl");
    writeFileSync(metrics, readFileSync(metrics, "utf8").replace(/"pid":\d+/, `"pid":${process.pid}`));
    expect((await folder.microgpt("runs")).stdout).toMatch(/stopped\n$/);
    expect(await folder.microgpt(`train names.txt ${TINY} --num_steps 5 --out m.safetensors`)).toMatchObject({
      code: 0,
      stderr: "",
    });
  });
});

test("row 4: Ctrl-C during the last samples costs nothing: the run is done, its metrics are whole", async () => {
  // Similar cases: a kill there, a reader that leaves.
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    const folder = folderWithNames();
    const words = `train names.txt --preset microgpt --n_embd 4 --n_head 1 --num_steps 30 --num_samples 10000000`;
    const run = folder.start(words);
    await run.says(/^sample 10: /m);
    run.kill(signal);
    expect(await run.ended).toMatchObject({ signal });
    expect(folder.names()).toEqual(["model.metrics.jsonl", "model.safetensors", "names.txt"]);
    const { steps, end } = await readMetrics(folder.at("model.metrics.jsonl"));
    expect([steps.at(-1)?.step, end]).toEqual([30, { step: 30, reason: "done" }]);
    expect((await folder.microgpt("runs")).stdout).toMatch(/done\n$/);
  }
});

describe("row 5: a run is saved", () => {
  test("when its terminal is closed (SIGHUP), as at Ctrl-C", async () => {
    const folder = folderWithNames();
    const run = await running(folder, "");
    run.kill("SIGHUP");
    expect(await run.ended).toMatchObject({ code: 0, stderr: "" });
    expect(folder.model("model.safetensors").progress?.losses.length).toBeGreaterThan(2);
    expect((await readMetrics(folder.at("model.metrics.jsonl"))).end?.reason).toBe("interrupted");
    expect(hidden(folder)).toEqual([]);
  });

  test.each(["SIGKILL", "SIGHUP"] as const)("when its sweep ends by %s, and ends with it", async (signal) => {
    const folder = folderWithNames();
    const sweep = folder.start(
      `sweep names.txt --seed 1,2 --n_embd 4 --n_head 1 --num_steps 100000000 --eval_interval 50 --engine wasm`,
    );
    const path = join(folder.path, "sweep", "seed-1.metrics.jsonl");
    const read = async (): ReturnType<typeof readMetrics> => readMetrics(path);
    await until(async () => (await read().catch(() => undefined))?.steps.at(-1) !== undefined);
    const { pid } = (await read()).run;
    sweep.kill(signal);
    await sweep.ended;
    await until(async () => (await read()).end !== undefined);
    const { end } = await read();
    expect([end?.reason, folder.model("sweep/seed-1.safetensors").progress?.losses.length]).toEqual([
      "interrupted",
      end?.step,
    ]);
    await until(() => !isThere(pid));
    expect((await folder.microgpt("runs sweep")).stdout).toMatch(/stopped\n$/);
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
