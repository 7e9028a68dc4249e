/** Commands from users of other programs in their first hour, and the answers. */

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { CLI, Folder, folderWithNames, linesOf, NAMES, TINY } from "../support/cli.ts";

describe("row 34: commands typed from habit", () => {
  test("nanoGPT's line for a CPU trains", async () => {
    const line =
      "train names.txt --device=cpu --compile=False --eval_iters=2 --log_interval=1 --block_size=16 --batch_size=4 " +
      "--n_layer=1 --n_head=2 --n_embd=8 --max_iters=20 --lr_decay_iters=20 --dropout=0.0 --num_samples 1";
    const { code, stdout, stderr } = await folderWithNames().microgpt(line);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^step {3}20 \/ {3}20 /m);
  });

  test("a config of nanoGPT becomes a line of flags", async () => {
    const folder = folderWithNames();
    folder.write("shakespeare_char.txt", NAMES);
    folder.write(
      "train_shakespeare_char.py",
      "out_dir = 'out'\neval_interval = 250 # often\nwandb_log = False\ndataset = 'shakespeare_char'\n" +
        "batch_size = 64\nlearning_rate = 1e-3\nmax_iters = 5000\nlr_decay_iters = 5000\n# device = 'cpu'\n",
    );
    const { code, stderr } = await folder.microgpt("train train_shakespeare_char.py");
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /; type microgpt train shakespeare_char\.txt --eval_interval 250 --batch_size 64 --learning_rate 1e-3 --num_steps 5000\n$/,
    );
  });

  test("but other Python is text", async () => {
    const folder = new Folder();
    folder.write("code.py", "batch_size = 3\n".concat("def f(x):\n    return x + 1\n".repeat(30)));
    const { code } = await folder.microgpt(`train code.py --dry_run ${TINY}`);
    expect(code).toBe(0);
  });

  // Anything that a shell or a program may connect. None may hang, and none may consume the input of a shell loop.
  const NOTE = "note: this trains on names, not on standard input; to train on that, add a dash: microgpt train -";
  const train = `"$0" "$1" train ${TINY} --num_steps 2 --num_samples 1`;
  test.each<[what: string, command: string, noted: boolean]>([
    ["a pipe", `printf 'a\\nb\\n' | ${train}`, true],
    ["a file", `${train} < names.txt`, true],
    ["a pipe that says nothing", `{ ${train}; echo over; } | { cat; } 3>&1`, false],
    ["nothing", `${train} < /dev/null`, false],
    ["a closed input", `${train} <&-`, false],
    ["a dash", `printf 'abc\\nbcd\\ncba\\n' | ${train.replace("train", "train -")}`, false],
    ["the list of a loop", `printf 'a\\nb\\n' | while read x; do ${train}; echo "$x."; done; echo over`, true],
  ])("text on standard input without a dash is not silently ignored: %s", async (_, command, noted) => {
    const { code, stdout } = await folderWithNames().startProgram("sh", ["-c", command, process.execPath, CLI]).ended;
    expect({ code, noted: stdout.includes(NOTE) }).toEqual({ code: 0, noted });
    if (command.includes("while"))
      expect(linesOf(stdout).filter((line) => /^[ab]\.$/.test(line))).toEqual(["a.", "b."]);
  });

  test("from a program too; a silent one is not waited for", async () => {
    const words = `train ${TINY} --num_steps 2 --num_samples 1`;
    expect((await folderWithNames().microgpt(words, { input: NAMES })).stdout).toContain(NOTE);
    expect((await folderWithNames().microgpt(words)).stdout).not.toContain(NOTE);
  });

  test("--temperature 0 always takes the likeliest", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY}`);
    const { code, stdout } = await folder.microgpt("sample --temperature 0 --num_samples 4 --quiet");
    expect({ code, texts: new Set(linesOf(stdout)).size }).toEqual({ code: 0, texts: 1 });
    const other = await folder.microgpt("sample --top_k 1 --seed 9 --num_samples 1 --quiet");
    expect(other.stdout).toBe(`${linesOf(stdout)[0]}\n`);
  });
});

describe("row 36: the pages are right", () => {
  const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

  test("--tensorboard writes into the folder that docs/metrics.md names", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY} --quiet --tensorboard`);
    const [, named] = /event files in the folder `(\S+)` beside `model\.safetensors`/.exec(page("metrics.md")) ?? [];
    expect(folder.names()).toContain(named);
  });

  // As in docs/live-line.md; the last step always has its line.
  test.each<[flags: string, steps: readonly number[]]>([
    ["--num_steps 5", [1, 2, 3, 4, 5]],
    ["--num_steps 25 --log_interval 10", [10, 20, 25]],
    ["--num_steps 41 --eval_interval 40 --val_fraction 0.3", [...Array.from({ length: 20 }, (_, i) => 2 * i + 2), 41]],
  ])("a pipe gets twenty lines between two evaluations, or one a step: %s", async (flags, steps) => {
    const { stdout } = await folderWithNames().microgpt(`train names.txt ${TINY} ${flags} --num_samples 0`);
    const said = [...stdout.matchAll(/^step +(\d+) \//gm)].map(([, step]) => Number(step));
    expect(said).toEqual(steps);
    expect(page("live-line.md")).toMatch(/twenty lines are printed between two evaluations, or a line for each step/);
  });

  test("examples that the README and the pages name are in the package", () => {
    const named = ["README.md", "docs/autograd.md"].flatMap((name) => {
      const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
      return [...text.matchAll(/examples\/[\w-]+\.ts/g)].map(([path]) => path);
    });
    expect(named.length).toBeGreaterThan(3);
    for (const path of named) expect(existsSync(new URL(`../../${path}`, import.meta.url))).toBe(true);
    expect(packageJson.files).toContain("examples");
  });
});
