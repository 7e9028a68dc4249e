/** `--engine auto`, the default: which engine a run gets, why, and that the same command always gets the same one. */

import { chmodSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { absent, compiling, KEPT } from "../../src/native/native-testing.ts";
import { type Folder, folderWithNames, type JsonRecord, linesOf, recordsOf } from "../support/cli.ts";

const MODEL = "train names.txt --preset microgpt --n_embd 8 --n_head 2 --num_samples 0";
/** Takes hours on WebAssembly, and is so large that machine code is faster even beside other tests. */
const LONG = `${MODEL.replace("--n_embd 8", "--n_embd 64")} --batch_size 8 --num_steps 500000000`;
const SHORT = `${MODEL} --num_steps 20`;
const CACHED = { MICROGPT_CACHE_DIR: KEPT.cacheDir ?? "" };
const BARE = { PATH: "/nowhere" };
const NO_KOFFI = { NODE_OPTIONS: `--require ${fileURLToPath(new URL("../fixtures/no-koffi.cjs", import.meta.url))}` };

type Environment = Readonly<Record<string, string>>;

/** Runs until it has said that, by default some steps, and stops it. */
async function begin(folder: Folder, words: string, env: Environment, until = /^(.*\n){30}/): Promise<JsonRecord[]> {
  const run = folder.start(`${words} --json`, { env });
  await run.says(until);
  run.kill("SIGINT");
  const { code, stdout, stderr } = await run.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return recordsOf(stdout);
}

const startOf = (records: readonly JsonRecord[]): JsonRecord | undefined =>
  records.find(({ type }) => type === "start");
const lossesOf = (records: readonly JsonRecord[]): unknown[] =>
  records.filter(({ type }) => type === "step").map(({ loss }) => loss);

test("a short run is for WebAssembly, and says so", async () => {
  const { stdout } = await folderWithNames().microgpt(SHORT);
  expect(linesOf(stdout)[3]).toBe("engine: wasm: the run is too short to compile native code for");
});

test.each([
  ["--strict", "wasm", "strict", "engine: wasm, strict: the same bits on every machine"],
  ["--engine wasm", "wasm", "asked", "engine: wasm"],
  ["--engine scalar", "scalar", "asked", "engine: scalar"],
  ["--engine auto", "wasm", "short", "engine: wasm: the run is too short to compile native code for"],
])("%s is followed", async (flag, name, reason, line) => {
  const folder = folderWithNames();
  const { stdout } = await folder.microgpt(`${SHORT} ${flag} --json`);
  expect(startOf(recordsOf(stdout))?.engine).toEqual({ name, reason });
  expect(linesOf((await folder.microgpt(`${SHORT} ${flag}`)).stdout)).toContain(line);
});

describe.skipIf(absent)(compiling("a long run"), () => {
  test("is for machine code, measured beside WebAssembly, and continues there to the same bits", {
    timeout: 120_000,
  }, async () => {
    const [parts, whole] = [folderWithNames(), folderWithNames()];
    const measured = {
      ...{ name: "native", reason: "faster", gain: expect.any(Number) },
      detail: expect.stringMatching(/^\d+-bit vectors, \S+$/),
    };
    const first = await begin(parts, LONG, CACHED);
    expect(startOf(first)?.engine).toEqual(measured);
    const second = await begin(parts, "train --resume model.safetensors", CACHED);
    const { gain: _, ...resumed } = measured;
    expect(startOf(second)?.engine).toEqual({ ...resumed, reason: "resumed" });
    expect(parts.model("model.safetensors").accelerator).toBe("native");
    const losses = [...lossesOf(first), ...lossesOf(second)];

    const again = await begin(whole, LONG, CACHED, new RegExp(`"step":${losses.length},`));
    expect(startOf(again)?.engine).toEqual(measured);
    expect(lossesOf(again).slice(0, losses.length)).toEqual(losses);

    const bare = await begin(parts, "train --resume model.safetensors", BARE);
    expect(bare[0]).toMatchObject({
      type: "warning",
      text: expect.stringMatching(/install gcc or clang.*; WebAssembly takes over$/),
    });
    expect(startOf(bare)?.engine).toEqual({ name: "wasm", reason: "missing" });
    expect(parts.model("model.safetensors").accelerator).toBeUndefined();
  });

  test("--strict stays on WebAssembly", async () => {
    const records = await begin(folderWithNames(), `${LONG} --strict`, CACHED);
    expect(startOf(records)?.engine).toEqual({ name: "wasm", reason: "strict" });
  });

  test("with a compiler that fails it says so once, and stays on WebAssembly", async () => {
    const folder = folderWithNames();
    const broken = folder.at("broken-cc");
    writeFileSync(broken, "#!/bin/sh\necho 'kernel.c:1: error: out of order' >&2\nexit 1\n");
    chmodSync(broken, 0o700);
    const env = { CC: broken, MICROGPT_CACHE_DIR: join(folder.path, "cache") };
    const records = await begin(folder, LONG, env);
    expect(records.filter(({ type }) => type === "warning")).toEqual([
      { type: "warning", text: expect.stringMatching(/out of order.*; WebAssembly takes over$/) },
    ]);
    expect(startOf(records)?.engine).toEqual({ name: "wasm", reason: "failed" });
    const plain = await begin(folderWithNames(), `${LONG} --engine wasm`, env);
    expect(lossesOf(records).slice(0, 20)).toEqual(lossesOf(plain).slice(0, 20));
  });
});

test.each<[what: string, env: Environment, how: RegExp]>([
  ["a compiler", BARE, /a C compiler .* install gcc or clang/],
  ["koffi", { ...NO_KOFFI, CC: process.execPath }, /the package koffi.* run npm install koffi/],
])("without %s a long run is for WebAssembly, and one line says how to get it", async (_, env, how) => {
  const records = await begin(folderWithNames(), LONG, env);
  expect(startOf(records)?.engine).toEqual({
    name: "wasm",
    reason: "missing",
    obstacle: expect.stringMatching(how),
  });
  expect(records.filter(({ type }) => type === "warning")).toEqual([]);
});

test("a sweep passes the engine on", async () => {
  const { stdout } = await folderWithNames().microgpt(
    "sweep names.txt --n_embd 4,8 --n_head 2 --engine native --num_steps 20 --dry_run",
  );
  expect(stdout.match(/train names.txt .*--engine=native/g)).toHaveLength(2);
});

test("a short run starts no compiler", async () => {
  const folder = folderWithNames();
  const spy = folder.at("spy-cc");
  writeFileSync(spy, `#!/bin/sh\ntouch ${resolve(folder.at("called"))}\nexit 1\n`);
  chmodSync(spy, 0o700);
  await folder.microgpt(SHORT, { env: { CC: spy } });
  await folder.microgpt("sample", { env: { CC: spy } });
  expect(folder.names()).not.toContain("called");
});
