import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { type Content, temporaryFolders } from "./folders-testing.ts";
import { type CorpusOptions, loadCorpus } from "./load-corpus.ts";

const { at, folderOf } = temporaryFolders();

describe("is refused in one line with the place:", () => {
  const both: CorpusOptions[] = [{}, { mode: "documents" }, { mode: "stream" }];
  test.each<[what: string, file: string, content: Content, message: string, options?: CorpusOptions]>([
    ["an empty file", "a.txt", "", "a.txt: expected text to learn from, got an empty file; name a text file"],
    ["blanks", "a.txt", " \r\n\t\n", "a.txt: expected text to learn from, got only blank lines; name a text file"],
    ["empty records", "a.csv", "text\n\n", "a.csv: expected text to learn from, got only blank lines"],
    ["a binary file", "a.txt", [0x61, 0, 1, 2, 0], "a.txt: expected UTF-8 text, got a binary file (byte 1 is NUL)"],
    ["Latin-1", "a.txt", [0x61, 0x0a, 0xe9, 0x0a], "a.txt: expected UTF-8 text, got byte 0xe9 in line 2 (byte 2)"],
    ["text that is cut off", "a.txt", [0x61, 0xe2, 0x82], "got byte 0xe2 in line 1 (byte 1)"],
    ["UTF-16", "a.csv", [0xff, 0xfe, 0x61, 0], "a.csv: expected UTF-8 text, got UTF-16 text; save the file as UTF-8"],
    ["broken JSON", "a.jsonl", '{"text":"a"}\n\n{"text":', "a.jsonl:3: expected a JSON object on the line, got "],
    ["a list", "a.jsonl", "[1]", "a.jsonl:1: expected a JSON object on the line, got [1]; write {"],
    ["no such field", "a.jsonl", '{"a":"","b":1}', 'a.jsonl:1: expected the field "text", got only "a", "b"; choose'],
    ["an inherited field", "a.jsonl", "{}", 'the field "toString", got no field;', { field: "toString" }],
    ["no string", "a.jsonl", '{"text":"a"}\r{"text":5}', 'a.jsonl:2: expected a string in the field "text", got 5;'],
    [
      "no such column",
      "a.csv",
      "a,b\n1,2",
      'expected one column, or one called text, got the columns "a", "b"; choose one',
    ],
    ["not that column", "a.csv", "a,b\n1,2", 'expected the column "c", got the columns "a", "b";', { column: "c" }],
    ["an open quote", "a.csv", 'text\na\n"b\nc\nd\n', "a.csv:3: expected each quote to be closed, got one"],
    ["a stray quote", "a.csv", 'text\na\nb "c" d\n', "a.csv:3: expected CSV, got a misplaced quote; quote the whole"],
    ["text after a quote", "a.csv", 'text\n"a" b\n', "a.csv:2: expected CSV, got a misplaced quote"],
    [
      "too many fields",
      "a.csv",
      "a,text\n1,2\n3,4,5\n",
      "a.csv:3: expected 2 fields as in the first line, got 3; quote",
    ],
    [
      "a field of no JSON",
      "a.txt",
      "a\nb",
      'expected a .jsonl, .ndjson or .json file, got field: "x" and only other',
      { field: "x" },
    ],
    ["a column of no CSV", "a.md", "a\nb", 'a .csv or .tsv file, got column: "x" and only other', { column: "x" }],
  ])("%s", async (_, file, content, message, options) => {
    const path = join(folderOf({ [file]: content }), file);
    for (const mode of both) {
      const loaded = loadCorpus([path], { ...mode, ...options });
      await expect(loaded).rejects.toThrow(message);
      await expect(loaded).rejects.toThrow(MicrogptError);
      await expect(loaded).rejects.toThrow(/^data \S.*a\.(txt|csv|jsonl|md)/);
    }
  });

  test.each<[what: string, path: () => string, message: string]>([
    [
      "nothing",
      () => at("none"),
      "none: expected a file or folder that can be read, got no such file or folder; check",
    ],
    ["an empty folder", () => folderOf({}), "expected text files in the folder, got no file; name a folder with text"],
    [
      "one of pictures",
      () => folderOf({ a: [0], b: [0] }),
      "text files in the folder, got only others: 2 not in UTF-8, or of another kind than most; name",
    ],
    [
      "a path through a file",
      () => join(folderOf({ a: "" }), "a", "b"),
      "got a path through something that is not a folder;",
    ],
  ])("%s", async (_, path, message) => {
    await expect(loadCorpus([path()])).rejects.toThrow(message);
  });

  test.skipIf(process.platform === "win32")("a device", async () => {
    await expect(loadCorpus(["/dev/zero"])).rejects.toThrow("expected a file or folder, got a device; name a file");
  });

  test("more than memory should hold, before any of it is read", async () => {
    const path = at("large.txt");
    writeFileSync(path, "");
    // A hole: it takes no space on the disk.
    truncateSync(path, 2 ** 29);
    const message =
      "expected at most 511 MiB to hold in memory, got 512; train from the disk: prepare(), then startRun()";
    await expect(loadCorpus([path])).rejects.toThrow(message);
  });
});
