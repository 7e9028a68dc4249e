/**
 * Weights in fewer bits, for generation: as floats of 16 bits, or as integers from -127 to 127 times a scale for each row
 * of a matrix (symmetric, by the row's largest; as in Dettmers et al. 2022, arXiv:2208.07339, without its exceptions).
 */

import { type Cell, formats } from "../util/cells.ts";
import type { GPTConfig } from "./config.ts";
import { type Param, paramTable } from "./params.ts";

/** The formats of weights by their names for users. */
export const WEIGHT_FORMATS = ["f32", "f16", "bf16", "int8"] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** Narrow weights are all but f32. */
export type NarrowFormat = Exclude<WeightFormat, "f32">;

export const cellOf: { readonly [F in WeightFormat]: Cell } = { f32: "f32", f16: "f16", bf16: "bf16", int8: "i8" };

const LARGEST = 127;
/** Larger numbers become these instead of infinity. */
const LARGEST_FLOAT: { readonly [F in NarrowFormat]: number } = {
  f16: 65_504,
  bf16: (2 - 2 ** -7) * 2 ** 127,
  int8: Number.POSITIVE_INFINITY,
};

/** Numbers of a matrix (O, I) as a format has them. */
export interface Narrow {
  /** (O, I), each to be rounded to the nearest cell. */
  readonly numbers: Float32Array;
  /** (O): what the numbers of a row are multiplied by. Only int8 has them. */
  readonly scales?: Float32Array;
}

/**
 * The parameters that may be narrow: matrices of more than one column that tokens are multiplied with. The rest is small, or
 * read by rows.
 */
export function narrowParams(config: GPTConfig): Param[] {
  return paramTable(config).filter(
    ({ group, shape: [, width = 1] }) => (group === "matrix" || group === "head") && width > 1,
  );
}

/** The numbers and scales of a matrix of `rows` rows. */
export function narrowed(format: NarrowFormat, matrix: ArrayLike<number>, rows: number): Narrow {
  const most = LARGEST_FLOAT[format];
  const numbers = Float32Array.from(matrix, (x) => Math.max(-most, Math.min(most, x)));
  if (format !== "int8") return { numbers };
  const width = numbers.length / rows;
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const own = numbers.subarray(row * width, (row + 1) * width);
    const largest = own.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    // A row that was rounded before keeps its scale, so that rounding it again changes nothing.
    const scale = Math.fround(largest / LARGEST);
    scales[row] = scale;
    if (scale > 0) for (let i = 0; i < own.length; i++) own[i] = (own[i] ?? 0) / scale;
  }
  return { numbers, scales };
}

/** The matrix that the format stands for. */
export function rounded(format: NarrowFormat, matrix: ArrayLike<number>, rows: number): Float32Array {
  const { numbers, scales } = narrowed(format, matrix, rows);
  const { encode, decode } = formats[cellOf[format]];
  const held = decode(encode(numbers));
  if (scales === undefined) return held;
  const width = held.length / rows;
  return held.map((x, i) => x * (scales[Math.floor(i / width)] ?? 0));
}
