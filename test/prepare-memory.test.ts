/** Preparing text takes the memory it takes, however much text there is. */

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

/** What a process that may have 40 MB of heap says of a text of so many MiB. */
function prepared(mode: string, size: number): { peak: number; microseconds: number } {
  const file = join(root, "text.txt");
  writeFileSync(file, text.repeat(size));
  const script = inRepository("test/fixtures/prepare-run.ts");
  const args = ["--max-old-space-size=40", "--import", "tsx", script, file, mode, join(root, `out-${mode}`)];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: inRepository(""), encoding: "utf8" }));
}

test.each(DATA_MODES)("50 MB in %s mode take no more than 5 MB do, but for 60 MB of buffers and garbage", (mode) => {
  const small = prepared(mode, 5);
  const large = prepared(mode, 50);
  // The text alone, were it held, would take 50 MB, its lines 200 MB, its tokens 100 MB.
  expect(large.peak - small.peak).toBeLessThan(60e6);
  expect(large.peak).toBeLessThan(300e6);
  // A window of 257 tokens takes 2: enough is left for a machine that does ten other things.
  expect(large.microseconds).toBeLessThan(100);
});
