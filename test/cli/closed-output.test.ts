/** Commands whose reader leaves: they end without a word, and no run is lost. */

import { spawn } from "node:child_process";
import { beforeAll, describe, expect, test } from "vitest";
import { CLI, type Folder, folderWithNames, NAMES, TINY } from "../support/cli.ts";

interface End {
  readonly code: number | null;
  readonly stderr: string;
}

/** Runs microgpt, and closes a channel: at once, or after the first output. Fails after half a minute. */
function closed(folder: Folder, channel: "stdout" | "stderr", words: string, when: "at once" | "later"): Promise<End> {
  const child = spawn(process.execPath, [CLI, ...words.split(" ").filter((word) => word !== "")], {
    cwd: folder.path,
    env: { PATH: process.env.PATH, HOME: folder.path },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  let stderr = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  if (when === "at once") child[channel].destroy();
  else child[channel].once("data", () => child[channel].destroy());
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stderr })));
}

const LONG = `--preset microgpt --n_embd 8 --n_head 2 --num_steps 10000000 --num_samples 0 --engine wasm`;
const elsewhere = process.platform === "win32";

describe.skipIf(elsewhere)(elsewhere ? "skipped because Windows has no EPIPE" : "a command whose reader leaves", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY}`);
  });

  test.each([
    "--help",
    "help",
    "lab --help",
    "train --help",
    "--version",
    "info model.safetensors",
    "graph",
    "runs",
    "tokenizer model.safetensors --text emma",
    "sample model.safetensors --num_samples 100000000",
    "bench --quick --threads 1",
    `train names.txt ${LONG} --dry_run`,
  ])("ends at once and silently: %s", async (words) => {
    expect(await closed(folder, "stdout", words, "at once")).toEqual({ code: 0, stderr: "" });
  });

  test.each(["--help", "sample model.safetensors --num_samples 100000000 --json"])(
    "also amidst its output: %s",
    async (words) => {
      expect(await closed(folder, "stdout", words, "later")).toEqual({ code: 0, stderr: "" });
    },
  );

  test.each([
    ["", 2],
    ["--nonsense", 2],
    ["info missing.safetensors", 1],
  ])("keeps its exit code when no one reads its errors: %s", async (words, code) => {
    expect(await closed(folder, "stderr", words, "at once")).toEqual({ code, stderr: "" });
  });

  test.each(["", "--json"])("a run stops after a step and is saved: train %s", async (form) => {
    const mine = folderWithNames();
    expect(await closed(mine, "stdout", `train names.txt ${LONG} ${form}`, "later")).toEqual({ code: 0, stderr: "" });
    expect(mine.model("model.safetensors").progress?.losses.length).toBeGreaterThan(0);
    const end = mine.bytes("model.metrics.jsonl").toString().trimEnd().split("\n").at(-1) ?? "";
    expect(JSON.parse(end)).toMatchObject({ type: "end", reason: "interrupted" });
  });

  test("a sweep stops after a run; the same words continue it", async () => {
    const mine = folderWithNames();
    mine.write("more.txt", NAMES);
    const words = `sweep more.txt ${TINY.replace("--num_samples 3", "")} --seed 1,2,3,4`;
    expect(await closed(mine, "stdout", words, "at once")).toEqual({ code: 0, stderr: "" });
    const states = (): string[] =>
      JSON.parse(mine.bytes("sweep/sweep.json").toString()).runs.map(({ state }: { state: string }) => state);
    expect(states().at(-1)).toBe("waiting");
    expect((await mine.microgpt(words)).code).toBe(0);
    expect(states()).toEqual(["done", "done", "done", "done"]);
  });
});

test.skipIf(process.platform !== "linux")("help for a full disk is one complaint", async () => {
  const folder = folderWithNames();
  const { code, stderr } = await folder.startProgram("sh", [
    "-c",
    `"$0" "$1" --help > /dev/full`,
    process.execPath,
    CLI,
  ]).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^microgpt: standard output: expected to write, got a full disk; [^\n]*\n$/);
});
