import fc from "fast-check";
import { expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";

const tokenizer = new ByteTokenizer();

test("ids are UTF-8 bytes, BOS is 256", () => {
  expect(tokenizer.encode("aé€😀")).toEqual([0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80]);
  expect(tokenizer.encodeDocument("a")).toEqual([256, 0x61, 256]);
  expect(tokenizer.vocabSize).toBe(257);
});

test("any bytes survive encoding and decoding, text or not", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(tokenizer.decodeBytes(tokenizer.encodeBytes(bytes))).toEqual(bytes);
    }),
  );
});

test.each<[what: string, ids: number[], text: string]>([
  ["a byte order mark, which is text here", [0xef, 0xbb, 0xbf, 0x61], "\uFEFFa"],
  ["a character that is cut", [0x61, 0xf0, 0x9f, 0x98], "a\uFFFD"],
  ["a byte that begins nothing", [0x61, 0xff, 0x62], "a\uFFFDb"],
  ["BOS within a character", [0xc3, 256, 0xa9], "é"],
])("decodes %s", (_, ids, text) => {
  expect(tokenizer.decode(ids)).toBe(text);
});

test("half of a surrogate pair has no bytes and becomes U+FFFD", () => {
  expect(tokenizer.decode(tokenizer.encode("a\uD83Db"))).toBe("a\uFFFDb");
});

test("a long text is encoded and decoded completely", () => {
  const text = "é".repeat(300_000);
  const ids = tokenizer.encodeDocument(text);
  expect(ids).toHaveLength(600_002);
  expect(tokenizer.decode(ids) === text).toBe(true);
});

test("JSON of another type is refused", () => {
  expect(() => ByteTokenizer.fromJSON({ type: "bytes" })).toThrow(MicrogptError);
  expect(() => ByteTokenizer.fromJSON(null)).toThrow('tokenizer: expected {"type":"byte"}, got something else;');
});
