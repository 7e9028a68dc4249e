import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText, Utf8Reader } from "./decode-text.ts";

/** Text, and bytes that may be anything. */
const parts = fc.array(
  fc.oneof(
    fc.constantFrom("a", "é", "€", "😀", "\r\n", "\n", "\r", "\uFEFF").map((s) => [...new TextEncoder().encode(s)]),
    fc.constantFrom([0xff], [0x80], [0xe2, 0x82], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xfe, 0xff]),
  ),
  { maxLength: 12 },
);

function outcome(action: () => string): string {
  try {
    return `text ${action()}`;
  } catch (error) {
    return String(error);
  }
}

test("bytes that come in pieces give the text, or the complaint, that they give at once", () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 5 }), (all, size) => {
      const bytes = Uint8Array.from(all.flat());
      const inPieces = (): string => {
        const reader = new Utf8Reader("x");
        let text = "";
        for (let i = 0; i < bytes.length; i += size) {
          const piece = reader.push(bytes.subarray(i, i + size));
          expect(piece).not.toMatch(/\p{Surrogate}/u);
          text += piece;
        }
        reader.end();
        return text;
      };
      expect(outcome(inPieces)).toBe(outcome(() => decodeText("x", bytes)));
    }),
    { numRuns: 1000 },
  );
});

describe("text in another encoding is named by the mark it begins with", () => {
  test.each<[bytes: number[], got: string, fix: string]>([
    [[0xff, 0xfe, 0x61, 0x00], "UTF-16 text", "iconv -f utf-16 -t utf8"],
    [[0xfe, 0xff, 0x00, 0x61], "UTF-16 text", "iconv -f utf-16 -t utf8"],
    [[0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], "UTF-32 text", "iconv -f utf-32 -t utf8"],
  ])("%j", (bytes, got, fix) => {
    const message = `data x: expected UTF-8 text, got ${got}; save the file as UTF-8, for instance: ${fix}`;
    expect(() => decodeText("x", Uint8Array.from(bytes))).toThrow(message);
  });
});
