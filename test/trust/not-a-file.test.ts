/** Something else under the name of a file that the program opens by itself: it must report it, and never wait. */

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Folder, folderWithNames, TINY } from "../support/cli.ts";

const posix = process.platform !== "win32";

async function withPrepared(): Promise<Folder> {
  const folder = folderWithNames();
  await folder.microgpt("prepare names.txt --out D --quiet");
  return folder;
}

async function withModel(): Promise<Folder> {
  const folder = folderWithNames();
  await folder.microgpt(`train names.txt ${TINY} --out m.safetensors --quiet`);
  return folder;
}

async function withSweep(): Promise<Folder> {
  const folder = folderWithNames();
  mkdirSync(folder.at("S"));
  folder.write("S/sweep.json", "{}");
  return folder;
}

/** With a shell, which finds mkfifo on any system that has it. */
function makePipe(path: string): void {
  execFileSync("sh", ["-c", 'mkfifo "$0"', path]);
}

describe.skipIf(!posix)("row 28: refused at once in place of a file", () => {
  test.each<[file: string, words: string, start: () => Promise<Folder>, said: string]>([
    ["D/meta.json", "train D --dry_run", withPrepared, "expected a file, got a pipe; name a file"],
    ["D/train.bin", "train D --dry_run", withPrepared, "expected a file, got a pipe"],
    ["D/val.bin", "train D --dry_run", withPrepared, "expected a file, got a pipe"],
    ["D/tokenizer.json", "train D --dry_run", withPrepared, "expected a file, got a pipe"],
    ["D/tokenizer.json", "train names.txt --tokenizer D/tokenizer.json", withPrepared, "expected a file, got a pipe"],
    ["D/meta.json", "prepare names.txt --out D", withPrepared, "got one with other files in it"],
    ["m.safetensors", "sample m.safetensors", withModel, "expected a file, got a pipe"],
    ["m.safetensors", "train names.txt --init_from m.safetensors", withModel, "expected a file, got a pipe"],
    ["m.metrics.jsonl", "runs m.metrics.jsonl", withModel, "expected a file, got a pipe"],
    ["S/sweep.json", "sweep names.txt --learning_rate 0.1,0.01 --out S", withSweep, "expected a file, got a pipe"],
  ])("%s: %s", async (file, words, start, said) => {
    const folder = await start();
    rmSync(folder.at(file));
    makePipe(folder.at(file));
    const { code, stderr } = await folder.microgpt(words);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) });
    expect(stderr).not.toContain("internal:");
  });

  test("a link to a pipe, an endless device, a folder", async () => {
    const folder = await withPrepared();
    const path = folder.at("D/meta.json");
    makePipe(folder.at("pipe"));
    for (const [target, got] of [
      [folder.at("pipe"), "a pipe"],
      ["/dev/zero", "a device"],
      [folder.path, "a folder"],
    ] as const) {
      rmSync(path);
      symlinkSync(target, path);
      const { code, stderr } = await folder.microgpt("train D --dry_run");
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`got ${got}; name a file`) });
    }
  });

  test("metrics of a run that resumes: reported, and the run continues", async () => {
    const folder = await withModel();
    rmSync(folder.at("m.metrics.jsonl"));
    makePipe(folder.at("m.metrics.jsonl"));
    const { code, stdout, stderr } = await folder.microgpt("train names.txt --resume m.safetensors --num_steps 25");
    expect({ code, said: stdout + stderr }).toEqual({ code: 0, said: expect.stringContaining("got a pipe") });
  });
});
