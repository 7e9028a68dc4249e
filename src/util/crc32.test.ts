import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32, crc32c, hex32 } from "./crc32.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each([
  ["", "00000000"],
  ["123456789", "cbf43926"],
  ["a", "e8b7be43"],
  ["The quick brown fox jumps over the lazy dog", "414fa339"],
  ["\0\0\0\0", "2144df1c"],
])("of %j equals zip's, %s", (text, digits) => {
  expect(hex32(crc32(bytesOf(text)))).toBe(digits);
});

// RFC 3720, B.4, and the usual check value.
test.each([
  ["123456789", "e3069283"],
  ["\0".repeat(32), "8a9136aa"],
  [String.fromCharCode(...Array(32).keys()), "46dd794e"],
])("Castagnoli's of %j is %s", (text, digits) => {
  expect(hex32(crc32c(bytesOf(text)))).toBe(digits);
});

test("of parts, each continuing the previous one, equals that of the whole", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (parts) => {
      const whole = Uint8Array.from(parts.flatMap((part) => [...part]));
      expect(parts.reduce((crc, part) => crc32(part, crc), 0)).toBe(crc32(whole));
    }),
  );
});

test("detects any damage of up to 32 bits in a row", () => {
  const bytes = fc.uint8Array({ minLength: 4, maxLength: 100 });
  fc.assert(
    fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 0xffffffff }), (intact, at, damage) => {
      const damaged = intact.slice();
      const view = new DataView(damaged.buffer);
      const position = at % (intact.length - 3);
      view.setUint32(position, view.getUint32(position) ^ damage);
      expect(crc32(damaged)).not.toBe(crc32(intact));
    }),
  );
});

test.each([
  [0, "00000000"],
  [0xff, "000000ff"],
  [0xffffffff, "ffffffff"],
])("%d is written as eight hexadecimal digits, %s", (crc, digits) => {
  expect(hex32(crc)).toBe(digits);
});
