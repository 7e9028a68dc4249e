/** A sweep's folder may be untrusted, or in use by another sweep. */

import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CLI, Folder, folderWithNames, linesOf } from "../support/cli.ts";

const WORDS = "sweep names.txt --seed 1,2 --n_embd 4 --n_head 1 --num_steps 5 --eval_interval 0 --val_fraction 0";
const FIXED = { n_head: "1", n_embd: "4", num_steps: "5", eval_interval: "0", val_fraction: "0" };

/** A sweep.json that fits WORDS, except for its first run's name. */
function sweepWith(name: unknown, flags: object = { seed: "1" }): string {
  const runs = [
    { name, flags, state: "waiting" },
    { name: "seed-2", flags: { seed: "2" }, state: "waiting" },
  ];
  return JSON.stringify({ type: "sweep", version: 1, files: ["names.txt"], fixed: FIXED, varied: ["seed"], runs });
}

describe("row 9: a sweep writes nothing outside its folder", () => {
  // Similar cases: any way to leave a folder, on any system; devices; one name for two runs; links that lead out. More
  // of them in src/cli/sweep/file.test.ts.
  test.each(["../../x", "/tmp/x", "..\\x", "x\0y"])("by the name %j in its sweep.json", async (name) => {
    const outer = new Folder();
    mkdirSync(outer.at("in/sweep"), { recursive: true });
    for (const file of ["in/names.txt", "names.txt"]) outer.write(file, "emma\nolivia\n");
    outer.write("in/sweep/sweep.json", sweepWith(name));
    const before = readdirSync(outer.path, { recursive: true }).sort();
    const run = outer.startProgram("sh", [
      "-c",
      `cd in && exec "$0" "$@"`,
      process.execPath,
      CLI,
      ...`${WORDS} --out sweep`.split(" "),
    ]);
    const { code, stderr } = await run.ended;
    expect([code, linesOf(stderr)]).toEqual([
      1,
      [expect.stringMatching(/^microgpt: sweep sweep: .*expected .{1,200}$/)],
    ]);
    expect(readdirSync(outer.path, { recursive: true }).sort()).toEqual(before);
  });

  test.each(["seed-1.safetensors", "seed-2.metrics.jsonl", "seed-1.best.safetensors", "sweep.json"])(
    "through a link in its folder: %s",
    async (file) => {
      const [folder, elsewhere] = [folderWithNames(), new Folder()];
      expect((await folder.microgpt(WORDS.replace("1,2", "3,4"))).code).toBe(0);
      const theirs = folder.bytes("sweep/sweep.json");
      for (const target of ["precious", "missing"]) {
        const swept = new Folder();
        swept.write("names.txt", folder.bytes("names.txt"));
        mkdirSync(swept.at("sweep"));
        if (file !== "sweep.json") swept.write("sweep/sweep.json", theirs);
        elsewhere.write("precious", theirs);
        symlinkSync(elsewhere.at(target), swept.at(join("sweep", file)));
        const { code, stderr } = await swept.microgpt(`${WORDS} --out sweep`);
        expect([code, linesOf(stderr)]).toEqual([1, [expect.stringMatching(/^microgpt: sweep sweep: /)]]);
        expect([elsewhere.bytes("precious").equals(theirs), elsewhere.names()]).toEqual([true, ["precious"]]);
      }
    },
  );

  test("values shortened to one name have a file each", async () => {
    const folder = folderWithNames();
    mkdirSync(folder.at("sweep"));
    folder.write("sweep/sweep.json", sweepWith("seed-1", { seed: "0x1" }));
    expect((await folder.microgpt(`${WORDS} --out sweep`)).code).toBe(0);
    expect(folder.model("sweep/seed-1-2.safetensors").progress?.settings.seed).toBe(1);
  });
});

test("row 2: two sweeps into one folder: the second is refused, and without a name takes another", async () => {
  const folder = folderWithNames();
  const forever = WORDS.replace("--num_steps 5", "--num_steps 100000000");
  const first = folder.start(forever);
  while (!existsSync(folder.at("sweep/.seed-1.safetensors.claim"))) await setTimeout(20);
  for (const words of [`${forever} --out sweep`, forever, `${forever.replace("1,2", "3,4")} --out sweep`]) {
    const { code, stdout, stderr } = await folder.microgpt(words);
    expect([code, stdout, linesOf(stderr)]).toEqual([
      1,
      "",
      [
        expect.stringMatching(
          /^microgpt: sweep sweep: expected a name that no other process writes to, got process \d+, /,
        ),
      ],
    ]);
  }
  expect((await folder.microgpt(WORDS)).code).toBe(0);
  expect(folder.names()).toContain("sweep-2");
  first.kill("SIGINT");
  expect(await first.ended).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(folder.at("sweep")).filter((name) => name.startsWith("."))).toEqual([]);
});

test("row 29: a label is one line of a table, and an invalid date is refused in one line", async () => {
  // Similar cases: any control character in a label, dates as other programs print them.
  const folder = folderWithNames();
  const label = "a\nb\r\u001b[2Jc\td";
  await folder.microgpt(["train", "names.txt", "--num_steps", "5", "--num_samples", "0", "--label", label]);
  const { stdout } = await folder.microgpt("runs");
  expect(linesOf(stdout)).toHaveLength(2);
  expect(stdout).toContain("a\\nb");
  expect(JSON.parse((await folder.microgpt("runs --json")).stdout)).toMatchObject({ name: label });
  const text = folder.bytes("model.metrics.jsonl").toString();
  for (const date of ["NaN", "", "yesterday", "2026-13-01T00:00:00.000Z", "1", "Mon Nov 30 2026\n"]) {
    folder.write("other.metrics.jsonl", text.replace(/"startedAt":"[^"]*"/, `"startedAt":${JSON.stringify(date)}`));
    const { code, stderr } = await folder.microgpt("runs other");
    expect([code, linesOf(stderr)]).toEqual([
      1,
      [expect.stringMatching(/expected startedAt to be a date in line 1, got "/)],
    ]);
    expect(linesOf((await folder.microgpt("runs")).stdout).at(-1)).toMatch(/^note: metrics other/);
  }
});
