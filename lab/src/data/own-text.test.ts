import { MicrogptError, startRun } from "microgpt";
import { describe, expect, test } from "vitest";
import { checkSize, MOST_BYTES, ownText } from "./own-text.ts";

const bytes = (...numbers: number[]): Uint8Array => Uint8Array.from(numbers);
const PARAGRAPHS = "It was a dark night,\nand the rain came down.\n\nIt was a dark day,\nand the sun came up.\n";

describe("ownText reads", () => {
  test.each<[what: string, source: Uint8Array | string, mode: string, docs: string[]]>([
    ["lines", "\nanna\nbob\neve  \n\n\n", "documents", ["anna", "bob", "eve"]],
    ["lines of Windows, with a mark at the beginning", "\uFEFFanna\r\nbob\r\n", "documents", ["anna", "bob"]],
    ["bytes", new TextEncoder().encode("zoë\n模型\n"), "documents", ["zoë", "模型"]],
    ["equal lines among others", "anna\nanna\nbob", "documents", ["anna", "anna", "bob"]],
    ["half of an emoji", "anna \ud83d\nbob", "documents", ["anna \uFFFD", "bob"]],
    ["paragraphs, as they are", PARAGRAPHS, "stream", [PARAGRAPHS]],
    ["paragraphs of Windows", PARAGRAPHS.replaceAll("\n", "\r\n"), "stream", [PARAGRAPHS]],
    ["paragraphs of an old Mac", PARAGRAPHS.replaceAll("\n", "\r"), "stream", [PARAGRAPHS]],
    ["a single line", "the cat sat on the mat and looked", "stream", ["the cat sat on the mat and looked"]],
  ])("%s", (_, source, mode, docs) => {
    expect(ownText("mine.txt", source)).toEqual({ name: "mine.txt", mode, docs });
  });

  test("as the user says", () => {
    expect(ownText("mine", PARAGRAPHS, "documents")).toEqual({
      name: "mine",
      mode: "documents",
      docs: PARAGRAPHS.split("\n").filter((line) => line !== ""),
    });
    const lines = "anna\nbob\neve\notto\nhannah";
    expect(ownText("mine", lines, "stream")).toEqual({ name: "mine", mode: "stream", docs: [lines] });
  });

  test("long text by its beginning alone, instantly", () => {
    const begin = performance.now();
    expect(ownText("long.txt", `${"anna\nbob\n".repeat(1_000_000)}\n\n\n`).docs).toHaveLength(2_000_000);
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test("any text that can be trained on, however short", () => {
    for (const text of ["a\nb", "the cat sat on the mat"]) {
      const run = startRun(ownText("mine", text), { valFraction: 0.1 });
      expect(run.validation.length).toBeGreaterThan(0);
      run.model.dispose();
    }
  });
});

describe("ownText refuses", () => {
  test.each<[what: string, source: Uint8Array | string, message: string]>([
    ["nothing", "", "expected text to learn from, got none; use text with words in it"],
    ["no bytes", bytes(), "expected text to learn from, got none; use text with words in it"],
    ["blanks", " \n\t\r\n\u3000", "expected text to learn from, got only blank lines; use text with words in it"],
    ["a short line", "anna\n", "expected at least 20 characters of running text, got 4; use more text"],
    [
      "one document again and again",
      "anna\n".repeat(40),
      "expected two different lines or more, got the same line again and again; add lines, or read it as running text",
    ],
    [
      "a picture",
      bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13),
      "expected UTF-8 text, got a picture (PNG); name a text file",
    ],
    [
      "latin1",
      bytes(0x7a, 0x6f, 0xeb, 0x0a),
      "expected UTF-8 text, got byte 0xeb in line 1 (byte 2); it looks like Latin-1: save it as UTF-8, for instance: iconv -f latin1 -t utf8",
    ],
    [
      "UTF-16",
      bytes(0xff, 0xfe, 0x61, 0),
      "expected UTF-8 text, got UTF-16 text; save the file as UTF-8, for instance: iconv -f utf-16 -t utf8",
    ],
    [
      "too much",
      "é".repeat(MOST_BYTES / 2 + 1),
      "expected at most 20 MB, got 21 MB; use the command line: npx microgpt prepare",
    ],
  ])("%s", (_, source, message) => {
    expect(complaintOf(() => ownText("mine.txt", source))).toBe(`data mine.txt: ${message}`);
  });

  test("a single line declared as documents", () => {
    expect(complaintOf(() => ownText("mine", "the cat sat on the mat", "documents"))).toBe(
      "data mine: expected two different lines or more, got one line; add lines, or read it as running text",
    );
  });
});

describe("checkSize", () => {
  test.each([
    [0, "mine.txt"],
    [MOST_BYTES, "mine.txt"],
    [10, "notes.md"],
    [10, "code.py"],
    [10, "csv"],
  ])("lets %i bytes of %s pass", (size, name) => {
    expect(() => checkSize(size, name)).not.toThrow();
  });

  const RECORDS_FIX = "use the command line, npx microgpt train, or paste the texts alone";
  test.each([
    [200_000_000, "big.txt", "expected at most 20 MB, got 200 MB; use the command line: npx microgpt prepare"],
    [MOST_BYTES + 1, "mine.txt", "expected at most 20 MB, got 21 MB; use the command line: npx microgpt prepare"],
    [10, "chat.jsonl", `expected a text file, got JSON lines; ${RECORDS_FIX}`],
    [10, "chat.NDJSON", `expected a text file, got JSON lines; ${RECORDS_FIX}`],
    [10, "table.csv", `expected a text file, got CSV; ${RECORDS_FIX}`],
    [10, "table.tsv", `expected a text file, got TSV; ${RECORDS_FIX}`],
  ])("refuses %i bytes of %s", (size, name, message) => {
    expect(complaintOf(() => checkSize(size, name))).toBe(`data ${name}: ${message}`);
  });
});

/** The one-line error about a user's mistake. */
function complaintOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MicrogptError) return error.message;
    throw error;
  }
  return "nothing was refused";
}
