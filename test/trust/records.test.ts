/** Tables and JSON from other programs, from the file to the model. */

import { describe, expect, test } from "vitest";
import { Folder, type Outcome, recordsOf, TINY } from "../support/cli.ts";

const NAMES = ["anna", "bella", "carla", "dora", "emma", "fay", "gil", "hal"];

/** Trains for a step on a file with that name and content. */
async function trained(name: string, content: string, flags = ""): Promise<{ folder: Folder; outcome: Outcome }> {
  const folder = new Folder();
  folder.write(name, content);
  const outcome = await folder.microgpt(`train ${name} ${TINY} --num_steps 1 --num_samples 1 --json ${flags}`);
  return { folder, outcome };
}

/** The run's own note on how its data was read. */
const startOf = ({ stdout }: Outcome): unknown => recordsOf(stdout).find(({ type }) => type === "start");

const rows = (delimiter: string, of = (name: string): string => name): string =>
  NAMES.map((name, i) => `${i}${delimiter}${of(name)}`).join("\n");

// More cases of each kind are in src/data/rows.test.ts, table-reader.test.ts and json-reader.test.ts.
describe("all records of a file are learned, with a note", () => {
  test.each<[title: string, name: string, content: string, note: string]>([
    [
      "row 12: quotes in a TSV that nothing closes",
      "a.tsv",
      `id\ttext\n${rows("\t", (name) => `"${name}`)}`,
      'reads the column "text" of a.tsv, from "\\"anna" on',
    ],
    [
      "row 13: a header with CRLF above rows with LF",
      "a.csv",
      `id,text\r\n${rows(",")}`,
      'reads the column "text" of a.csv, from "anna" on',
    ],
    [
      "row 14: a list without a header",
      "a.csv",
      NAMES.join("\n"),
      'reads column 1 of a.csv, from "anna" on: its first row looks like data; choose the column by its title if it has one',
    ],
    [
      "row 14: pipes between the fields",
      "a.csv",
      `id|text\n${rows("|")}`,
      'reads the column "text" of a.csv, split at "|", from "anna" on',
    ],
    [
      "row 17: an array in an object",
      "a.json",
      JSON.stringify({ version: 1, data: NAMES.map((text) => ({ text })) }, null, 2),
      'reads the array "data" of a.json',
    ],
    [
      "row 23: chats",
      "a.jsonl",
      NAMES.map((content) => JSON.stringify({ messages: [{ role: "user", content }] })).join("\n"),
      'reads the chats in a.jsonl as lines "role: content"',
    ],
  ])("%s", async (_, name, content, note) => {
    const { outcome } = await trained(name, content);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(startOf(outcome)).toMatchObject({ numDocs: 8, notes: [{ text: note }] });
  });
});

test("row 17: prepare reads an array in chunks, with the notes too", async () => {
  const folder = new Folder();
  folder.write("a.json", JSON.stringify({ about: "names", list: [...NAMES, "\ud83d"].map((title) => ({ title })) }));
  const { code, stdout, stderr } = await folder.microgpt(
    "prepare a.json --field title --out data --mode documents --json",
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const records = recordsOf(stdout);
  expect(records.filter(({ type }) => type === "note").map(({ text }) => text)).toEqual([
    'reads the array "list" of a.json',
    "replaced halves of surrogate pairs in a.json by U+FFFD: 1, the first in line 1",
  ]);
  expect(records.at(-1)).toMatchObject({ type: "saved", mode: "documents" });
});

test("row 18: a tokenizer learned from half an emoji can be read elsewhere", async () => {
  const lines = NAMES.map((name) => `{"text": "nice ${name} \\ud83d"}\n{"text": "\\ude00 ${name}"}`).join("\n");
  const { folder, outcome } = await trained("a.jsonl", lines, "--out m.safetensors");
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  const note = "replaced halves of surrogate pairs in a.jsonl by U+FFFD: 16, the first in line 1";
  expect(startOf(outcome)).toMatchObject({
    numDocs: 16,
    notes: [{ kind: "halves", values: { count: 16, line: 1 }, text: note }],
  });
  await folder.microgpt("tokenizer m.safetensors --out tokenizer.json");
  for (const name of ["m.safetensors", "tokenizer.json"]) {
    const text = folder.bytes(name).toString("utf8");
    expect([name, text.includes("\uFFFD"), /\\ud[89a-f]/i.test(text)]).toEqual([name, true, false]);
  }
});

test("row 14: eval names its column too", async () => {
  const { folder } = await trained("a.csv", NAMES.join("\n"), "--out m.safetensors");
  const words = "eval a.csv --model m.safetensors";
  const [said, json] = [await folder.microgpt(words), await folder.microgpt(`${words} --json`)];
  expect(said.stdout).toContain(
    '(8 documents)\nnote: reads column 1 of a.csv, from "anna" on: its first row looks like',
  );
  expect(recordsOf(json.stdout)[0]).toMatchObject({
    notes: [{ kind: "column", text: expect.stringContaining("reads column 1 of a.csv") }],
  });
});

describe("row 23: a refusal is a line of reasonable length, with helpful advice", () => {
  const wide = (cell: string): string => Array.from({ length: 50_000 }, (_, i) => `${cell}${i}`).join();
  test.each<[what: string, name: string, content: string, advice: string]>([
    ["a table of many columns", "a.csv", `${wide("c")}\n${wide("")}\n`, "and 49,994 more; choose one with --column"],
    ["a long record", "a.jsonl", `{"text":"${"x".repeat(2 ** 24)}"}\n`, "save its text in a .txt file of its own"],
    [
      "a list as a text",
      "a.jsonl",
      '{"text":["a","b"]}\n',
      "choose a field that holds a string, or write the text as a string",
    ],
  ])("%s", async (_, name, content, advice) => {
    const { outcome } = await trained(name, content);
    expect(outcome.code).toBe(1);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ type: "error" });
    expect(outcome.stderr).toContain(advice);
    expect(outcome.stderr.length).toBeLessThan(400);
    expect(outcome.stderr).not.toContain("--mode stream");
  });
});
