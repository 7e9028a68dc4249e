import { describe, expect, test } from "vitest";
import { hash24 } from "./hash.ts";

const LIMIT = 2 ** 24;
const COUNT = 2 ** 13;
/** Over this many draws a share of 1/2 has a standard deviation of 1/256; chance never produces 5 of them. */
const FIVE_SIGMA = (5 * 0.5) / Math.sqrt(COUNT);

/** Counters as training uses them, and the corners of the range. */
const counters: readonly (readonly [name: string, pair: (i: number) => readonly [x: number, y: number]])[] = [
  ["columns of a row", (i) => [12345, i]],
  ["rows of a column", (i) => [i, 7]],
  ["both, in a table of 128 columns", (i) => [Math.floor(i / 128), i % 128]],
  ["the diagonal", (i) => [i, i]],
  ["the largest numbers", (i) => [LIMIT - 1 - i, LIMIT - 1]],
  ["every 1024th number", (i) => [1024 * i, 3]],
  ["keys that are hashes themselves", (i) => [hash24(1, i), 1]],
];

const bit = (n: number, k: number): number => Math.floor(n / 2 ** k) % 2;
const shareOf = (numbers: readonly number[], holds: (n: number, i: number) => boolean): number =>
  numbers.filter(holds).length / numbers.length;
const offHalf = (share: number): number => Math.abs(share - 0.5);

describe.each(counters)("counting %s", (_, pair) => {
  const numbers = Array.from({ length: COUNT }, (_, i) => hash24(...pair(i)));

  test("gives whole numbers below 2^24, half of them in the upper half", () => {
    expect(numbers.every((n) => Number.isInteger(n) && n >= 0 && n < LIMIT)).toBe(true);
    const mean = numbers.reduce((sum, n) => sum + n / LIMIT, 0) / COUNT;
    expect(Math.abs(mean - 0.5)).toBeLessThan((5 * Math.sqrt(1 / 12)) / Math.sqrt(COUNT));
  });

  test("sets each of the 24 bits half of the time, independent of the previous one", () => {
    for (let k = 0; k < 24; k++) {
      expect([k, offHalf(shareOf(numbers, (n) => bit(n, k) === 1)) < FIVE_SIGMA]).toEqual([k, true]);
      const changed = shareOf(numbers, (n, i) => bit(n, k) !== bit(numbers[(i + 1) % COUNT] ?? 0, k));
      expect([k, offHalf(changed) < FIVE_SIGMA]).toEqual([k, true]);
    }
  });

  test("fills 256 bins evenly", () => {
    const counts = new Array<number>(256).fill(0);
    for (const n of numbers) counts[n >> 16] = (counts[n >> 16] ?? 0) + 1;
    const expected = COUNT / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // Mean 255, standard deviation 22.6.
    expect(Math.abs(chiSquare - 255)).toBeLessThan(5 * 22.6);
  });
});

test("is the same wherever it is computed", () => {
  const found = [hash24(0, 0), hash24(1, 0), hash24(0, 1), hash24(LIMIT - 1, LIMIT - 1)];
  expect(found).toMatchInlineSnapshot(`
    [
      11431808,
      2295367,
      4744728,
      15196646,
    ]
  `);
});
