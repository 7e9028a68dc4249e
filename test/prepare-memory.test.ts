/** Preparing text takes the same memory for any amount of text. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DATA_MODES } from "microgpt";
import { afterAll, expect, test } from "vitest";
import { inRepository } from "./support/traces.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-large-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

// 1 MiB of lines, many times over.
const lines = Array.from({ length: 2 ** 16 }, (_, i) => `${(i * 2654435761) % 1e15}`.padStart(15, "x")).join("\n");
const text = `${lines}\n`;

/** The report of a process with a heap limit of 40 MB on a text of `size` MiB. */
function prepared(mode: string, size: number): { peak: number; microseconds: number } {
  const file = join(root, "text.txt");
  writeFileSync(file, text.repeat(size));
  const script = inRepository("test/fixtures/prepare-run.ts");
  const args = ["--max-old-space-size=40", "--import", "tsx", script, file, mode, join(root, `out-${mode}`)];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: inRepository(""), encoding: "utf8" }));
}

test.each(DATA_MODES)("50 MB in %s mode take no more than 5 MB do, except for 60 MB of buffers and garbage", (mode) => {
  const small = prepared(mode, 5);
  const large = prepared(mode, 50);
  // In memory, the text alone would take 50 MB, its lines 200 MB, its tokens 100 MB.
  expect(large.peak - small.peak).toBeLessThan(60e6);
  expect(large.peak).toBeLessThan(300e6);
  // A window of 257 tokens takes 2; the margin is for a machine under load.
  expect(large.microseconds).toBeLessThan(100);
});
