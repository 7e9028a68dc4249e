/** A user's folder in which microgpt has worked before, with more than text in it. */

import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Folder, folderWithNames, linesOf, TINY } from "../support/cli.ts";

const numDocs = (stdout: string): string | undefined => linesOf(stdout).find((line) => line.startsWith("num docs: "));

// Similar cases: prepared data in the folder, the output of --json, metrics under another name.
describe("row 20: `train .` reads the same text each time", () => {
  test("beside its models and metrics, a sweep, prepared data and an exported tokenizer", async () => {
    const folder = folderWithNames();
    const first = await folder.microgpt(`train . ${TINY}`);
    expect(numDocs(first.stdout)).toBe("num docs: 12");
    for (const words of [
      "sweep names.txt --learning_rate 0.01,0.02 --preset microgpt --num_steps 2 --out sweep",
      "prepare names.txt --out tokens",
      `train names.txt ${TINY} --tensorboard`,
    ]) {
      expect(await folder.microgpt(words)).toMatchObject({ code: 0, stderr: "" });
    }
    const said = await folder.microgpt(`train . ${TINY} --json`);
    folder.write("said.jsonl", said.stdout);
    folder.write("renamed.jsonl", folder.bytes("model.metrics.jsonl"));
    const again = await folder.microgpt(`train . ${TINY}`);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(numDocs(again.stdout)).toBe("num docs: 12");
    expect(again.stdout).toMatch(/^note: read 1 file and skipped \d+: \d+ made by microgpt/m);
  });

  test("a metrics file that is named is refused, in one line", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train . ${TINY}`);
    const { code, stderr } = await folder.microgpt(`train model.metrics.jsonl ${TINY}`);
    const message =
      "data model.metrics.jsonl: expected text to learn from, got the metrics of a run; name the text itself";
    expect({ code, stderr }).toEqual({ code: 1, stderr: `microgpt: ${message}\n` });
  });
});

// The others are in src/data/decode-text.test.ts.
describe("row 21: a file that is not text is named", () => {
  test.each<[name: string, bytes: string | Uint8Array, said: string]>([
    ["paper.pdf", "%PDF-1.4\n1 0 obj\n", "got a PDF; extract its text first, for instance: pdftotext FILE mine.txt"],
    ["names.txt.gz", gzipSync("anna\nbob\n"), "got a gzip archive; unpack it first: gunzip FILE"],
    [
      "nobom.txt",
      Buffer.from("anna\nbob\n", "utf16le"),
      "got UTF-16LE text without a byte order mark; save it as UTF-8",
    ],
    [
      "padded.txt",
      `anna\nbob\n${"\0".repeat(500)}`,
      "got text that is padded with NUL bytes (from byte 9 on); remove them",
    ],
    [
      "zoe.txt",
      Buffer.from("zoë\nrené\n", "latin1"),
      "it looks like Latin-1: save it as UTF-8, for instance: iconv -f latin1",
    ],
  ])("%s", async (name, bytes, said) => {
    const folder = new Folder();
    folder.write(name, bytes);
    const { code, stderr } = await folder.microgpt(`train ${name} ${TINY}`);
    expect(code).toBe(1);
    expect(linesOf(stderr)).toEqual([expect.stringContaining(said)]);
    expect(folder.names()).toEqual([name]);
  });
});
