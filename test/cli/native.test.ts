/** `--engine native` trains and samples on machine code, and says in one line when there is none. */

import { chmodSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { absent, compiling } from "../../src/native/native-testing.ts";
import { folderWithNames, linesOf, recordsOf, stepsOf } from "../support/cli.ts";

const MODEL = "train names.txt --preset microgpt --n_embd 8 --n_head 2 --num_steps 60";
const losses = (stdout: string): number[] => stepsOf(stdout).map(({ loss }) => loss);

describe.skipIf(absent)(compiling("machine code"), () => {
  test("trains to the losses of WebAssembly, twice to the same digits, resumes and samples", {
    timeout: 60_000,
  }, async () => {
    const folder = folderWithNames();
    const env = { MICROGPT_CACHE_DIR: join(folder.path, "cache") };
    const wasm = losses((await folder.microgpt(`${MODEL} --json --out wasm.safetensors`, { env })).stdout);
    const first = await folder.microgpt(`${MODEL} --json --engine native --out first.safetensors`, { env });
    const second = await folder.microgpt(`${MODEL} --json --engine native --out second.safetensors`, { env });
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(losses(second.stdout)).toEqual(losses(first.stdout));
    for (const [i, loss] of losses(first.stdout).entries()) expect(loss).toBeCloseTo(wasm[i] ?? Number.NaN, 4);

    const part = MODEL.replace("60", "30");
    await folder.microgpt(`${part} --engine native --out part.safetensors`, { env });
    const resume = "train names.txt --resume part.safetensors --num_steps 60 --engine native --json";
    expect(await folder.microgpt(resume, { env })).toMatchObject({ code: 0, stderr: "" });
    const sampled = (engine: string): Promise<{ stdout: string }> =>
      folder.microgpt(`sample first.safetensors --num_samples 5 --engine ${engine}`, { env });
    expect((await sampled("native")).stdout).toBe((await sampled("wasm")).stdout);
  });

  test("a compiler that fails is named in one line, and WebAssembly takes over", async () => {
    const folder = folderWithNames();
    const broken = join(folder.path, "broken-cc");
    writeFileSync(broken, "#!/bin/sh\necho 'kernel.c:1: error: out of order' >&2\nexit 1\n");
    chmodSync(broken, 0o700);
    const env = { CC: broken, MICROGPT_CACHE_DIR: join(folder.path, "cache") };
    const { code, stdout, stderr } = await folder.microgpt(`${MODEL} --engine native`, { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const warnings = linesOf(stdout).filter((line) => line.startsWith("warning:"));
    expect(warnings).toEqual([expect.stringMatching(/out of order.*WebAssembly takes over$/)]);
  });
});

test("without a compiler one line says how to get it, and WebAssembly takes over", async () => {
  const folder = folderWithNames();
  const env = { PATH: dirname(process.execPath), CC: join(folder.path, "no-such-cc") };
  const native = await folder.microgpt(`${MODEL} --json --engine native`, { env });
  const wasm = await folder.microgpt(`${MODEL} --json --out other.safetensors`, { env });
  expect(native).toMatchObject({ code: 0, stderr: "" });
  const [warning] = recordsOf(native.stdout).filter(({ type }) => type === "warning");
  expect(warning).toMatchObject({ text: expect.stringMatching(/install gcc or clang.*; WebAssembly takes over$/) });
  expect(losses(native.stdout)).toEqual(losses(wasm.stdout));
});
