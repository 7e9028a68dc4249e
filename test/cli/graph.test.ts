/** `microgpt graph`: the compiled training step. */

import { describe, expect, test } from "vitest";
import { Folder } from "../support/cli.ts";

const folder = new Folder();
const graph = (flags: string): ReturnType<Folder["microgpt"]> => folder.microgpt(`graph ${flags}`);

test("shows the graph, the kernels and the memory of the default step, with a summary", async () => {
  const { code, stdout, stderr } = await graph("");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("graph: R rows, a token each, at most 16\n%0 = input weights (4192)\n");
  expect(stdout).toMatch(/^kernels: (\d+), in the order in which they run\n {0,1}0 {2}/m);
  expect(stdout).toMatch(/^memory: [\d,]+ bytes\n {3}address/m);
  expect(stdout).toMatch(
    /\n4,192 parameters, \d+ kernels in \d+ functions, [\d,]+ bytes of WebAssembly, [\d,]+ of memory\n$/,
  );
});

test.each(["graph", "kernels", "memory"])("shows only the %s if asked", async (part) => {
  const { stdout } = await graph(`--only ${part} --preset microgpt-early --n_embd 8`);
  expect(stdout.split(":")[0]).toBe(part);
  expect(stdout.match(/^(graph|kernels|memory):/gm)).toEqual([`${part}:`]);
});

test("plans for the largest number of rows of a batch", async () => {
  expect((await graph("--batch_size 3 --block_size 8 --only graph")).stdout).toContain(
    "R rows, a token each, at most 24",
  );
});

test("writes a valid WebAssembly module", async () => {
  const { stdout } = await graph("--wasm step.wasm --only memory --strict");
  expect(stdout).toContain("wrote step.wasm\n");
  expect(WebAssembly.validate(Uint8Array.from(folder.bytes("step.wasm")))).toBe(true);
});

describe("refuses", () => {
  test.each([
    ["heads that do not fit", "--n_embd 10 --n_head 3", "config: expected n_embd to be a multiple of n_head"],
    ["an unknown part", "--only bytes", "usage: expected --only to be one of graph, kernels, memory"],
    ["a model that is not there", "nowhere.safetensors", "checkpoint nowhere.safetensors: "],
    ["a place where nothing can be written", "--wasm nowhere/step.wasm", "output nowhere/step.wasm: "],
  ])("%s", async (_, flags, message) => {
    const { code, stdout, stderr } = await graph(flags);
    expect(stdout).toBe("");
    expect(stderr).toContain(`microgpt: ${message}`);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect(code).toBeGreaterThan(0);
  });
});
