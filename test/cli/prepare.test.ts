/** The output, files and refusals of `microgpt prepare`. */

import { mkdirSync, readdirSync } from "node:fs";
import { CharTokenizer } from "microgpt";
import { openTokens } from "microgpt/node";
import { describe, expect, test } from "vitest";
import { Folder, folderWithNames, linesOf, NAMES, recordsOf } from "../support/cli.ts";

const FILES = ["meta.json", "tokenizer.json", "train.bin", "val.bin"];
const WORDS = "lorem ipsum dolor sit amet, consectetur\n\n";

test("says how it reads the text, what it wrote, and what to type next", async () => {
  const folder = folderWithNames();
  const { code, stdout, stderr } = await folder.microgpt("prepare names.txt --out data");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(linesOf(stdout)).toEqual([
    expect.stringMatching(
      /^reads as one document a line: lines of about 6 characters, .*\(12 looked at\); --mode stream overrides$/,
    ),
    "mode: documents",
    "vocab size: 18 (uint16)",
    expect.stringMatching(/^train: \d+ tokens of \d+ bytes$/),
    expect.stringMatching(/^val: \d+ tokens of \d+ bytes$/),
    expect.stringMatching(/^saved data in \d+ s$/),
    "",
    "next: microgpt train data",
  ]);
  expect(readdirSync(folder.at("data")).sort()).toEqual(FILES);
});

test("accepts folders, files, JSON lines and CSV at once, with the flags of every text reader", async () => {
  const folder = new Folder();
  mkdirSync(folder.at("texts"));
  folder.write("texts/a.txt", WORDS);
  folder.write("b.jsonl", `${JSON.stringify({ body: WORDS })}\n`);
  folder.write("c.csv", `id,joke\n1,"${WORDS}"\n`);
  const flags = "--out data --mode stream --field body --column joke --val-fraction 0 --json --quiet";
  const { stdout } = await folder.microgpt(`prepare texts b.jsonl c.csv ${flags}`);
  const record = recordsOf(stdout).at(-1);
  expect(record).toMatchObject({ type: "saved", path: "data", mode: "stream", source: "texts, b.jsonl, c.csv" });

  const { train, val, tokenizer, dispose } = await openTokens(folder.at("data"));
  expect(tokenizer).toEqual(CharTokenizer.fit([WORDS]));
  expect(tokenizer.decode(Array.from(train.read(0, train.length)))).toBe(WORDS.repeat(3));
  expect([train.length, val.length]).toEqual([3 * WORDS.length + 4, 0]);
  dispose();
});

test("makes a BPE, with which another corpus can be prepared", async () => {
  const folder = new Folder();
  folder.write("a.txt", WORDS.repeat(20));
  folder.write("b.txt", WORDS.repeat(9));
  const first = await folder.microgpt(
    "prepare a.txt --out a --mode stream --tokenizer bpe --vocab-size 270 --json --quiet",
  );
  expect(recordsOf(first.stdout).at(-1)).toMatchObject({ vocabSize: 270, source: "a.txt" });
  const second = await folder.microgpt(
    "prepare b.txt --out b --mode stream --tokenizer a/tokenizer.json --json --quiet",
  );
  expect(recordsOf(second.stdout).at(-1)).toMatchObject({ vocabSize: 270, source: "b.txt" });
  expect(folder.bytes("b/tokenizer.json")).toEqual(folder.bytes("a/tokenizer.json"));
});

test("--json reports both passes, --quiet nothing", async () => {
  const folder = folderWithNames();
  const told = recordsOf((await folder.microgpt("prepare names.txt --out data --json")).stdout);
  expect(told.map(({ type }) => type)).toEqual(["note", "progress", "saved"]);
  expect(await folder.microgpt("prepare names.txt --out data --quiet")).toMatchObject({ code: 0, stdout: "" });
});

test.skipIf(process.platform === "win32")("Ctrl-C leaves nothing behind", async () => {
  const folder = new Folder();
  folder.write("large.txt", WORDS.repeat(2_000_000));
  const running = folder.start("prepare large.txt --out data --json");
  await running.says(/"progress"/);
  running.kill("SIGINT");
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^microgpt: prepare: expected to read to the end, got an interruption; run it again[^\n]*\n$/);
  expect(folder.names()).toEqual(["large.txt"]);
});

describe("refuses, and changes nothing:", () => {
  test.concurrent.for<[words: string, code: 1 | 2, message: RegExp]>([
    ["names.txt", 2, /--out FOLDER, got none; name the folder to write to/],
    ["", 2, /missing required argument 'files'/],
    ["names.txt --out here", 1, /output here: .*got one with other files in it; name a new folder/],
    ["names.txt --out names.txt", 1, /output names\.txt: expected a folder, got a file/],
    ["nowhere.txt --out data", 1, /data nowhere\.txt: .*no such file or folder/],
    ["- --out data", 1, /data standard input: expected a file, to read it twice, got a pipe; save it to a file first/],
    ["names.txt --out data --mode lines", 2, /--mode to be one of documents, stream, got "lines"/],
    ["names.txt --out data --val_fraction 1", 2, /--val_fraction to be at least 0 and below 1, got "1"/],
    ["names.txt --out data --seed x", 2, /--seed to be a whole number, got "x"/],
    [
      "names.txt --out data --column x",
      1,
      /expected a \.csv or \.tsv file, got --column x and only other files; leave/,
    ],
  ])("prepare %s", async ([words, code, message]) => {
    const folder = folderWithNames();
    mkdirSync(folder.at("here"));
    folder.write("here/mine.txt", NAMES);
    const before = folder.names();
    const outcome = await folder.microgpt(`prepare ${words}`);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).toMatch(/^microgpt: [^\n]*\n$/);
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(folder.names()).toEqual(before);
    expect(readdirSync(folder.at("here"))).toEqual(["mine.txt"]);
  });
});
