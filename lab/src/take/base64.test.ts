import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64Url, toBase64, toBase64Url } from "./base64.ts";

test("bytes are written as Node writes them, and read back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64Url(toBase64Url(bytes))).toEqual(Uint8Array.from(bytes));
    }),
  );
});

test("a megabyte works like a few bytes", () => {
  const bytes = Uint8Array.from({ length: 1_000_001 }, (_, i) => (i * 31) ^ (i >>> 8));
  expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
  expect(Buffer.from(fromBase64Url(toBase64Url(bytes)) ?? []).equals(bytes)).toBe(true);
});

test.each(["A", "AAAAA", "AA==", "AA+A", "AA/A", "A A", "AAA\n", "AAÄA", "AB", "AAB", "AAAAAB"])(
  "%j cannot have been written this way",
  (text) => {
    expect(fromBase64Url(text)).toBeUndefined();
  },
);
