import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstEigen, jacobi } from "./eigen.ts";
import { pca } from "./pca.ts";

const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x).reduce((sum, number, i) => sum + number * (y[i] ?? Number.NaN), 0);
const row = (data: ArrayLike<number>, r: number, width: number): number[] =>
  Array.from(data).slice(r * width, (r + 1) * width);
const distance = (data: ArrayLike<number>, width: number, r: number, s: number): number =>
  Math.hypot(...row(data, r, width).map((x, i) => x - (row(data, s, width)[i] ?? Number.NaN)));

/** A positive semidefinite matrix: A times its transpose, where A has `rank` columns. */
const square = (size: number, rank: number): Float64Array => {
  const a = Array.from({ length: size }, (_, i) =>
    Array.from({ length: rank }, (_, k) => Math.cos(7 * i * (k + 1) + k * k)),
  );
  return Float64Array.from(a.flatMap((x) => a.map((y) => dot(x, y))));
};
const times = (matrix: Float64Array, vector: Float64Array): Float64Array =>
  vector.map((_, i) => dot(row(matrix, i, vector.length), vector));

describe("eigenvectors", () => {
  test("of a matrix with known eigenvectors", () => {
    const { values, vectors } = jacobi(Float64Array.of(2, 1, 1, 2), 2);
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    expect(Math.abs(dot(vectors[0] ?? [], [Math.SQRT1_2, Math.SQRT1_2]))).toBeCloseTo(1, 14);
  });

  test.each([
    ["of 5 rows", 5, 5],
    ["of 16 rows, of rank 3", 16, 3],
    ["of 40 rows", 40, 40],
    ["of 40 rows, of rank 7", 40, 7],
    ["of 40 rows, of rank 1", 40, 1],
    ["of 64 rows", 64, 64],
    ["of nothing but zeros", 40, 0],
  ])("of a matrix %s: A v = value v, orthogonal, and equal to those of jacobi", (_, size, rank) => {
    const matrix = square(size, rank);
    const all = jacobi(matrix, size);
    const { values, vectors } = firstEigen(matrix, size, 3);
    const largest = all.values[0] ?? Number.NaN;
    for (const k of [0, 1, 2]) {
      const vector = vectors[k] ?? new Float64Array();
      const value = values[k] ?? Number.NaN;
      expect(Math.abs(value - (all.values[k] ?? Number.NaN))).toBeLessThanOrEqual(1e-12 * largest);
      const left = times(matrix, vector).map((x, i) => x - value * (vector[i] ?? 0));
      expect(Math.hypot(...left)).toBeLessThanOrEqual(2e-8 * largest);
      for (const other of [0, 1, 2]) expect(dot(vector, vectors[other] ?? [])).toBeCloseTo(k === other ? 1 : 0, 12);
    }
  });
});

describe("principal components", () => {
  test("of points on a line, and a little off it", () => {
    const { axes, shares, points } = pca([0, 0, 3, 4, 6, 8, 9.8, 11.9, 0.8, -0.6], 5);
    expect(Math.abs(dot(axes[0] ?? [], [0.6, 0.8]))).toBeCloseTo(1, 3);
    expect(shares[0]).toBeGreaterThan(0.99);
    expect((shares[0] ?? 0) + (shares[1] ?? 0)).toBeCloseTo(1, 14);
    // The outlier is on the positive side.
    expect(points[6]).toBeGreaterThan(0);
  });

  test.each([
    ["all alike", [1, 2, 3, 1, 2, 3], 2],
    ["one row", [1, 2, 3], 1],
  ])("of equal rows, %s: no variance, all in the middle", (_, data, rows) => {
    const { axes, shares, points } = pca(data, rows);
    expect([...shares]).toEqual([0, 0]);
    expect([...points].map(Math.abs)).toEqual(Array(2 * rows).fill(0));
    expect(dot(axes[0] ?? [], axes[0] ?? [])).toBeCloseTo(1, 14);
  });

  const matrix = fc.integer({ min: 1, max: 24 }).chain((channels) =>
    fc.array(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: channels, maxLength: channels }), {
      minLength: 2,
      maxLength: 20,
    }),
  );

  test("axes are orthonormal, shares descend to at most 1, points are centered", () => {
    fc.assert(
      fc.property(matrix, (rows) => {
        const { axes, shares, points } = pca(rows.flat(), rows.length, 3);
        axes.forEach((x, i) => {
          axes.forEach((y, j) => {
            expect(dot(x, y)).toBeCloseTo(i === j ? 1 : 0, 10);
          });
          expect(shares[i]).toBeLessThanOrEqual((shares[i - 1] ?? 1) + 1e-12);
          const mean = rows.reduce((sum, _, r) => sum + (points[r * axes.length + i] ?? Number.NaN), 0) / rows.length;
          expect(mean).toBeCloseTo(0, 10);
        });
        expect(shares.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1 + 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test("distances in a plane are preserved, for any plane", () => {
    const plane = fc.array(
      fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true })),
      {
        minLength: 2,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(plane, fc.integer({ min: 2, max: 30 }), (flat, channels) => {
        const axes = pca(square(channels, channels), channels).axes;
        const data = flat.flatMap(([x, y]) =>
          Array.from({ length: channels }, (_, i) => 5 + x * (axes[0]?.[i] ?? 0) + y * (axes[1]?.[i] ?? 0)),
        );
        const { points } = pca(data, flat.length);
        const pairs = flat.flatMap((_, r) => flat.map((_, s) => [r, s] as const));
        const apart = pairs.map(([r, s]) => distance(flat.flat(), 2, r, s));
        // The covariance holds squares, so its rounding (1e-16 for each of up to 30 channels and 12 rows) hides a second axis
        // along which the rows differ by some millionths of the first. The other term is the rounding of the 5 above.
        const tolerance = 1e-5 * Math.max(...apart) + 1e-13;
        pairs.forEach(([r, s], i) => {
          expect(Math.abs(distance(points, 2, r, s) - (apart[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
        });
      }),
      { numRuns: 40 },
    );
  });

  test("a picture does not flip when the rows move a little", () => {
    const data = square(12, 20);
    const before = pca(data, 12).points;
    const after = pca(
      data.map((x, i) => x + 1e-4 * Math.sin(i)),
      12,
    ).points;
    before.forEach((x, i) => {
      expect(after[i]).toBeCloseTo(x, 1);
    });
  });
});
