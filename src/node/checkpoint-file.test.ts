import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeCheckpoint } from "../train/checkpoint.ts";
import type { Run } from "../train/run.ts";
import { startRun } from "../train/start.ts";
import { train } from "../train/train.ts";
import { MicrogptError } from "../util/errors.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint-file.ts";

const folder = mkdtempSync(join(tmpdir(), "microgpt-checkpoint-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

let run: Run;
beforeAll(async () => {
  run = startRun(
    { name: "names", docs: ["ada", "ben", "zoë"] },
    { model: { nEmbd: 4, nHead: 2, blockSize: 4 }, training: { numSteps: 3 } },
  );
  for await (const _ of train(run));
});

describe("a checkpoint file", () => {
  test("loads the same as was saved: saved again, it has the same bytes", async () => {
    await saveCheckpoint(at("model"), run);
    const loaded = await loadCheckpoint(at("model"));
    expect(encodeCheckpoint(loaded)).toEqual(encodeCheckpoint(run));
    expect(loaded.progress?.losses).toEqual(run.progress.losses);
    expect(loaded.tokenizer.toJSON()).toEqual(run.tokenizer.toJSON());
    expect(loaded.model.config).toEqual(run.model.config);
  });

  test("may hold the model alone", async () => {
    const { model, tokenizer } = run;
    await saveCheckpoint(at("model only"), { model, tokenizer });
    const loaded = await loadCheckpoint(at("model only"));
    expect(loaded.progress).toBeUndefined();
    expect(encodeCheckpoint(loaded)).toEqual(encodeCheckpoint({ model, tokenizer }));
  });

  test("replaces another file whole, and leaves no other files", async () => {
    await saveCheckpoint(at("other"), run);
    const { model, tokenizer } = run;
    await saveCheckpoint(at("other"), { model, tokenizer });
    expect((await loadCheckpoint(at("other"))).progress).toBeUndefined();
    expect(readdirSync(folder).filter((name) => name.includes("other"))).toEqual(["other"]);
  });
});

describe("loadCheckpoint refuses", () => {
  // 1 GB, most of it a hole in the file: reading it would take seconds and all of that memory.
  test.each<[what: string, start: string | Uint8Array, message: RegExp]>([
    [
      "text",
      "one\ntwo\nthree\n",
      /^checkpoint \S+huge: expected a safetensors header, got other bytes; .*another copy/,
    ],
    ["zeros", "", /expected a safetensors header, got other bytes/],
    [
      "a header that is too long",
      Buffer.from("ffffffffff7f00007b", "hex"),
      /expected a header of at most 100000000 bytes/,
    ],
  ])("a gigabyte of %s without reading it", { timeout: 5_000 }, async (_, start, message) => {
    writeFileSync(at("huge"), start);
    truncateSync(at("huge"), 1e9);
    const before = process.memoryUsage().arrayBuffers;
    await expect(loadCheckpoint(at("huge"))).rejects.toThrow(message);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
    rmSync(at("huge"));
  });

  test("a truncated file, cut anywhere", async () => {
    await saveCheckpoint(at("whole"), run);
    const bytes = readFileSync(at("whole"));
    for (const length of [0, 1, 8, 9, 10, 100, bytes.length >> 1, bytes.length - 1]) {
      writeFileSync(at("cut"), bytes.subarray(0, length));
      await expect(loadCheckpoint(at("cut"))).rejects.toThrow(MicrogptError);
    }
  });

  test("a model larger than the allowed memory", async () => {
    await saveCheckpoint(at("model"), run);
    await expect(loadCheckpoint(at("model"), { engine: "scalar", memoryLimit: 1000 })).rejects.toThrow(
      /a model that the scalar engine can hold in .* for 280 parameters/,
    );
  });

  test("a missing file", async () => {
    await expect(loadCheckpoint(at("missing"))).rejects.toThrow(/missing: .*no such file or folder; check the path$/);
  });
});
