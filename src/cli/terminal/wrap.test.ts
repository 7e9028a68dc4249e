import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { widthOf } from "./width.ts";
import { Wrap } from "./wrap.ts";

function wrapped(pieces: Iterable<string>, columns: number, hang = 0): string[] {
  const wrap = new Wrap();
  const text = Array.from(pieces, (piece) => wrap.add(piece, columns, hang)).join("");
  return (text + wrap.end(columns, hang)).split("\n");
}

test.each<[what: string, text: string, lines: readonly string[]]>([
  ["breaks at words", "to be or not to be", ["to be or", "not to be"]],
  ["fills a line to its last column", "0123456789 a", ["0123456789", "a"]],
  ["keeps line ends, and blanks within a line", "a  b\n\n  c d", ["a  b", "", "  c d"]],
  ["keeps the beginning of a line", "    return x + y", ["    return", "x + y"]],
  ["breaks a word that is longer than a line where it must", "a 0123456789012", ["a", "0123456789", "012"]],
  ["counts tabs", "\ta b", ["\ta", "b"]],
  ["counts characters of East Asia twice, and may break after each", "人工知能は楽しい", ["人工知能は", "楽しい"]],
  ["keeps what closes a sentence with it", "人工知能は。楽しい", ["人工知能", "は。楽しい"]],
  ["counts an emoji as one", "👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", ["👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", "👩‍👩‍👧"]],
  [
    "counts no marks",
    "e\u0301e\u0301e\u0301e\u0301 e\u0301e\u0301e\u0301e\u0301e\u0301",
    ["e\u0301e\u0301e\u0301e\u0301 e\u0301e\u0301e\u0301e\u0301e\u0301"],
  ],
  ["counts an apostrophe as part of its word", "isn’t didn’t", ["isn’t", "didn’t"]],
])("%s", (_, text, lines) => {
  expect(wrapped([text], 10)).toEqual(lines);
  expect(wrapped(text, 10)).toEqual(lines);
});

test("continuations are indented, unless the terminal is too narrow", () => {
  expect(wrapped(["note: a b c d e"], 8, 3)).toEqual(["note: a", "   b c d", "   e"]);
  expect(wrapped(["note: a b c d"], 8, 6)).toEqual(["note: a", "b c d"]);
});

describe("for all texts", () => {
  const words = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n", "\t", "文", "。", "é", "👧", "\u001b") });

  test("no line is too wide, and only blanks are lost", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 8, max: 40 }), fc.integer({ min: 0, max: 12 }), (text, columns, hang) => {
        const lines = wrapped([text], columns, hang);
        for (const line of lines.filter((line) => !line.includes("\t"))) {
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
        }
        expect(lines.join("").replaceAll(/\s/g, "")).toBe(text.replaceAll("\u001b", "\\x1b").replaceAll(/\s/g, ""));
      }),
    );
  });

  test("the result does not depend on the pieces", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 8, max: 40 }), (text, columns) => {
        expect(wrapped(text, columns)).toEqual(wrapped([text], columns));
      }),
    );
  });
});
