import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDocuments } from "./documents.ts";
import { LineReader, StreamReader, unixLines } from "./lines.ts";

const unit = fc.constantFrom("a", " ", "é", "\n", "\r", "\r\n", "\x85", "\u2028", "\v");
const text = fc.string({ unit, maxLength: 60 });
const cuts = fc.array(fc.nat({ max: 60 }), { maxLength: 8 });

function pieces(all: string, at: readonly number[]): string[] {
  const bounds = [0, ...[...at].sort((x, y) => x - y), all.length];
  return bounds.slice(1).map((end, i) => all.slice(bounds[i], end));
}

test("lines are the same for any chunks; an empty line after the last line end does not count", () => {
  fc.assert(
    fc.property(text, cuts, (all, at) => {
      const reader = new LineReader("x");
      const lines = [...pieces(all, at).flatMap((piece) => reader.push(piece)), ...reader.end()];
      const expected = all.split(/\r\n|\r|\n/);
      if (expected.at(-1) === "") expected.pop();
      expect(lines).toEqual(expected);
    }),
  );
});

test("row 15: running text has LF for CRLF and lone CR and is otherwise unchanged, for any chunks", () => {
  fc.assert(
    fc.property(text, cuts, (all, at) => {
      const reader = new StreamReader();
      const read = pieces(all, at).map((piece) => reader.push(piece));
      expect(read.join("") + reader.end()).toBe(all.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
      expect(unixLines(all)).toBe(all.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
    }),
  );
});

test("an excessively long line is refused with its number", () => {
  const long = "a".repeat(2 ** 23);
  const reader = new LineReader("x.txt");
  expect(reader.push("one\ntwo\n")).toHaveLength(2);
  reader.push(long);
  reader.push(long);
  const message = "data x.txt: expected lines of at most 16,777,216 characters, got a longer one (line 3); break it";
  expect(() => reader.push("a")).toThrow(message);
  expect(() => parseDocuments("x.txt", `one\ntwo\n${long}${long}a\nfour`)).toThrow(message);
});
