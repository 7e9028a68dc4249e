/** Formats of a number in memory. The narrow ones are for weights that are only read. */

/**
 * Floats of 32 and 16 bits as in IEEE 754; `bf16`, the upper half of an f32; integers from -128 to 127, whose scale is a
 * factor of its own.
 */
export type Cell = "f32" | "f16" | "bf16" | "i8";

export const CELL_BYTES: { readonly [C in Cell]: number } = { f32: 4, f16: 2, bf16: 2, i8: 1 };

type Cells = Float32Array | Uint16Array | Int8Array;

interface Format {
  /** Cells in memory, from a byte address on. */
  readonly view: (memory: ArrayBufferLike, at: number, length: number) => Cells;
  /** The nearest numbers of this format, ties to even. Too large ones become infinite, in `i8` the largest. */
  readonly encode: (numbers: Float32Array) => Cells;
  readonly decode: (cells: ArrayLike<number>) => Float32Array;
}

export const formats: { readonly [C in Cell]: Format } = {
  f32: {
    view: (...place) => new Float32Array(...place),
    encode: (numbers) => numbers,
    decode: (xs) => Float32Array.from(xs),
  },
  f16: {
    view: (...place) => new Uint16Array(...place),
    encode: (numbers) =>
      Uint16Array.from(bitsOf(numbers), (bits) => ((bits >>> 16) & 0x8000) | half(bits & 0x7fffffff)),
    decode: (xs) => Float32Array.from(xs, (bits) => (bits & 0x8000 ? -1 : 1) * fromHalf(bits & 0x7fff)),
  },
  bf16: {
    view: (...place) => new Uint16Array(...place),
    encode: (numbers) => Uint16Array.from(bitsOf(numbers), upperHalf),
    decode: (xs) => new Float32Array(Uint32Array.from(xs, (bits) => bits << 16).buffer),
  },
  i8: {
    view: (...place) => new Int8Array(...place),
    encode: (numbers) => Int8Array.from(numbers, (x) => Math.max(-128, Math.min(127, nearestEven(x)))),
    decode: (xs) => Float32Array.from(xs),
  },
};

/** The numbers as cells of that format hold them. */
export function heldIn(cell: Cell, numbers: ArrayLike<number>): Float32Array {
  const { encode, decode } = formats[cell];
  return decode(encode(Float32Array.from(numbers)));
}

function bitsOf(numbers: Float32Array): Uint32Array {
  return new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
}

/** An f16 from the bits of an f32 without its sign. */
function half(bits: number): number {
  if (bits > 0x7f800000) return 0x7e00; // NaN
  if (bits >= 0x47800000) return 0x7c00; // 2^16 and more
  // 10 bits of the fraction remain, and the exponent's bias is 15 instead of 127. A carry is right, up to infinity.
  if (bits >= 0x38800000) return (withoutLower(bits, 13) - (112 << 10)) & 0x7fff;
  const [x = 0] = new Float32Array(Uint32Array.of(bits).buffer);
  return nearestEven(x * 2 ** 24); // below 2^-14: multiples of 2^-24
}

function fromHalf(bits: number): number {
  const [exponent, fraction] = [bits >>> 10, bits & 0x3ff];
  if (exponent === 0) return fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  return (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function upperHalf(bits: number): number {
  return (bits & 0x7fffffff) > 0x7f800000 ? (bits >>> 16) | 0x40 : withoutLower(bits, 16);
}

/** The bits without the lowest ones, rounded to the nearest, ties to even. */
function withoutLower(bits: number, count: number): number {
  return ((bits + 2 ** (count - 1) - 1 + ((bits >>> count) & 1)) / 2 ** count) >>> 0;
}

/** The nearest integer of a number far below 2^51, ties to even. */
function nearestEven(x: number): number {
  return x + 1.5 * 2 ** 52 - 1.5 * 2 ** 52;
}
