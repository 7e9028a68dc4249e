import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Cell, formats, heldIn } from "./cells.ts";

// From IEEE 754-2019, tables of binary16, and Intel's "BFLOAT16 - Hardware Numerics Definition" (2018).
test.each<[cell: Cell, x: number, bits: number]>([
  ["f16", 1, 0x3c00],
  ["f16", -2, 0xc000],
  ["f16", 65504, 0x7bff], // the largest
  ["f16", 65519, 0x7bff],
  ["f16", 65520, 0x7c00], // a tie, to infinity
  ["f16", 1e9, 0x7c00],
  ["f16", Number.NEGATIVE_INFINITY, 0xfc00],
  ["f16", 2 ** -14, 0x0400], // the smallest normal one
  ["f16", 2 ** -24, 0x0001], // the smallest
  ["f16", 2 ** -25, 0], // a tie, to even
  ["f16", 3 * 2 ** -25, 0x0002], // a tie, to even
  ["f16", 2 ** -14 - 2 ** -26, 0x0400], // carries into the exponent
  ["f16", -0, 0x8000],
  ["f16", 1 + 2 ** -11, 0x3c00],
  ["f16", 1 + 3 * 2 ** -11, 0x3c02],
  ["bf16", 1, 0x3f80],
  ["bf16", -3.5, 0xc060],
  ["bf16", 1 + 2 ** -8, 0x3f80],
  ["bf16", 1 + 3 * 2 ** -8, 0x3f82],
  ["bf16", 3.4e38, 0x7f80],
  ["bf16", Number.POSITIVE_INFINITY, 0x7f80],
  ["i8", 2.5, 2],
  ["i8", -3.5, -4],
  ["i8", 300, 127],
  ["i8", -300, -128],
])("%s of %d is %i", (cell, x, bits) => {
  expect([...formats[cell].encode(Float32Array.of(x))]).toEqual([bits]);
});

describe.each<[cell: Cell, digits: number, from: number, to: number]>([
  ["f32", 24, 2 ** -100, 2 ** 100],
  ["f16", 11, 2 ** -14, 65504],
  ["bf16", 8, 2 ** -100, 2 ** 100],
])("numbers in cells of %s", (cell, digits, from, to) => {
  test(`are within half a unit of their ${digits} binary digits`, () => {
    fc.assert(
      fc.property(fc.double({ min: Math.log(from), max: Math.log(to), noNaN: true }), fc.boolean(), (e, negative) => {
        const x = Math.fround(Math.exp(e) * (negative ? -1 : 1));
        const [held = Number.NaN] = heldIn(cell, [x]);
        expect(Math.abs(held - x)).toBeLessThanOrEqual(2 ** (Math.floor(Math.log2(Math.abs(x))) - digits) * 1.000001);
      }),
    );
  });

  test("stay as they are the second time, NaN and infinities too", () => {
    const numbers = [0.1, -7.3, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-6];
    const once = heldIn(cell, numbers);
    expect(heldIn(cell, once)).toEqual(once);
    expect(once.slice(2, 6)).toEqual(Float32Array.from(numbers.slice(2, 6)));
  });
});
