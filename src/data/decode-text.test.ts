import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeText, Utf8Reader } from "./decode-text.ts";

/** Text, and arbitrary bytes. */
const parts = fc.array(
  fc.oneof(
    fc.constantFrom("a", "é", "€", "😀", "\r\n", "\n", "\r", "\uFEFF").map((s) => [...new TextEncoder().encode(s)]),
    fc.constantFrom([0], [0xff], [0x80], [0xe2, 0x82], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xfe, 0xff]),
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

// About as long as the head that the reader waits for, so that faults come before and after its end.
const lengths = fc.constantFrom(0, 4090, 4096, 4100);

test("bytes in chunks give the same text or error as all at once", () => {
  fc.assert(
    fc.property(parts, lengths, fc.integer({ min: 1, max: 5 }), (all, before, size) => {
      const bytes = Uint8Array.from([...new Array<number>(before).fill(0x61), ...all.flat()]);
      const inPieces = (): string => {
        const reader = new Utf8Reader("x");
        let text = "";
        for (let i = 0; i < bytes.length; i += i < before - 8 ? before - 8 : size) {
          const piece = reader.push(bytes.subarray(i, i < before - 8 ? before - 8 : i + size));
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

test("valid text is emitted at once, however small the chunks", () => {
  const reader = new Utf8Reader("x");
  expect(["a", "b\n", "c"].map((piece) => reader.push(new TextEncoder().encode(piece)))).toEqual(["a", "b\n", "c"]);
});

describe("text in another encoding is recognized by its byte order mark", () => {
  test.each<[bytes: number[], got: string, fix: string]>([
    [[0xff, 0xfe, 0x61, 0x00], "UTF-16 text", "iconv -f utf-16 -t utf8"],
    [[0xfe, 0xff, 0x00, 0x61], "UTF-16 text", "iconv -f utf-16 -t utf8"],
    [[0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], "UTF-32 text", "iconv -f utf-32 -t utf8"],
  ])("%j", (bytes, got, fix) => {
    const message = `data x: expected UTF-8 text, got ${got}; save the file as UTF-8, for instance: ${fix}`;
    expect(() => decodeText("x", Uint8Array.from(bytes))).toThrow(message);
  });
});

/** Bytes written as text, in characters up to U+00FF. */
const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const utf16 = (text: string): Uint8Array => new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer);
const utf32 = (text: string): Uint8Array => new Uint8Array(Uint32Array.from(text, (c) => c.charCodeAt(0)).buffer);
const swapped = (bytes: Uint8Array, size: number): Uint8Array =>
  bytes.map((_, i) => bytes[i - (i % size) + size - 1 - (i % size)] ?? 0);
const zip = (...names: string[]): Uint8Array =>
  bytesOf(names.map((name) => `PK\x03\x04\x14\0\0\0\x08\0${"\xb5".repeat(20)}${name}\xab\x01`).join(""));
const refusal = (bytes: Uint8Array): string =>
  outcome(() => decodeText("x", bytes)).replace("MicrogptError: data x: expected UTF-8 text, got ", "");

// Further formats are in the tables `SIGNATURES` and `ZIPPED`.
describe("row 21: a file of a known format is named, with the fix", () => {
  test.each<[bytes: Uint8Array, said: string]>([
    [bytesOf("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), "a PDF; extract its text first, for instance: pdftotext FILE mine.txt"],
    [bytesOf("%PDF-1.7\nall of it ASCII\n"), "a PDF; extract its text first, for instance: pdftotext FILE mine.txt"],
    [bytesOf("{\\rtf1\\ansi Hello}"), "rich text (RTF); save it as plain text (.txt, UTF-8)"],
    [bytesOf("\x1f\x8b\x08\0\0\0"), "a gzip archive; unpack it first: gunzip FILE"],
    [zip("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "a Word document (DOCX); save it as plain text"],
    [zip("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (XLSX); save the sheet as CSV (UTF-8)"],
    [zip("mimetypeapplication/vnd.oasis.opendocument.text"), "an OpenDocument file (ODT); save it as plain text"],
    [zip("mimetypeapplication/epub+zip"), "an e-book (EPUB); convert it to text first, for instance: pandoc"],
    [zip("archive/data.pkl"), "a PyTorch file; name the text itself"],
    [zip("books/one.txt"), "a ZIP archive; unpack it first: unzip FILE"],
    [bytesOf("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), "an old Office document (.doc, .xls); save it as plain text"],
    [bytesOf("PAR1\x15\x04\x15\x80"), "a Parquet file; write its texts to a CSV or JSON lines file"],
    [bytesOf("SQLite format 3\0\x10"), 'an SQLite database; query its texts: sqlite3 FILE "select ..." > mine.txt'],
    [bytesOf("\x89PNG\r\n\x1a\n\0\0"), "a picture (PNG); name a text file"],
    [bytesOf("\0\0\0\x20ftypisom"), "video or sound (MP4); name a text file"],
    [bytesOf('\x40\x02\0\0\0\0\0\0{"wte":'), "a model (safetensors); name the text itself"],
    [bytesOf(`${"a.txt".padEnd(257, "\0")}ustar\0`), "a tar archive; unpack it first: tar xf FILE"],
  ])("%#: %s", (bytes, said) => {
    expect(refusal(bytes)).toContain(said);
    // The same byte by byte.
    const reader = new Utf8Reader("x");
    const byByte = (): string => [...bytes].map((byte) => reader.push(Uint8Array.of(byte))).join("");
    expect(outcome(() => `${byByte()}${reader.end()}`)).toBe(
      `MicrogptError: data x: expected UTF-8 text, got ${refusal(bytes)}`,
    );
  });

  test("text that begins like a known format passes, whatever its name", () => {
    for (const text of [
      "PK\x03 is how it begins",
      "GIF89a",
      "MZ",
      "BZh",
      "PAR1 for the course",
      "ID3",
      "{rtf}",
      "% PDF",
    ]) {
      expect(decodeText("x", bytesOf(text))).toBe(text);
    }
  });
});

describe("row 21: the error for text that is not UTF-8 says what it looks like and how to convert it", () => {
  const save = (name: string, iconv: string): string =>
    `it looks like ${name}: save it as UTF-8, for instance: iconv -f ${iconv}`;
  const wide = (name: string, iconv: string): string =>
    `${name} text without a byte order mark; save it as UTF-8, for instance: iconv -f ${iconv} -t utf8`;
  const TR = "remove them: tr -d '\\000' < FILE > clean.txt";
  const LINES = "anna\nbob\ncleo\n";
  test.each<[what: string, bytes: Uint8Array, said: string]>([
    ["UTF-16", utf16(LINES), wide("UTF-16LE", "utf-16le")],
    ["UTF-16 the other way round", swapped(utf16(LINES), 2), wide("UTF-16BE", "utf-16be")],
    ["UTF-16 in Chinese", utf16("春天来了，花园里的花都开了。\n孩子们在河边唱歌。\n"), wide("UTF-16LE", "utf-16le")],
    ["UTF-32", utf32(LINES), wide("UTF-32LE", "utf-32le")],
    ["UTF-32 the other way round", swapped(utf32(LINES), 4), wide("UTF-32BE", "utf-32be")],
    ["padded", bytesOf(`${LINES}${"\0".repeat(99)}`), `text that is padded with NUL bytes (from byte 14 on); ${TR}`],
    ["with a NUL in it", bytesOf("anna\0bob\n"), `text with NUL bytes (byte 4); ${TR}`],
    [
      "with NULs and letters of other languages",
      new TextEncoder().encode("zoë\0émile\0"),
      `text with NUL bytes (byte 4); ${TR}`,
    ],
    ["binary", bytesOf("\x07\x01\x02\x03\0\x05"), "a binary file (byte 4 is NUL); name a text file"],
    [
      "binary without a NUL",
      bytesOf("ab\x01\x02\xff\x03"),
      "binary data, byte 0xff in line 1 (byte 4); name a text file",
    ],
    ["Latin-1", bytesOf("\xc5sa\n\xd6rjan\n"), save("Latin-1", "latin1")],
    ["Windows-1252", bytesOf("\x93Hello\x94 said Zo\xeb\nIt\x92s fine\n"), save("Windows-1252", "cp1252")],
    ["Mac OS Roman", bytesOf("na\x95vet\x8e, d\x8ej\x88 vu"), save("Mac OS Roman", "macintosh")],
    ["Windows-1251", bytesOf("\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\xee\xe5\xee!"), save("Windows-1251", "cp1251")],
    ["Shift JIS", bytesOf("\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\n"), save("Shift JIS", "cp932")],
    ["GBK", bytesOf("\xc4\xe3\xba\xc3\xca\xc0\xbd\xe7\n"), save("GBK", "gb18030")],
    [
      "UTF-8 with a stray byte",
      Uint8Array.from([...new TextEncoder().encode("größe und "), 0xff]),
      "byte 0xff in line 1 (byte 12); the rest is UTF-8: drop the damaged bytes, for instance: iconv -c -f utf8 -t utf8",
    ],
  ])("%s", (_, bytes, said) => {
    expect(refusal(bytes)).toContain(said);
  });
});
