/**
 * 16-bit numbers: IEEE 754's binary16, which has 1 bit for the sign, 5 for the exponent and 10 for the fraction, and
 * bfloat16, the upper half of a float32. `Float16Array` does the first on engines that have it.
 */

/**
 * The bits of the half nearest to each number, ties to even. Larger numbers, infinity included, become the largest
 * finite half, so that a weight stays finite; NaN stays NaN.
 */
export function encodeFloat16(numbers: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return Uint16Array.from(bits, halve);
}

/** The numbers that these binary16 bits encode. */
export function decodeFloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(halves, whole);
}

/** The numbers that these bfloat16 bits encode. */
export function decodeBFloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}

/** Converts a float's 32 bits to a half's 16. */
function halve(float: number): number {
  const sign = (float >>> 16) & 0x8000;
  const magnitude = float & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477fe000) return sign | 0x7bff; // 65504 and above
  // The exponent bias is 127 in a float and 15 in a half. The fraction loses 13 bits; a carry raises the exponent.
  if (magnitude >= 0x38800000) return sign | shifted(magnitude - (112 << 23), 13);
  // Below 2^-14 a half counts steps of 2^-24: the fraction with its leading 1, shifted further the lower the exponent.
  const exponent = magnitude >>> 23;
  return exponent < 101 ? sign : sign | shifted((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

/** bits / 2^places, rounded to the nearest whole number, ties to even. */
function shifted(bits: number, places: number): number {
  const half = 2 ** (places - 1);
  return (bits + half - 1 + ((bits >>> places) & 1)) >>> places;
}

function whole(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
