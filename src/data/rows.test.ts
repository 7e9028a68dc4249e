import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { type RowOptions, RowReader, tabFields } from "./rows.ts";

function fieldsOf(text: string, options: RowOptions, cuts: readonly number[] = []): (readonly string[])[] {
  const reader = new RowReader("x.csv", options);
  const rows: (readonly string[])[] = [];
  let at = 0;
  for (const size of cuts) {
    for (const { fields } of reader.push(text.slice(at, at + size), false)) rows.push(fields);
    at += size;
  }
  for (const { fields } of reader.push(text.slice(at), true)) rows.push(fields);
  return rows;
}

const CSV: RowOptions = { delimiter: "," };
const TSV: RowOptions = { delimiter: "\t" };

describe("row 13: LF, CRLF and CR end a row in any mixture, and are content inside quotes", () => {
  // All combinations: each pair of line ends after header and rows, one of each in one file, a last row without an end.
  const ENDS = ["\n", "\r\n", "\r"];
  const pairs = ENDS.flatMap((header) => ENDS.map((row) => [header, row] as const));
  test.each(pairs)("header %j, rows %j", (header, row) => {
    const expected = [
      ["id", "text"],
      ["1", "anna"],
      ["2", "bella b"],
    ];
    for (const last of ["", row]) {
      expect(fieldsOf(`id,text${header}1,anna${row}2,bella b${last}`, CSV)).toEqual(expected);
      expect(fieldsOf(`id,"text"${header}1,"anna"${row}2,"bella b"${last}`, CSV)).toEqual(expected);
      expect(fieldsOf(`id\ttext${header}1\tanna${row}2\t"bella b"${last}`, TSV)).toEqual(expected);
    }
  });

  test("all in one file, with blank lines between", () => {
    expect(fieldsOf("a\r\nb\n\nc\rd\r\r\ne\n\r\n\n", CSV)).toEqual([["a"], ["b"], ["c"], ["d"], ["e"]]);
    expect(fieldsOf('"na\r\nme","a\rb"\r1,"\n"\n', CSV)).toEqual([
      ["na\r\nme", "a\rb"],
      ["1", "\n"],
    ]);
  });

  test("the line number of a row counts each line end once, quoted ones included", () => {
    const rows = new RowReader("x", CSV).push('a\r\n\r\n"b\r\n\rc"\rd\ne', true);
    expect([...rows].map(({ line }) => line)).toEqual([1, 3, 6, 7]);
  });
});

describe("row 12: in TSV a quote is ordinary unless it is closed before the next tab or line end", () => {
  test.each<[line: string, fields: string[]]>([
    ['1\t"Hello there', ["1", '"Hello there']],
    ['1\tHe said "no"', ["1", 'He said "no"']],
    ['1\t"Hi" she said "no"', ["1", '"Hi" she said "no"']],
    ['1\t"Hi" she said', ["1", '"Hi" she said']],
    ['1\t"Hello."', ["1", "Hello."]],
    ['"a ""b"" c"\t""', ['a "b" c', ""]],
    ['"\t"""\t""""', ['"', '"""', '"']],
    ['"a\tanna', ['"a', "anna"]],
    ['5" disk\t""a""', ['5" disk', '""a""']],
  ])("%j", (line, fields) => {
    expect(tabFields(line)).toEqual(fields);
    expect(fieldsOf(`${line}\n${line}`, TSV)).toEqual([fields, fields]);
  });

  test("a quote left open at the end of its line does not swallow the next row", () => {
    const rows = ["id\ttext", '1\t"Where are you?', "2\tfine day", '3\t"I am here."', '4\tbye"'];
    const texts = fieldsOf(rows.join("\n"), TSV).map(([, text]) => text);
    expect(texts).toEqual(["text", '"Where are you?', "fine day", "I am here.", 'bye"']);
  });

  test("a quoted tab is content if the row would have a field too many otherwise", () => {
    expect(tabFields('1\t"b\tc"', 2)).toEqual(["1", "b\tc"]);
    expect(tabFields('1\t"b\tc"', 3)).toEqual(["1", '"b', 'c"']);
    expect(tabFields('1\t"b\tc\td', 2)).toEqual(["1", '"b', "c", "d"]);
  });
});

describe("CSV", () => {
  test.each<[text: string, options: RowOptions, rows: string[][]]>([
    ['a,"b, ""c""",\n', CSV, [["a", 'b, "c"', ""]]],
    ['1, "b, c" ,d', CSV, [["1", "b, c", "d"]]],
    ['"";x;" "', { delimiter: ";" }, [["", "x", " "]]],
    [",\n,a", CSV, [["", "a"]]],
    ["", CSV, []],
  ])("%j", (text, options, rows) => {
    expect(fieldsOf(text, options)).toEqual(rows);
  });

  test.each<[text: string, message: string]>([
    ['a\nb "c" d', "data x.csv:2: expected CSV, got a misplaced quote; quote the whole field"],
    ['a\n"b\n" c,d', "data x.csv:3: expected CSV, got a misplaced quote;"],
    ['a\n\n"b\nc', "data x.csv:3: expected each quote to be closed, got one that never is; close it"],
    [
      `a\n${"b".repeat(2 ** 24 + 1)}`,
      "data x.csv:2: expected rows of at most 16,777,216 characters, got a longer one;",
    ],
  ])("refuses %.20j", (text, message) => {
    expect(() => fieldsOf(text, CSV)).toThrow(MicrogptError);
    expect(() => fieldsOf(text, CSV)).toThrow(message);
    expect(() => fieldsOf(text, CSV, [text.length - 1])).toThrow(message);
  });
});

test("rows do not depend on chunk boundaries", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "é", "😀", " ", ",", "\t", '"', '"', "\n", "\r"),
    maxLength: 30,
  });
  const read = (all: string, options: RowOptions, cuts: readonly number[]): unknown => {
    try {
      return fieldsOf(all, options, cuts);
    } catch (error) {
      return (error as Error).message;
    }
  };
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 5 })), fc.constantFrom(CSV, TSV), (all, cuts, options) => {
      expect(read(all, options, cuts)).toEqual(read(all, options, []));
    }),
    { numRuns: 500 },
  );
});
