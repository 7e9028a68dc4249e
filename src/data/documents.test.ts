import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { decodeText } from "./decode-text.ts";
import { parseDocuments } from "./documents.ts";

const docsOf = (text: string): readonly string[] => parseDocuments("x.txt", text).docs;

const bytesOf = (...parts: (string | number)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [part])));

test("messy.txt gives the same documents as in CPython", () => {
  const bytes = readFileSync(new URL("../../test/oracle/texts/messy.txt", import.meta.url));
  const { name, docs } = parseDocuments("messy.txt", decodeText("messy.txt", bytes));
  expect(name).toBe("messy.txt");
  expect(docs).toEqual([
    ...["alma", "bela", "cora", "dena", "emi", "fay lee", "gil\u00A0mor", "hana", "ida", "jo\uFEFF"],
    "a considerably longer line than any block can hold",
    ...["k", "l", "mia", "noa", "o", "pip\u2028quin", "ABBA", '0.5, [x] "q" \\ end', "zoe"],
  ]);
});

describe("documents are lines", () => {
  test.each<[what: string, text: string, docs: string[]]>([
    ["that end in LF", "a\nb\n", ["a", "b"]],
    ["that end in CRLF", "a\r\nb\r\n", ["a", "b"]],
    ["that end in a lone CR", "a\rb", ["a", "b"]],
    ["that end in all three", "a\r\n\nb\r\rc\n\rd", ["a", "b", "c", "d"]],
    ["the last without an end too", "a\nb", ["a", "b"]],
    ["in their order, repeated ones as often as they come", "b\na\nb", ["b", "a", "b"]],
    ["without the blank ones", "\n \na\n\t\n\nb\n\n", ["a", "b"]],
    ["stripped, with their inner spaces", "  a  b\t\n", ["a  b"]],
    ["that other separators do not end", "a\u2028b\u2029c\x0Bd\x0Ce\x85f", ["a\u2028b\u2029c\x0Bd\x0Ce\x85f"]],
  ])("%s", (_, text, docs) => {
    expect(docsOf(text)).toEqual(docs);
  });
});

describe("strip removes the same characters as Python's str.strip", () => {
  // [c for c in map(chr, range(0x110000)) if c.isspace()], in CPython 3.11, without the line ends.
  const spaces = [
    ...[0x9, 0xb, 0xc, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004],
    ...[0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
  ].map((code) => String.fromCodePoint(code));

  test("each of them, alone and together, at both ends", () => {
    for (const space of spaces) expect(docsOf(`${space}a${space}b${space}${space}`)).toEqual([`a${space}b`]);
    const all = spaces.join("");
    expect(docsOf(`${all}a${all}`)).toEqual(["a"]);
  });

  test("no other character of the basic plane, for example U+FEFF and U+200B", () => {
    const stripped = [];
    for (let code = 0; code <= 0xffff; code++) {
      const char = String.fromCharCode(code);
      if (!"\r\n".includes(char) && docsOf(`${char}a`)[0] === "a") stripped.push(char);
    }
    expect(stripped).toEqual(spaces);
    expect(docsOf("\uFEFFa\u200B")).toEqual(["\uFEFFa\u200B"]);
  });

  test("in time linear in the line's length", () => {
    // Takes milliseconds; restarting the search at every space of the run takes seconds.
    const start = performance.now();
    expect(docsOf(`a${" ".repeat(60_000)}b`)[0]).toHaveLength(60_002);
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe("a source without documents is refused", () => {
  test.each([
    ["", "an empty file"],
    ["\n", "only blank lines"],
    ["\r\n \t\r\n\u3000", "only blank lines"],
  ])("%j is %s", (text, got) => {
    expect(() => docsOf(text)).toThrow(MicrogptError);
    expect(() => docsOf(text)).toThrow(`data x.txt: expected text to learn from, got ${got};`);
  });
});

describe("bytes are read as UTF-8", () => {
  test.each<[what: string, bytes: Uint8Array, text: string]>([
    ["of every length", bytesOf("a é € 😀\r\n"), "a é € 😀\r\n"],
    ["without a byte order mark", bytesOf(0xef, 0xbb, 0xbf, "a"), "a"],
    ["with a second byte order mark, which is a character", bytesOf("\uFEFF\uFEFFa"), "\uFEFFa"],
    ["of nothing", bytesOf(), ""],
  ])("%s", (_, bytes, text) => {
    expect(decodeText("x.txt", bytes)).toBe(text);
  });

  test("a NUL is refused", () => {
    const read = (): string => decodeText("x.bin", bytesOf("PNG", 0, "a", 0));
    expect(read).toThrow(MicrogptError);
    expect(read).toThrow("data x.bin: expected UTF-8 text, got text with NUL bytes (byte 3); remove them:");
  });

  // The byte that Python's UnicodeDecodeError names: the first of the invalid sequence.
  test.each<[what: string, bytes: Uint8Array, got: string]>([
    ["a byte that begins nothing", bytesOf("ab\nc", 0xff, "d"), "byte 0xff in line 2 (byte 4)"],
    ["a byte that only continues", bytesOf("ab\ncd\n", 0x80), "byte 0x80 in line 3 (byte 6)"],
    ["an overlong form", bytesOf(0xc0, 0x80), "byte 0xc0 in line 1 (byte 0)"],
    ["Latin-1 before a letter", bytesOf("a\nM", 0xfc, "ller\n"), "byte 0xfc in line 2 (byte 3)"],
    ["Latin-1 at the end of a line", bytesOf("a\ncaf", 0xe9, "\nb\n"), "byte 0xe9 in line 2 (byte 5)"],
    ["a sequence that a letter breaks off", bytesOf("a", 0xf0, 0x9f, 0x98, "b"), "byte 0xf0 in line 1 (byte 1)"],
    ["half of a surrogate pair", bytesOf(0xed, 0xa0, 0x80), "byte 0xed in line 1 (byte 0)"],
    ["a sequence that the end cuts off", bytesOf("a\n", 0xe2, 0x82), "byte 0xe2 in line 2 (byte 2)"],
    ["an error after text that is not ASCII", bytesOf("é€😀\n", 0xff), "byte 0xff in line 2 (byte 10)"],
  ])("the error for %s gives line and offset", (_, bytes, got) => {
    const read = (): string => decodeText("x.txt", bytes);
    expect(read).toThrow(MicrogptError);
    expect(read).toThrow(`data x.txt: expected UTF-8 text, got ${got};`);
  });

  test("an error far into a large file is found", () => {
    const bytes = bytesOf("é\n".repeat(100_000), 0xff, "\n".repeat(50_000));
    expect(() => decodeText("x.txt", bytes)).toThrow("byte 0xff in line 100001 (byte 300000);");
  });
});
