import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { TableReader } from "./table-reader.ts";

type Table = [what: string, name: string, text: string, texts: readonly string[]];

function read(name: string, text: string, column?: string, size = 7): { texts: string[]; notes: string[] } {
  const notes: string[] = [];
  const reader = new TableReader(name, {
    delimiter: name.endsWith(".tsv") ? "\t" : ",",
    onNote: ({ message }) => notes.push(`${message}`),
    ...(column !== undefined && { column }),
  });
  const texts: string[] = [];
  for (let at = 0; at < text.length; at += size) texts.push(...reader.push(text.slice(at, at + size)));
  texts.push(...reader.end());
  return { texts, notes };
}

const NAMES = ["anna", "bella", "carla"];

describe("row 12: a quote in a TSV does not swallow other rows", () => {
  // Similar cases: quotes in other columns, alone, in the first and the last row, in a header, in the only column.
  test.each<Table>([
    ["an open one", "a.tsv", 'id\ttext\n1\t"anna\n2\tbella\n3\t"carla"\n', ['"anna', "bella", "carla"]],
    ["one in another column", "a.tsv", 'id\tnote\ttext\n1\t"a\tanna\n2\tb\tbella\n3\tc"\tcarla\n', NAMES],
    ["one alone in another column", "a.tsv", 'id\tnote\ttext\n1\t"\tanna\n2\tb\tbella\n3\t"\tcarla\n', NAMES],
    ["one at the end of all", "a.tsv", 'text\tid\nanna\t1\nbella\t2\ncarla\t"3', NAMES],
    ["some in the header", "a.tsv", '"text"\t"id\nanna\t1\nbella\t2\ncarla\t3', NAMES],
    ["one in the only column", "a.tsv", 'text\n"anna\nbella\ncarla', ['"anna', "bella", "carla"]],
    ["one in a CSV with tabs", "a.csv", 'id\ttext\n1\t"anna\n2\tbella, b\n', ['"anna', "bella, b"]],
    ["around a tab", "a.tsv", 'id\ttext\n1\t"an\tna"\n2\tbella\n', ["an\tna", "bella"]],
  ])("%s", (_, name, text, texts) => {
    expect(read(name, text).texts.filter((value) => value !== "")).toEqual(texts);
  });
});

describe("row 13: any line end ends the header and the rows", () => {
  test.each<Table>([
    ["CRLF, then LF", "a.csv", "text\r\nanna\nbella\ncarla\n", NAMES],
    ["LF, then CRLF and quotes", "a.csv", 'id,"text"\n1,"anna"\r\n2,"bella"\r\n3,carla\r\n', NAMES],
    ["a line end in the header", "a.csv", '"na\nme",text\r\n1,anna\r\n2,bella\r\n3,carla\r\n', NAMES],
    ["CR", "a.csv", "id,text\r1,anna\r2,bella\r3,carla", NAMES],
    ["CR, then CRLF, of a TSV", "a.tsv", "id\ttext\r1\tanna\r\n2\tbella\n3\tcarla", NAMES],
    ["CR CR LF", "a.csv", "text\r\r\nanna\r\r\nbella\r\r\ncarla\r\r\n", NAMES],
    ["blank rows before the header", "a.csv", ",,\n\r\n , ,\nid,text,n\n1,anna,\n2,bella,\n3,carla,", NAMES],
    ["blank rows", "a.csv", "\n\nid,text\r\n,\r\n1,anna\n  \n2,bella\n\n3,carla\n,,,\n", NAMES],
  ])("%s", (_, name, text, texts) => {
    expect(read(name, text).texts.filter((value) => value !== "")).toEqual(texts);
  });
});

describe("row 14: no row is lost, and a note names the column", () => {
  // Similar cases: other delimiters and headers of other tools, tables without a header, of one column and several.
  test.each<[...Table, note: RegExp]>([
    [
      "no header",
      "a.csv",
      "anna\nbella\ncarla\n",
      NAMES,
      /^reads column 1 of a\.csv, from "anna" on: its first row looks/,
    ],
    ["no header, TSV", "a.tsv", "anna\r\nbella\r\ncarla\r\n", NAMES, /^reads column 1 of a\.tsv, from "anna" on:/],
    ["a single name", "a.csv", "anna", ["anna"], /from "anna" on/],
    ["numbers and texts", "a.csv", "1,anna\n2,bella\n3,carla", NAMES, /^reads column 2 of a\.csv, from "anna"/],
    ["labels and texts", "a.csv", "F,anna\nF,bella\nF,carla", NAMES, /^reads column 2/],
    ["commas in a TSV", "a.tsv", "anna, b\nbella, c\n", ["anna, b", "bella, c"], /^reads column 1/],
    ["commas at the ends", "a.csv", "anna,\nbella,\ncarla,\n", NAMES, /^reads column 1/],
    [
      "a header",
      "a.csv",
      "id,text\n1,anna\n2,bella\n3,carla",
      NAMES,
      /^reads the column "text" of a\.csv, from "anna" on$/,
    ],
    ["a usual word", "a.csv", "First Name\nanna\nbella\ncarla", NAMES, /^reads the column "First Name"/],
    ["a word above sentences", "a.csv", "vorgang\na b c\nd e f\ng h i", ["a b c", "d e f", "g h i"], /"vorgang"/],
    ["row numbers of pandas", "a.csv", ",joke\n0,anna\n1,bella\n2,carla", NAMES, /"joke"/],
    ["pipes", "a.csv", "id|text\n1|anna\n2|bella\n3|carla", NAMES, /split at "\|", from "anna" on/],
    ["tabs in a CSV", "a.csv", "id\ttext\n1\tanna\n2\tbella\n3\tcarla", NAMES, /split at tabs/],
    ["decimal commas", "a.csv", "id;text\n1,5;anna\n2,5;bella\n3,5;carla", NAMES, /split at semicolons/],
    [
      "decimal commas without header",
      "a.csv",
      "1,5;anna\n2,5;bella\n3,5;carla",
      NAMES,
      /column 2 of a\.csv, split at semi/,
    ],
    ["commas in a TSV with header", "a.tsv", "id,text\n1,anna\n2,bella\n3,carla", NAMES, /split at commas/],
    ["Excel's sep", "a.csv", "sep=;\r\nid;text\r\n1;anna\r\n2;bella\r\n3;carla\r\n", NAMES, /split at semicolons/],
    ["Excel's sep, comma", "a.csv", '\uFEFF"sep=,"\r\ntext,id\r\nanna,1\r\nbella,2\r\ncarla,3', NAMES, /"text"/],
    ["BOM and quotes", "a.csv", '\uFEFF"text","id"\n"anna",1\nbella,2\ncarla,3', NAMES, /"text"/],
    ["delimiters in a header's quotes", "a.csv", '"id, no","text"\n1,anna\n2,bella\n3,carla', NAMES, /"text"/],
    ["trailing delimiters", "a.csv", "id,text,\n1,anna,\n2,bella\n3,carla,,\n", NAMES, /"text"/],
    ["blanks, capitals", "a.csv", "id , Text \n1,anna\n2,bella\n3,carla", NAMES, /"Text"/],
    ["spaces before quotes", "a.csv", 'id, text\n1, "anna, b"\n', ["anna, b"], /"text"/],
  ])("%s", (_, name, text, texts, note) => {
    const found = read(name, text);
    expect(found.texts).toEqual(texts);
    expect(found.notes).toEqual([expect.stringMatching(note)]);
  });

  test.each<[column: string, text: string, texts: string[]]>([
    ["2", "id,name\n1,anna\n2,bella\n3,carla", NAMES],
    ["1", "anna,b\nbella,c\ncarla,d", NAMES],
    ["2", "text,text\n1,anna\n2,bella\n3,carla", NAMES],
    ["anna", "anna\nbella\ncarla", ["bella", "carla"]],
    ["文本", "編號,文本\n1,anna\n2,bella\n3,carla", NAMES],
  ])("the column %s of %j", (column, text, texts) => {
    expect(read("a.csv", text, column).texts).toEqual(texts);
  });

  test.each<[what: string, text: string, column: string | undefined, message: string]>([
    [
      "another case",
      "id,Text\n1,a",
      "TEXT",
      'a.csv: expected the column "TEXT", got the columns "id", "Text"; choose "Text", or another by title or number',
    ],
    [
      "a number too high",
      "id,text\n1,a",
      "3",
      'expected the column "3", got the columns "id", "text"; choose one by title',
    ],
    [
      "one title twice",
      "id,text,text\n1,a,b",
      undefined,
      'expected one column called "text", got columns 2, 3 with that',
    ],
    [
      "names with commas",
      "Doe, John\nRoe, Jane\n",
      undefined,
      'got the columns "Doe", "John"; choose one by its number, or',
    ],
    [
      "names below a title",
      "name\nDoe, John\n",
      undefined,
      "a.csv:2: expected 1 field as in the first line, got 2; quote",
    ],
    [
      "a comma at an end below a title",
      "name\nanna,\n",
      undefined,
      "a.csv:2: expected 1 field as in the first line, got 2",
    ],
    ["sentences", "It was late.\nThe cat, the dog\n", undefined, "or call the file .txt if each line is a text"],
    [
      "too few fields",
      "id;text\n1;a\n2\n",
      undefined,
      "a.csv:3: expected 2 fields as in the first line, got 1; quote the",
    ],
  ])("refuses %s", (_, text, column, message) => {
    expect(() => read("a.csv", text, column)).toThrow(MicrogptError);
    expect(() => read("a.csv", text, column)).toThrow(message);
  });
});

test("row 23: a table of any number of columns is refused in one readable line", () => {
  // The same for columns without titles, long titles, a wrong column.
  const columns = (title: string): string => Array.from({ length: 5_000 }, (_, i) => `${title}${i}`).join();
  const tables = [`${columns("n")}\n${columns("")}`, columns("abc"), `id,${"long".repeat(1e5)}\n1,2\n`];
  for (const text of tables) {
    for (const column of [undefined, "no such"]) {
      const refused = expect(() => read("a.csv", text, column, 2 ** 16));
      refused.toThrow(/^data a\.csv: expected .*, got the columns ".*; choose/);
      refused.toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,500}$/) }));
    }
  }
  expect(() => read("a.csv", tables[0] ?? "", undefined, 2 ** 16)).toThrow('"n5" and 4,994 more; choose one');
});

test("the detected dialect does not depend on chunk boundaries", () => {
  // Longer than the sample; the second row alone is longer than the sample.
  const rows = Array.from({ length: 20_000 }, (_, i) => `${i};name ${i}`);
  const text = ["1,5;first", `2,5;${"x".repeat(100_000)}`, ...rows].join("\r\n");
  const expected = read("a.csv", text, undefined, text.length);
  expect(expected.texts).toHaveLength(20_002);
  for (const size of [999, 2 ** 16 - 1, 2 ** 16, 2 ** 16 + 1, 200_000]) {
    expect(read("a.csv", text, undefined, size)).toEqual(expected);
  }
});
