/**
 * Color scales for heat maps. Steps between two colors are taken in OKLab (Björn Ottosson, 2020), where equal steps
 * look equal.
 */

/** Red, green, blue: 0 to 255. */
export type RGB = readonly [number, number, number];

/** Number of steps in a scale: as many as a byte can distinguish. */
export const STEPS = 256;

/** The color a share `t` (0 to 1) of the way from one to the other. */
export function mix(from: RGB, to: RGB, t: number): RGB {
  const [l0, a0, b0] = toOklab(from);
  const [l1, a1, b1] = toOklab(to);
  return fromOklab([l0 + (l1 - l0) * t, a0 + (a1 - a0) * t, b0 + (b1 - b0) * t]);
}

/** STEPS pixels (RGBA bytes read as one little-endian number) from one color to the other. */
export function sequentialTable(low: RGB, high: RGB): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, i) => pixel(mix(low, high, i / (STEPS - 1))));
}

/** STEPS pixels from `low` through `middle`, the color of zero, to `high`. */
export function divergingTable(low: RGB, middle: RGB, high: RGB): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, i) => {
    const t = (2 * i) / (STEPS - 1) - 1;
    return pixel(t < 0 ? mix(middle, low, -t) : mix(middle, high, t));
  });
}

/**
 * The pixel of each number: from `min` (the table's first) to `max` (its last). Numbers outside are clamped, and a NaN
 * is transparent.
 */
export function paintCells(
  data: ArrayLike<number>,
  table: Uint32Array,
  min: number,
  max: number,
  pixels: Uint32Array,
): void {
  const perStep = max > min ? (STEPS - 1) / (max - min) : 0;
  for (let i = 0; i < pixels.length; i++) {
    const x = data[i] ?? Number.NaN;
    const step = Math.min(STEPS - 1, Math.max(0, Math.round((x - min) * perStep)));
    pixels[i] = Number.isNaN(x) ? 0 : (table[step] ?? 0);
  }
}

/** The largest absolute value, ignoring NaNs and infinities; 0 if there is none. */
export function magnitude(data: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i] ?? 0);
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size;
  }
  return largest;
}

function pixel([r, g, b]: RGB): number {
  return ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
}

function toOklab(color: RGB): RGB {
  const [r, g, b] = color.map(toLinear);
  const red = r ?? 0;
  const green = g ?? 0;
  const blue = b ?? 0;
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: RGB): RGB {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

const toLinear = (byte: number): number => {
  const x = byte / 255;
  return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
};

const fromLinear = (x: number): number =>
  255 * Math.min(1, Math.max(0, x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
