import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { open, seal } from "./envelope.ts";

test("any bytes survive a link", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(5000).map((length) => new Uint8Array(length)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (given) => {
      expect(await open(await seal(Uint8Array.from(given)))).toEqual(Uint8Array.from(given));
    }),
  );
});

test.each([
  ["noise, which deflate makes longer", randomBytes(1000), 0, 1006],
  ["zeros", Buffer.alloc(1000), 1, 20],
])("%s are compressed only if that makes them shorter", async (_, bytes, kind, most) => {
  const sealed = Buffer.from(await seal(Uint8Array.from(bytes)), "base64url");
  expect(sealed[1]).toBe(kind);
  expect(sealed.length).toBeLessThanOrEqual(most);
});

test("the most bytes that fit in 65,536 characters make a link, one more does not", async () => {
  expect(await seal(Uint8Array.from(randomBytes(49_152 - 6)))).toHaveLength(65_536);
  await expect(seal(Uint8Array.from(randomBytes(49_153 - 6)))).rejects.toThrow("at most 65536 characters, got 65538");
});
