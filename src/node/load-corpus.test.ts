import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Note } from "../data/note.ts";
import { type Content, temporaryFolders } from "./folders-testing.ts";
import { type CorpusOptions, loadCorpus } from "./load-corpus.ts";

const { at, folderOf } = temporaryFolders();

async function docsOf(files: Readonly<Record<string, Content>>, options: CorpusOptions): Promise<readonly string[]> {
  const folder = folderOf(files);
  const { docs } = await loadCorpus(
    Object.keys(files).map((name) => join(folder, name)),
    options,
  );
  return docs;
}

const BOM = "\uFEFF";

const said = (notes: readonly Note[]): string[] => notes.map(({ message }) => String(message));

describe("in documents mode", () => {
  test.each<[what: string, files: Record<string, Content>, options: CorpusOptions, docs: string[]]>([
    ["lines of text", { "a.txt": `${BOM}zoë\r\n\r\n  ada \rben` }, {}, ["zoë", "ada", "ben"]],
    ["a file without an extension", { names: "a\nb\n" }, {}, ["a", "b"]],
    ["several files, the BOM of each left out", { b: `${BOM}1\n2`, a: `${BOM}3` }, {}, ["1", "2", "3"]],
    ["one of them empty", { b: "", a: "3" }, {}, ["3"]],
    ["lines of JSON", { "a.jsonl": `${BOM}{"text":" a\\nb "}\r\n\n{"id":1,"text":"c"}` }, {}, ["a\nb", "c"]],
    ["another field", { "a.ndjson": '{"joke":"a"}\n{"joke":""}\n' }, { field: "joke" }, ["a"]],
    ["JSON lines by the flag", { "a.data": '{"joke":"a"}' }, { field: "joke" }, ["a"]],
    [
      "CSV with one column",
      { "a.csv": `${BOM}name\r\nada\r\n"ben, b."\r\n"c ""d"" e"\r\n` },
      {},
      ["ada", "ben, b.", 'c "d" e'],
    ],
    ["CSV with a column called text", { "a.csv": 'id,text\n1,a\n2,"b\r\nc"\n\n3, \n' }, {}, ["a", "b\nc"]],
    ["CSV with another column", { "A.CSV": "id, joke\n1,a\n2,b" }, { column: "joke" }, ["a", "b"]],
    ["CSV by the flag", { a: "id,joke\n1,a" }, { column: "joke" }, ["a"]],
    ["CSV as spreadsheets of many countries write it", { "a.csv": "id;text\n1;Käse, alt" }, {}, ["Käse, alt"]],
    [
      "TSV, with quotes that are characters",
      { "a.tsv": 'id\ttext\n1\tsay "x" now\n2\t"b\tc"' },
      {},
      ['say "x" now', "b\tc"],
    ],
    ["files of all kinds", { "a.txt": "1", "b.csv": "x\n2", "c.jsonl": '{"text":"3"}' }, {}, ["1", "2", "3"]],
  ])("%s", async (_, files, options, docs) => {
    expect(await docsOf(files, { mode: "documents", ...options })).toEqual(docs);
  });
});

describe("in stream mode", () => {
  test.each<[what: string, files: Record<string, Content>, docs: string[]]>([
    ["text as it is, but for its line ends and the BOM", { a: `${BOM}  a\r\n\r\nb\rc \n` }, ["  a\n\nb\nc \n"]],
    ["text that ends in CR, beside one that has no other line end", { a: "a\r", b: "a\r\rb" }, ["a\n", "a\n\nb"]],
    ["each file is a text", { b: "1\n", a: "2" }, ["1\n", "2"]],
    ["each record is a text", { "a.csv": 'text\n" a\r\nb\r"\n""\nc\n' }, [" a\nb\n", "c"]],
  ])("%s", async (_, files, docs) => {
    expect(await docsOf(files, { mode: "stream" })).toEqual(docs);
  });

  test("a text larger than one read comes back whole", async () => {
    const text = "é€😀x".repeat(300_000);
    expect(await docsOf({ a: `${text}\r` }, { mode: "stream" })).toEqual([`${text}\n`]);
  });
});

describe("a folder", () => {
  test.each<[what: string, files: Record<string, Content>, docs: string[]]>([
    ["of text files, in the order of their names", { "b.txt": "2", "a/z.md": "1", "B.txt": "0" }, ["0", "1", "2"]],
    ["of text files among others", { "x.ts": "no", "a.txt": "yes, and more", "b.png": [0, 1] }, ["yes, and more"]],
    ["of source code with a text file", { "x.ts": "a longer one", "a.txt": "short" }, ["short", "a longer one"]],
    ["of source code", { "b.ts": "2", "a.c": "1", Makefile: "0" }, ["0", "1", "2"]],
    [
      "with hidden files and packages",
      { ".git/a.txt": "no", "node_modules/x/a.txt": "no", ".b.txt": "no", c: "c" },
      ["c"],
    ],
  ])("%s", async (_, files, docs) => {
    expect((await loadCorpus([folderOf(files)], { mode: "documents" })).docs).toEqual(docs);
  });

  test("of mixed files skips those that are not text, and says so", async () => {
    const folder = folderOf({ a: "text", b: [0x61, 0], c: [0xff, 0xfe, 0x61, 0], d: [0x63, 0xe9, 0x0a] });
    expect(await loadCorpus([folder], { mode: "stream" })).toEqual({
      name: folder,
      mode: "stream",
      docs: ["text"],
      notes: [
        {
          kind: "skipped",
          message: "read 1 file and skipped 3: 3 not in UTF-8, or of another kind than most",
          values: { files: 1, own: 0, other: 3 },
        },
      ],
    });
  });

  // Similar cases: all other files that microgpt writes, under any name.
  const OWN: Readonly<Record<string, Content>> = {
    "model.metrics.jsonl": '{"type":"run","version":1,"data":"names.txt","numParams":8}\n{"type":"step","step":1}\n',
    "model.metrics.jsonl.old": '{"type":"run","version":1,"data":"names.txt"}\n',
    "renamed.jsonl": '{"type":"run","version":1,"data":"names.txt"}\n',
    "said.jsonl": '{"type":"start","data":"names.txt","mode":"documents","numParams":8}\n{"type":"step"}\n',
    "sweep/sweep.json": '{\n  "type": "sweep",\n  "version": 1,\n  "files": ["names.txt"]\n}\n',
    "tokens/meta.json": '{\n  "format": "microgpt tokens",\n  "version": 1\n}\n',
    "tokens/tokenizer.json": '{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"model":{}}',
    "model.safetensors": [...new TextEncoder().encode(`\x40\x02\0\0\0\0\0\0{"wte":${" ".repeat(999)}}`)],
  };

  test.each<[what: string, files: Readonly<Record<string, Content>>, docs: string[]]>([
    ["beside names", { "names.txt": "ada\nben\n" }, ["ada", "ben"]],
    ["beside lines of JSON that begin alike", { "a.jsonl": '{"type":"run","text":"ada"}\n' }, ["ada"]],
    ["beside source code", { "a.ts": "ada" }, ["ada"]],
  ])("row 20: microgpt's own output is not data, %s", async (_, files, docs) => {
    const corpus = await loadCorpus([folderOf({ ...files, ...OWN })], { mode: "documents" });
    expect(corpus.docs).toEqual(docs);
    expect(said(corpus.notes)).toEqual(["read 1 file and skipped 8: 8 made by microgpt"]);
  });

  test("row 20: a folder of only such files is refused, and so is each file by name", async () => {
    const folder = folderOf(OWN);
    const refused = async (path: string): Promise<string> => String(await loadCorpus([path]).catch((error) => error));
    expect(await refused(folder)).toContain("got only others: 8 made by microgpt; name a");
    for (const name of Object.keys(OWN)) {
      const said =
        /a\.?.*: expected text to learn from, got (the metrics|the JSON|the state|the desc|a tok|a model).*; name the text itself$/;
      expect(await refused(join(folder, name))).toMatch(said);
    }
  });

  test.skipIf(process.platform === "win32")("with circular links is read once", async () => {
    const folder = folderOf({ "a.txt": "a" });
    symlinkSync(folder, join(folder, "again"));
    symlinkSync(join(folder, "a.txt"), join(folder, "b.txt"));
    expect((await loadCorpus([folder], { mode: "documents" })).docs).toEqual(["a", "a"]);
  });
});

test("row 14: a folder of tables gives one note for all that are read alike", async () => {
  const [named, bare] = ["id,text\n1,anna\n", "bella\ncarla\n"];
  const folder = folderOf({ "a.csv": named, "b.csv": bare, "c.csv": named, "d.csv": bare, "e.csv": named });
  const { docs, notes } = await loadCorpus([folder], { mode: "documents" });
  expect(docs).toEqual(["anna", "bella", "carla", "anna", "bella", "carla", "anna"]);
  expect(said(notes)).toEqual([
    `reads the column "text" of ${join(folder, "a.csv")}, from "anna" on (and 2 more files like it)`,
    expect.stringMatching(/^reads column 1 of .*b\.csv, from "bella" on: .* \(and 1 more file like it\)$/),
  ]);
});

describe("row 17: a .json file counts as records if it holds nothing else", () => {
  const RECORDS = JSON.stringify([{ text: "anna" }, { text: "bella" }]);
  const SETTINGS = '{ "name": "x", "files": ["a", "b"], "list": [{ "id": 1 }] }';
  // Similar cases: data beside a README, settings beside source code, arrays of something else in a folder.
  test.each<[what: string, files: Record<string, Content>, docs: string[]]>([
    ["of records", { "a.json": RECORDS, "b.json": '["carla"]' }, ["anna", "bella", "carla"]],
    ["of records and a text", { "README.md": "read me", "a.json": RECORDS }, ["read me", "anna", "bella"]],
    ["of a record a file", { "1.json": '{"id":1,\n"text":"anna"}', "2.json": '{"text":"bella"}' }, ["anna", "bella"]],
    ["of source code", { "package.json": SETTINGS, "x.ts": "code" }, [SETTINGS, "code"]],
    ["of code and other records", { "a.json": '[{"id":1}]', "x.ts": "code" }, ['[{"id":1}]', "code"]],
    [
      "of code and a few records",
      { "a.json": RECORDS, "x.ts": "code".repeat(99) },
      ["anna", "bella", "code".repeat(99)],
    ],
  ])("a folder %s", async (_, files, docs) => {
    expect((await loadCorpus([folderOf(files)], { mode: "documents" })).docs).toEqual(docs);
  });

  test("one that holds something else is text, with a note", async () => {
    const path = join(folderOf({ "package.json": SETTINGS }), "package.json");
    const { docs, notes } = await loadCorpus([path], { mode: "documents" });
    expect({ docs, notes: said(notes) }).toEqual({
      docs: [SETTINGS],
      notes: [`reads ${path} as plain text, brackets included: it is not a list of records`],
    });
    expect((await loadCorpus([path], { mode: "documents", field: "name" })).docs).toEqual(["x"]);
  });

  test("an array without the field is refused if named, listing its fields", async () => {
    const path = join(folderOf({ "a.json": '[\n{"id":1}]' }), "a.json");
    await expect(loadCorpus([path])).rejects.toThrow('a.json:2: expected the field "text", got only "id"; choose one');
  });

  test.skipIf(process.platform === "win32")("from a pipe as well", async () => {
    const pipe = at("pipe.json");
    execFileSync("sh", ["-c", 'mkfifo "$@"', "sh", pipe]);
    const [{ docs }] = await Promise.all([loadCorpus([pipe], { field: "text" }), writeFile(pipe, RECORDS)]);
    expect(docs).toEqual(["anna", "bella"]);
  });
});

test("several paths form one corpus, named after them", async () => {
  const folder = folderOf({ "x/1.txt": "one", "y.jsonl": '{"text":"two"}', "z.csv": "text\nthree" });
  const paths = ["x", "y.jsonl", "z.csv"].map((name) => join(folder, name));
  const { name, docs } = await loadCorpus(paths, { mode: "documents" });
  expect({ name, docs }).toEqual({ name: paths.join(", "), docs: ["one", "two", "three"] });
});

test.skipIf(process.platform === "win32")("a pipe, which can be read only once, is read", async () => {
  const pipe = at("pipe");
  execFileSync("sh", ["-c", 'mkfifo "$@"', "sh", pipe]);
  const [{ docs }] = await Promise.all([loadCorpus([pipe]), writeFile(pipe, "ada\nben\ncleo\n")]);
  expect(docs).toEqual(["ada", "ben", "cleo"]);
});

// Similar cases: collections that strfile reads, stories separated by GPT-2's mark.
describe("row 16: texts separated by lines of % are records", () => {
  const FORTUNES = "A penny saved is a penny to oversimplify.\n%\nQ:\tWhat is it?\nA:\tA fortune.\n\n%\nThe end.\n%\n";
  const LINES = "one\n%\ntwo\n%\nthree\n";
  const STORIES = "Once upon a time.\nIt sat.\n<|endoftext|>\nThere was a cat.\n<|endoftext|>\n";
  test.each<[what: string, text: string, mode: string, docs: string[]]>([
    ["of several lines", FORTUNES, "stream", [...FORTUNES.split("\n%\n").slice(0, -1)]],
    ["of a line each", LINES, "documents", ["one", "two", "three"]],
    ["with CRLF", LINES.replaceAll("\n", "\r\n"), "documents", ["one", "two", "three"]],
    ["with another mark", STORIES, "stream", ["Once upon a time.\nIt sat.", "There was a cat."]],
  ])("%s", async (_, text, mode, docs) => {
    const corpus = await loadCorpus([join(folderOf({ fortunes: text }), "fortunes")]);
    expect(corpus).toMatchObject({ mode, docs });
    expect(`${corpus.notes[1]?.message}`).toMatch(/^reads .*fortunes as texts between lines of (%|<\|endoftext\|>)$/);
  });

  test("as documents they may have several lines", async () => {
    const docs = FORTUNES.split("\n%\n")
      .slice(0, -1)
      .map((text) => text.trim());
    expect(await docsOf({ a: FORTUNES }, { mode: "documents" })).toEqual(docs);
  });

  test.each<[what: string, text: string]>([
    ["TeX", "\\section{One}\n%\nText.\n%\nMore.\n"],
    ["comments", "% a comment\n%\nx = 1\n%\n% more\n"],
    ["a mark at the very end", "one\ntwo\n%\n"],
    ["percentages", "10 %\n20 %\n30\n"],
  ])("%s has none", async (_, text) => {
    expect(await docsOf({ a: text }, { mode: "stream" })).toEqual([text]);
  });
});

describe("row 21: markup is read, with a note", () => {
  test.each<[name: string, text: string]>([
    ["HTML", "<!DOCTYPE html>\n<html><body><p>Hello</p></body></html>\n"],
    ["HTML", "\n<html lang=en>\n<p>Hello\n"],
    ["XML", '<?xml version="1.0"?>\n<feed><title>Hello</title></feed>\n'],
  ])("%s", async (name, text) => {
    const { docs, notes } = await loadCorpus([join(folderOf({ "a.html": text }), "a.html")], { mode: "stream" });
    expect(docs).toEqual([text]);
    expect(said(notes)).toEqual([
      expect.stringMatching(new RegExp(`a\\.html is ${name}, and its tags are learned .* pandoc -t plain$`)),
    ]);
  });

  test("except text that only mentions tags", async () => {
    const { notes } = await loadCorpus([folderOf({ a: "<b>bold</b> is a tag\n" })], { mode: "stream" });
    expect(notes).toEqual([]);
  });
});

describe("the mode defaults to what the text's beginning looks like", () => {
  const CODE = "function f() {\n  return 1;\n}\n";
  const NAMES = "ada\nben\ncleo\n";
  test.each<[what: string, files: Record<string, Content>, mode: string, note: RegExp]>([
    [
      "names",
      { a: NAMES },
      "documents",
      /^reads as one document a line: .* \(3 looked at\); mode: "stream" overrides$/,
    ],
    ["code", { a: CODE }, "stream", /^reads as running text: .*; mode: "documents" overrides$/],
    ["more code than names", { a: NAMES, b: CODE }, "stream", /running text/],
    [
      "long code, whose beginning is cut in a line",
      { a: CODE.repeat(5000) },
      "stream",
      /67 % of its lines are indented/,
    ],
    ["short records", { "a.csv": "text\na b c\nd e f" }, "documents", /records are single lines/],
    ["records of several lines", { "a.jsonl": '{"text":"a\\nb"}\n' }, "stream", /several lines/],
    ["a single line", { a: "Once upon a time." }, "stream", /it is a single line/],
    ["an empty file beside", { a: "", b: NAMES }, "documents", /3 looked at/],
  ])("%s", async (_, files, mode, note) => {
    const corpus = await loadCorpus([folderOf(files)]);
    expect(corpus.mode).toBe(mode);
    expect(`${corpus.notes[0]?.message}`).toMatch(note);
    expect(corpus.notes[0]).toMatchObject({ kind: "mode", values: { mode, reason: expect.any(String) } });
  });
});
