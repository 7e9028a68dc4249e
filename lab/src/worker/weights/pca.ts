/** Projects rows of many channels onto the directions in which they differ most. N rows, C channels. (Pearson 1901) */

import { firstEigen, trace } from "./eigen.ts";

export interface PCA {
  /** (C) each, orthonormal: the directions of largest variance, in descending order. */
  readonly axes: readonly Float64Array[];
  /** The share of the total variance along each axis; 0 if there is none. */
  readonly shares: Float64Array;
  /** (N, axes) the rows' coordinates along the axes, relative to their mean. */
  readonly points: Float64Array;
}

/**
 * The first `count` principal components of a matrix (N, C), fewer if C is less. The sign of an axis is not determined
 * by the variance; it points to the side where the rows lie farther out (`outward`), so that equal rows give the same
 * picture.
 */
export function pca(data: ArrayLike<number>, rows: number, count = 2): PCA {
  const channels = data.length / rows;
  const centred = centre(data, rows, channels);
  const covariance = covarianceOf(centred, rows, channels);
  const { values, vectors } = firstEigen(covariance, channels, count);
  const total = trace(covariance, channels);
  const axes = vectors.slice(0, count).map((axis) => outward(axis, centred, rows));
  return {
    axes,
    shares: Float64Array.from(axes, (_, k) => (total > 0 ? Math.max(0, values[k] ?? 0) / total : 0)),
    points: Float64Array.from({ length: rows * axes.length }, (_, i) =>
      along(centred, Math.floor(i / axes.length), axes[i % axes.length] ?? new Float64Array()),
    ),
  };
}

/**
 * The axis or its opposite: the one along which the cubes of the coordinates have a positive sum. If that sum vanishes,
 * as for symmetric rows, the axis's largest entry becomes positive. (after Bro, Acar and Kolda 2008)
 */
function outward(axis: Float64Array, centred: Float64Array, rows: number): Float64Array {
  let cubes = 0;
  let size = 0;
  for (let row = 0; row < rows; row++) {
    const place = along(centred, row, axis);
    cubes += place ** 3;
    size += Math.abs(place) ** 3;
  }
  const largest = axis.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
  const sign = Math.abs(cubes) > 1e-9 * size ? cubes : largest;
  return sign < 0 ? axis.map((x) => -x) : axis;
}

function centre(data: ArrayLike<number>, rows: number, channels: number): Float64Array {
  const mean = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) mean[i % channels] = (mean[i % channels] ?? 0) + (data[i] ?? 0) / rows;
  return Float64Array.from({ length: data.length }, (_, i) => (data[i] ?? 0) - (mean[i % channels] ?? 0));
}

/** (C, C), sums of products over the rows, each divided by N. */
function covarianceOf(centred: Float64Array, rows: number, channels: number): Float64Array {
  const sums = new Float64Array(channels * channels);
  for (let row = 0; row < rows; row++) {
    const start = row * channels;
    for (let i = 0; i < channels; i++) {
      const x = (centred[start + i] ?? 0) / rows;
      const to = i * channels;
      for (let j = 0; j <= i; j++) sums[to + j] = (sums[to + j] ?? 0) + x * (centred[start + j] ?? 0);
    }
  }
  for (let i = 0; i < channels; i++) {
    for (let j = 0; j < i; j++) sums[j * channels + i] = sums[i * channels + j] ?? 0;
  }
  return sums;
}

function along(centred: Float64Array, row: number, axis: Float64Array): number {
  const start = row * axis.length;
  let sum = 0;
  for (let i = 0; i < axis.length; i++) sum += (centred[start + i] ?? 0) * (axis[i] ?? 0);
  return sum;
}
