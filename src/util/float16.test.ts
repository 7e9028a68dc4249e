import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBFloat16, decodeFloat16, encodeFloat16 } from "./float16.ts";

/** Every non-negative finite half, by the standard's definition, at the index of its bits. */
const halves = Array.from({ length: 0x7c00 }, (_, bits) => {
  const [exponent, fraction] = [Math.floor(bits / 1024), bits % 1024];
  return exponent === 0 ? (fraction / 1024) * 2 ** -14 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** The nearest half, found by linear search. */
function nearest(x: number): number {
  let [low, high] = [0, halves.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((halves[middle] ?? 0) <= x) low = middle;
    else high = middle;
  }
  const [below, above] = [x - (halves[low] ?? 0), (halves[high] ?? 0) - x];
  if (below === above) return low % 2 === 0 ? low : high;
  return below < above ? low : high;
}

const toFloat16 = (x: number): number => encodeFloat16(Float32Array.of(x))[0] ?? NaN;
const fromFloat16 = (bits: number): number => decodeFloat16(Uint16Array.of(bits))[0] ?? NaN;
const signed = (bits: number, x: number): number => bits + (x < 0 || Object.is(x, -0) ? 0x8000 : 0);

test.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.1, 0x2e66],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000], // tied with 0, which is even
  [1.5 * 2 ** -24, 0x0002], // between 1 and 2
  [2 ** -14 - 2 ** -25, 0x0400], // ties between the largest subnormal and the smallest normal
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [2 - 2 ** -12, 0x4000],
  [65504, 0x7bff],
  [65519, 0x7bff],
  [65520, 0x7bff],
  [-1e30, 0xfbff],
  [Infinity, 0x7bff],
  [NaN, 0x7e00],
])("%d has the bits %i", (x, bits) => {
  expect(toFloat16(x)).toBe(bits);
});

test("any float becomes the nearest half", () => {
  const float = fc.float({ noNaN: true, noDefaultInfinity: true });
  const small = fc.float({ min: -2, max: 2, noNaN: true });
  const tiny = fc.integer({ min: -(2 ** 12), max: 2 ** 12 }).map((n) => n * 2 ** -26);
  fc.assert(
    fc.property(fc.oneof(float, small, tiny), (x) => {
      expect(toFloat16(x)).toBe(signed(nearest(Math.abs(x)), x));
    }),
    { numRuns: 5000 },
  );
});

test("each half is decoded to its value and encoded to the same bits", () => {
  for (const [sign, bit] of [
    [1, 0],
    [-1, 0x8000],
  ] as const) {
    const bits = Uint16Array.from(halves.keys(), (half) => half | bit);
    const floats = Float32Array.from(halves, (x) => sign * x);
    expect(Buffer.from(decodeFloat16(bits).buffer).equals(Buffer.from(floats.buffer))).toBe(true);
    expect(Buffer.from(encodeFloat16(floats).buffer).equals(Buffer.from(bits.buffer))).toBe(true);
  }
});

test("NaN and infinity are decoded as such", () => {
  expect([0x7c00, 0xfc00, 0x7c01, 0xffff].map(fromFloat16)).toEqual([Infinity, -Infinity, NaN, NaN]);
});

test("a bfloat16 is the upper half of a float32", () => {
  const bits = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x8000, 0x7f80, 0x7fc0);
  expect([...decodeBFloat16(bits)]).toEqual([1, -2, 2 ** -133, -0, Infinity, NaN]);
});
