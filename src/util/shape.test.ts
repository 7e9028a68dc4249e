import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Dim, ROWS, Rows } from "./dim.ts";
import {
  broadcastShapes,
  type Dims,
  expandIndices,
  permuteIndices,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  sliceIndices,
  splitAt,
} from "./shape.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
// With more sizes of 1, so that shapes often fit each other and often do not.
const mixed = fc.array(fc.constantFrom(1, 1, 2, 3), { maxLength: 4 });

const range = (n: number): number[] => [...Array(n).keys()];
/** The position of the entry at coordinates `i`; the last dimension varies fastest. */
const positionOf = (shape: Shape, i: readonly number[]): number =>
  shape.reduce((position, n, d) => position * n + (i[d] ?? Number.NaN), 0);

function coordinatesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>((all, n) => all.flatMap((i) => range(n).map((k) => [...i, k])), [[]]);
}

test.each<[shape: Dims, size: Dim, text: string]>([
  [[], 1, "()"],
  [[3], 3, "(3)"],
  [[2, 3, 4], 24, "(2, 3, 4)"],
  [[2, 0], 0, "(2, 0)"],
  [[ROWS, 3], Rows.of(3), "(R, 3)"],
  [[Rows.of(4)], Rows.of(4), "(4R)"],
])("the shape %j has %s entries and is shown as %s", (shape, size, text) => {
  expect(sizeOf(shape)).toBe(size);
  expect(showShape(shape)).toBe(text);
});

test.each<[x: Shape, y: Shape, same: boolean]>([
  [[], [], true],
  [[2, 3], [2, 3], true],
  [[2, 3], [3, 2], false],
  [[2, 3], [2], false],
  [[2], [2, 3], false],
  [[], [1], false],
])("%j and %j are the same shape: %s", (x, y, same) => {
  expect(sameShape(x, y)).toBe(same);
});

describe("row-major order", () => {
  test("an expand to the same shape reads all entries in turn", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        expect(expandIndices(shape, shape)).toEqual(range(sizeOf(shape)));
      }),
    );
  });

  test("a permutation reads each entry at its coordinates in the other order", () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray(range(shape.length), { minLength: shape.length, maxLength: shape.length }),
      ),
    );
    fc.assert(
      fc.property(cases, ([shape, axes]) => {
        const permuted = axes.map((axis) => shape[axis] ?? 0);
        const expected = coordinatesOf(permuted).map((i) =>
          positionOf(
            shape,
            range(shape.length).map((d) => i[axes.indexOf(d)] ?? 0),
          ),
        );
        expect(permuteIndices(shape, axes)).toEqual(expected);
      }),
    );
  });

  test("a slice reads the entries whose coordinate at the axis is in its range", () => {
    const cases = shapes
      .filter((shape) => shape.length > 0)
      .chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.nat(), fc.nat()));
    fc.assert(
      fc.property(cases, ([shape, axis, m, n]) => {
        const length = shape[axis] ?? 1;
        const [start, end] = [Math.min(m % length, n % length), Math.max(m % length, n % length) + 1];
        const inside = coordinatesOf(shape).filter((i) => (i[axis] ?? 0) >= start && (i[axis] ?? 0) < end);
        expect(sliceIndices(shape, axis, start, end)).toEqual(inside.map((i) => positionOf(shape, i)));
      }),
    );
  });

  test("the parts cut at an axis address every entry", () => {
    const cases = shapes
      .filter((shape) => shape.length > 0)
      .chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1)));
    fc.assert(
      fc.property(cases, ([shape, axis]) => {
        const { outer, length, inner } = splitAt(shape, axis);
        expect([outer * length * inner, length]).toEqual([sizeOf(shape), shape[axis]]);
        const positions = coordinatesOf([outer, length, inner]).map(
          ([o = 0, a = 0, i = 0]) => (o * length + a) * inner + i,
        );
        expect(positions).toEqual(range(sizeOf(shape)));
        // All with the same o and i differ only in their coordinate at the axis.
        expect(positions.map((p) => coordinatesOf(shape)[p]?.[axis])).toEqual(
          coordinatesOf([outer, length, inner]).map(([, a]) => a),
        );
      }),
    );
  });
});

describe("broadcasting", () => {
  test.each<[x: Shape, y: Shape, result: Shape | undefined]>([
    [[], [], []],
    [[2, 3], [], [2, 3]],
    [[2, 1], [3], [2, 3]],
    [
      [4, 1, 3],
      [2, 1],
      [4, 2, 3],
    ],
    [[2], [3], undefined],
    [[2, 3], [2], undefined],
    [[2, 3], [3, 3], undefined],
  ])("%j and %j give %j", (x, y, result) => {
    expect(broadcastShapes(x, y)).toEqual(result);
  });

  test("does not depend on the order, and a shape fits itself and its result", () => {
    fc.assert(
      fc.property(mixed, mixed, (x, y) => {
        const result = broadcastShapes(x, y);
        expect(broadcastShapes(y, x)).toEqual(result);
        expect(broadcastShapes(x, x)).toEqual(x);
        if (result !== undefined) expect(broadcastShapes(x, result)).toEqual(result);
      }),
    );
  });

  test("reads every entry of the result modulo the sizes of the smaller shape", () => {
    fc.assert(
      fc.property(mixed, mixed, (x, y) => {
        const result = broadcastShapes(x, y);
        fc.pre(result !== undefined);
        const expected = coordinatesOf(result).map((i) =>
          positionOf(
            x,
            x.map((n, d) => (i[d + result.length - x.length] ?? 0) % n),
          ),
        );
        expect(expandIndices(x, result)).toEqual(expected);
      }),
    );
  });
});
