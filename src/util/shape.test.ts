import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  broadcastShapes,
  broadcastStrides,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  splitAt,
  stridesOf,
  viewIndices,
} from "./shape.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
// With more sizes of 1, so that shapes often fit each other and often do not.
const mixed = fc.array(fc.constantFrom(1, 1, 2, 3), { maxLength: 4 });

const range = (n: number): number[] => [...Array(n).keys()];
const dot = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, n, d) => sum + n * (y[d] ?? Number.NaN), 0);

function coordinatesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>((all, n) => all.flatMap((i) => range(n).map((k) => [...i, k])), [[]]);
}

test.each<[shape: Shape, size: number, text: string]>([
  [[], 1, "()"],
  [[3], 3, "(3)"],
  [[2, 3, 4], 24, "(2, 3, 4)"],
  [[2, 0], 0, "(2, 0)"],
])("the shape %j has %d entries and is shown as %s", (shape, size, text) => {
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
  test("strides are the products of the sizes further in", () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([])).toEqual([]);
  });

  test("coordinates times strides count all entries up from 0, the last dimension quickest", () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const positions = coordinatesOf(shape).map((i) => dot(i, stridesOf(shape)));
        expect(positions).toEqual(range(sizeOf(shape)));
      }),
    );
  });

  test("a view visits offset + coordinates · strides, whatever the strides", () => {
    const views = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.array(fc.nat(9), { minLength: shape.length, maxLength: shape.length }),
        fc.nat(9),
      ),
    );
    fc.assert(
      fc.property(views, ([shape, strides, offset]) => {
        expect(viewIndices(shape, strides, offset)).toEqual(coordinatesOf(shape).map((i) => offset + dot(i, strides)));
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
        // All that share o and i differ in their coordinate at the axis alone.
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
          dot(
            x.map((n, d) => (i[d + result.length - x.length] ?? 0) % n),
            stridesOf(x),
          ),
        );
        expect(viewIndices(result, broadcastStrides(x, result))).toEqual(expected);
      }),
    );
  });
});
