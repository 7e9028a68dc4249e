import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { divergingTable, magnitude, mix, paintCells, type RGB, STEPS, sequentialTable } from "./color.ts";

const white: RGB = [255, 255, 255];
const black: RGB = [0, 0, 0];
const blue: RGB = [29, 78, 216];

const bytes = (pixel: number | undefined): number[] => [...new Uint8Array(Uint32Array.of(pixel ?? 0).buffer)];

test.each<[from: RGB, to: RGB, t: number, expected: RGB]>([
  [white, blue, 0, white],
  [white, blue, 1, blue],
  // Chromium's result of color-mix(in oklab, …) for the two.
  [black, white, 0.5, [99, 99, 99]],
  [white, blue, 0.5, [138, 171, 241]],
  [[185, 28, 92], [67, 56, 202], 0.5, [129, 63, 149]],
])("mix %j and %j at %d is %j", (from, to, t, expected) => {
  // The browser keeps fewer digits.
  for (const [i, channel] of mix(from, to, t).entries())
    expect(Math.abs(channel - (expected[i] ?? -9))).toBeLessThan(1);
});

test("a sequential scale goes from one color to the other in even steps of lightness", () => {
  const table = sequentialTable(black, white);
  expect(table).toHaveLength(STEPS);
  expect(bytes(table[0])).toEqual([0, 0, 0, 255]);
  expect(bytes(table[STEPS - 1])).toEqual([255, 255, 255, 255]);
  const greys = [...table].map((pixel) => bytes(pixel)[0] ?? 0);
  expect(greys).toEqual([...greys].sort((a, b) => a - b));
});

test("a diverging scale has its middle color at zero", () => {
  const table = divergingTable(blue, white, black);
  expect(bytes(table[0])).toEqual([...blue, 255]);
  expect(bytes(table[STEPS - 1])).toEqual([...black, 255]);
  const [low, high] = [bytes(table[STEPS / 2 - 1]), bytes(table[STEPS / 2])];
  for (const channel of [...low, ...high]) expect(channel).toBeGreaterThan(250);
});

test.each<[what: string, x: number, min: number, max: number, step: number | "clear"]>([
  ["the least", -2, -2, 2, 0],
  ["the most", 2, -2, 2, STEPS - 1],
  ["below the range", -9, -2, 2, 0],
  ["above the range", 9, -2, 2, STEPS - 1],
  ["infinite", Number.POSITIVE_INFINITY, 0, 1, STEPS - 1],
  ["a third", 1 / 3, 0, 1, 85],
  ["no number", Number.NaN, 0, 1, "clear"],
  ["anything in an empty range", 0, 0, 0, 0],
])("paintCells: %s, %d of %d to %d, is step %s", (_, x, min, max, step) => {
  const table = Uint32Array.from({ length: STEPS }, (_, i) => i + 1);
  const pixels = new Uint32Array(1);
  paintCells([x], table, min, max, pixels);
  expect(pixels[0]).toBe(step === "clear" ? 0 : step + 1);
});

test("magnitude: the largest absolute value that is a number", () => {
  expect(magnitude([1, -3, Number.NaN, Number.NEGATIVE_INFINITY])).toBe(3);
  expect(magnitude([])).toBe(0);
});

// ---------------------------------------------------------------- the lab's own colors

const style = readFileSync(new URL("../style.css", import.meta.url), "utf8");

describe.each([
  ["light", 1],
  ["dark", 2],
] as const)("in the %s scheme", (_, group) => {
  const color = (name: string): RGB => {
    const hex = style.match(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\)`)?.[group] ?? "";
    const [r = Number.NaN, g = Number.NaN, b = Number.NaN] = (hex.match(/../g) ?? []).map((byte) =>
      Number.parseInt(byte, 16),
    );
    return [r, g, b];
  };

  // The token line's darkest shade is half the accent.
  test.each([0, 0.25, 0.5])("text on a token shaded by %d of the accent has a contrast of at least 4.5", (share) => {
    expect(contrast(color("text"), mix(color("card"), color("accent"), share))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["accent", "negative", "positive", "series-1", "series-2", "series-3", "series-4", "quiet"])(
    "%s has a contrast of at least 3 against a card",
    (name) => {
      expect(contrast(color(name), color("card"))).toBeGreaterThanOrEqual(3);
    },
  );
});

/** WCAG 2.1's contrast ratio of relative luminances. */
function contrast(a: RGB, b: RGB): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: RGB): number {
  const [r = 0, g = 0, b = 0] = color.map((byte) => {
    const x = byte / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
