import fc from "fast-check";
import { expect, test } from "vitest";
import { placeLabels, type Spot } from "./place.ts";

const bounds = { width: 300, height: 200 };
const RADIUS = 3;
const size = { width: 30, height: 12 };

test("a single point has its name on the right, one at the right edge on the left", () => {
  expect(placeLabels([{ x: 100, y: 100, ...size }], bounds, RADIUS)).toEqual([{ x: 104, y: 94, ...size }]);
  expect(placeLabels([{ x: 290, y: 100, ...size }], bounds, RADIUS)).toEqual([{ x: 256, y: 94, ...size }]);
});

test("a name without a free position is left out, later ones first", () => {
  const spots = placeLabels(Array(30).fill({ x: 150, y: 100, ...size }), bounds, RADIUS);
  expect(spots[0]).toBeDefined();
  expect(spots.at(-1)).toBeUndefined();
});

test("no name overlaps another name, a point or the edge", () => {
  const point = fc.record({ x: fc.integer({ min: 0, max: 300 }), y: fc.integer({ min: 0, max: 200 }) });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 40 }), (points) => {
      const names = placeLabels(
        points.map((at) => ({ ...at, ...size })),
        bounds,
        RADIUS,
      ).filter((spot) => spot !== undefined);
      const dots = points.map(({ x, y }) => ({ x: x - RADIUS, y: y - RADIUS, width: 2 * RADIUS, height: 2 * RADIUS }));
      names.forEach((name, i) => {
        for (const other of [...names.slice(i + 1), ...dots]) expect(apart(name, other)).toBe(true);
        expect(name.x >= 0 && name.y >= 0 && name.x + 30 <= 300 && name.y + 12 <= 200).toBe(true);
      });
    }),
  );
});

const apart = (a: Spot, b: Spot): boolean =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
