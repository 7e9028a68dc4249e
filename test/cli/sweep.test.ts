/** `microgpt sweep` over the real `microgpt train`. */

import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readMetrics } from "microgpt/node";
import { describe, expect, test } from "vitest";
import { folderWithNames, linesOf, recordsOf } from "../support/cli.ts";

const FLAGS = "--n_head 2 --num_steps 20 --engine scalar";
const FOREVER = 100_000_000;

/** Waits until the first run of a sweep has written another step. */
async function trains(folder: string): Promise<void> {
  const path = join(folder, "n_embd-4.metrics.jsonl");
  const last = async (): Promise<number> => (await readMetrics(path).catch(() => undefined))?.steps.at(-1)?.step ?? 0;
  const before = await last();
  for (let waited = 0; (await last()) <= before; waited += 100) {
    if (waited > 60_000) throw new Error("no step in a minute");
    await setTimeout(100);
  }
}

describe("microgpt sweep", () => {
  test("trains each combination once", async () => {
    const folder = folderWithNames();
    const words = `sweep names.txt ${FLAGS} --n-embd 4,8 --learning_rate=0.01,0.1 --patience 0`;
    const { code, stdout, stderr } = await folder.microgpt(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = linesOf(stdout);
    expect(lines[0]).toBe("4 combinations of n_embd and learning_rate, in sweep/");
    expect(lines[1]).toMatch(/^1\/4 n_embd 4, learning_rate 0\.01: .*loss \d\.\d{4}/);
    for (const size of [4, 8]) {
      for (const rate of ["0.01", "0.1"]) {
        const { model, progress } = folder.model(`sweep/n_embd-${size}_learning_rate-${rate}.safetensors`);
        expect([model.config.nEmbd, progress?.settings.learningRate, progress?.losses.length]).toEqual([
          size,
          Number(rate),
          20,
        ]);
      }
    }
    const sweep = JSON.parse(folder.bytes("sweep/sweep.json").toString());
    expect(sweep).toMatchObject({
      type: "sweep",
      version: 1,
      files: ["names.txt"],
      varied: ["n_embd", "learning_rate"],
    });

    const again = recordsOf((await folder.microgpt(`${words} --json`)).stdout);
    expect(again[0]).toEqual({ type: "sweep", folder: "sweep", combinations: 4, left: 0 });
    expect(again.slice(1)).toEqual([expect.objectContaining({ type: "end", stopped: false })]);
    expect(JSON.parse(folder.bytes("sweep/sweep.json").toString())).toEqual(sweep);
  });

  test("shows train's error for a combination that fails, and continues", async () => {
    const folder = folderWithNames();
    const { code, stdout } = await folder.microgpt(`sweep names.txt ${FLAGS} --n_embd 5,4`);
    expect(code).toBe(0);
    expect(linesOf(stdout)[1]).toMatch(/^1\/2 n_embd 5: failed: config: expected n_embd to be a multiple of n_head/);
    expect(linesOf(stdout)[2]).toMatch(/^2\/2 n_embd 4: (?!failed)/);
    const { runs } = JSON.parse(folder.bytes("sweep/sweep.json").toString());
    expect(runs).toMatchObject([{ state: "failed", code: "conflict" }, { state: "done" }]);
  });

  test("fails if train cannot be started at all", async () => {
    const folder = folderWithNames();
    const { code, stderr } = await folder.microgpt(`sweep missing.txt ${FLAGS} --n_embd 4,8`);
    expect(code).toBe(1);
    expect(linesOf(stderr)).toEqual([
      expect.stringMatching(/^microgpt: sweep: expected a run that succeeds, got .*missing\.txt/),
    ]);
  });

  test("lets the current run save at Ctrl-C, begins no more, and later resumes", async () => {
    const folder = folderWithNames();
    const words = `names.txt --n_embd 4,8 --n_head 2 --num_steps ${FOREVER} --out kept`;
    const interrupted = async (): Promise<string[]> => {
      const run = folder.start(`sweep ${words}`);
      await run.says(/in kept\//);
      await trains(folder.at("kept"));
      run.kill("SIGINT");
      const { code, stdout, stderr } = await run.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return linesOf(stdout);
    };
    const states = (): unknown[] => {
      const { runs } = JSON.parse(folder.bytes("kept/sweep.json").toString());
      return runs.map(({ state, step }: { state: string; step?: number }) => [state, (step ?? 0) > 0]);
    };
    const steps = (): number => folder.model("kept/n_embd-4.safetensors").progress?.losses.length ?? 0;

    const lines = await interrupted();
    expect(lines).toContain("stopping once the current run has saved (Ctrl-C again quits at once)");
    expect(lines.at(-2)).toBe(`next: microgpt sweep ${words}`);
    expect(states()).toEqual([
      ["stopped", true],
      ["waiting", false],
    ]);
    const before = steps();
    await interrupted();
    expect(steps()).toBeGreaterThan(before);
    expect(states()[0]).toEqual(["stopped", true]);
  });

  test.each<[what: string, words: string, message: RegExp]>([
    ["nothing to vary", "sweep names.txt --n_embd 8", /usage: expected a flag with several values, got none/],
    [
      "too many combinations",
      "sweep names.txt --max_runs 3 --n_embd 2,4 --seed 1,2",
      /at most 3 combinations, got 4; .* --max_runs 4/,
    ],
    [
      "a value that train refuses",
      "sweep names.txt --n_embd 8,many",
      /--n_embd to be a whole number, 1 or more, got "many"/,
    ],
    ["a flag that is none", "sweep names.txt --n_umbd 8,16", /unknown option '--n_umbd' .*see microgpt sweep --help/],
    ["standard input", "sweep - --n_embd 8,16", /got standard input, which can be read only once/],
  ])("refuses %s, and leaves no folder behind", async (_, words, message) => {
    const folder = folderWithNames();
    const outcome = await folder.microgpt(words);
    expect(outcome).toMatchObject({ code: 2, stdout: "" });
    expect(linesOf(outcome.stderr)).toEqual([expect.stringMatching(message)]);
    expect(folder.names()).toEqual(["names.txt"]);
  });
});
