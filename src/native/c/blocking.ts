/** How a matrix product is computed: the blocks that the caches hold, the copies that pay, the part of each thread. */

import type { Product } from "../../backend/schedule.ts";
import type { Access, MapKernel } from "../../compile/kernel.ts";
import { isDynamic, known, sizeAt } from "../../util/dim.ts";
import { internalError } from "../../util/errors.ts";
import type { Vectors } from "../target.ts";

/** Steps of k during which sums stay in registers: a panel of B and a strip of A then share the first-level cache. */
const DEPTH = 256;
/** Entries of a block of A: a part of the second-level cache. */
const BLOCK_ENTRIES = 65536;
/** Entries from one step of k to the next above which a copy pays, in which they are neighbors. Measured. */
const STREWN = 512;
/** Rows up to which lanes are parts of one sum where both operands are contiguous along k. */
const DOT_ROWS = 3;
/** Entries of B up to which a product's code knows its sizes; its time would go to finding out about them. */
const SMALL = 4096;

/** Sizes and strides, in entries; the largest, if they depend on the rows. */
export interface Shape {
  readonly n: number;
  readonly maxM: number;
  readonly maxK: number;
  readonly a: { readonly m: number; readonly k: number };
  readonly b: { readonly k: number; readonly n: number };
}

export interface Blocking {
  /** `small` knows all sizes but those that depend on the rows. */
  readonly way: "small" | "product" | "dots";
  /** The axis by which threads split it. */
  readonly split: "m" | "n";
  readonly blockRows: number;
  readonly depth: number;
  readonly packsA: boolean;
  readonly packsB: boolean;
  /** Entries of scratch memory for one thread. */
  readonly scratch: number;
}

export function shapeOf({ space }: MapKernel, { m, n, left, right, size }: Product, maxRows: number): Shape {
  const k = space.length;
  const stride = ({ strides }: Access, axis: number): number => strides[axis] ?? 0;
  return {
    n: known(space[n] ?? 1),
    maxM: sizeAt(space[m] ?? 1, maxRows),
    maxK: sizeAt(size, maxRows),
    a: { m: stride(left, m), k: stride(left, k) },
    b: { k: stride(right, k), n: stride(right, n) },
  };
}

export function blockingOf(kernel: MapKernel, product: Product, maxRows: number, vectors: Vectors): Blocking {
  const { lanes, tileRows } = vectors;
  const { n, maxM, maxK, a, b } = shapeOf(kernel, product, maxRows);
  const stretches = Math.ceil(maxK / (DEPTH * 1.25));
  const depth = roundUp(Math.max(1, Math.ceil(maxK / stretches)), 16);
  const blockRows = roundUp(Math.min(maxM, Math.max(64, BLOCK_ENTRIES / depth)), tileRows);
  const packsA = a.m === 1 && a.k >= STREWN && n >= 64;
  const isNarrow = product.right.buffer.cell !== "f32";
  const packsB = isNarrow || b.n !== 1 || (b.k >= STREWN && maxM >= 64);
  const way = wayOf(kernel, product, { n, maxM, maxK, a, b });
  // Narrow cells are widened beside the panel.
  const panel = packsB ? (depth + lanes) * (isNarrow ? 4 : 2) * lanes : 0;
  const block = packsA ? (blockRows + tileRows) * (depth + 8) : 0;
  const tiles = (blockRows / tileRows + 1) * (Math.ceil(n / (2 * lanes)) + 1);
  const kept = maxK > depth ? tiles * tileRows * 2 * lanes : 0;
  return {
    way,
    split: way !== "small" && maxM <= 4 * tileRows && n > maxM ? "n" : "m",
    blockRows,
    depth,
    packsA,
    packsB,
    scratch: way === "product" ? panel + block + kept : 0,
  };
}

function wayOf(
  { space }: MapKernel,
  { m, size, left, right }: Product,
  { n, maxM, maxK, a, b }: Shape,
): Blocking["way"] {
  if (maxM <= DOT_ROWS && a.k === 1 && b.k === 1) return "dots";
  if (left.buffer.cell !== "f32" || (right.buffer.cell !== "f32" && b.k !== 1)) {
    throw internalError("narrow cells across the sums of a product");
  }
  if (right.buffer.cell !== "f32") return "product";
  const knownRows = isDynamic(space[m]) ? 1 : maxM;
  const knownDepth = isDynamic(size) ? 1 : maxK;
  const turned = b.n !== 1;
  const small = space.length === 2 && n * Math.max(knownRows, knownDepth) <= SMALL;
  return small && (!turned || (b.k === 1 && !isDynamic(size))) ? "small" : "product";
}

function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}
