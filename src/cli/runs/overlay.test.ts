import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnMeans, overlay, type Point } from "./overlay.ts";

const options = {
  columns: 50,
  xLabel: (x: number) => `${Math.round(x)}`,
  yLabel: (y: number) => y.toFixed(1),
  clip: false,
};
const line = (from: number, to: number, steps = 100): Point[] =>
  Array.from({ length: steps + 1 }, (_, i) => [i, from + ((to - from) * i) / steps]);

describe("overlay", () => {
  test("draws each curve in its mark, the first above the others", () => {
    const chart = overlay(
      [
        { mark: "o", points: line(2, 2) },
        { mark: "x", points: line(3, 1) },
        { mark: "+", points: line(1, 2, 50) },
      ],
      options,
    );
    expect(`\n${chart}`).toMatchInlineSnapshot(`
      "
         ▲
      3.0┤xx
         │  xxxx
         │      xxx
      2.6┤         xxx
         │            xxxx
      2.2┤                xxx
         │                   xxx
         │ooooooooooooooooooooooooooooooooooooooooooooo
      1.8┤                +++       xxx
         │            ++++             xxxx
      1.4┤         +++                     xxx
         │      +++                           xxx
         │  ++++                                 xxxx
      1.0┤++                                         xx
         └┬──────────────┬─────────────┬──────────────┬▶
          0             34            66            100"
    `);
  });

  test("clips values far above the lowest curve to the top edge, if asked", () => {
    const curves = [
      { mark: "o", points: line(3, 1) },
      { mark: "x", points: line(3, 1e9) },
    ];
    const labels = (clip: boolean): string[] => overlay(curves, { ...options, clip }).match(/^ *[\d.]+(?=┤)/gm) ?? [];
    expect(labels(true)[0]?.trim()).toBe("4.0");
    expect(Number(labels(false)[0])).toBeGreaterThan(9e8);
  });

  test("fills the width, and shows every curve that is not hidden by another", () => {
    const y = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const points = fc.array(fc.tuple(fc.nat(1e6), y), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(
        fc.array(points, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 30, max: 130 }),
        (all, columns) => {
          const curves = all.map((points, i) => ({ mark: "abcde"[i] ?? "", points: points.sort(([x], [z]) => x - z) }));
          const chart = overlay(curves, { ...options, columns, yLabel: (value) => value.toExponential(1) });
          expect(Math.max(...chart.split("\n").map((text) => text.length))).toBeLessThanOrEqual(columns);
          expect(chart).toContain("a");
          expect(chart).not.toMatch(/NaN|undefined|Infinity/);
        },
      ),
    );
  });

  test("of no curves is empty", () => {
    expect(overlay([{ mark: "o", points: [] }], options)).toBe("");
  });
});

test("columnMeans takes the mean in each column, and interpolates between columns", () => {
  const points: Point[] = [
    [0, 1],
    [0.1, 3],
    [4, 6],
  ];
  expect(columnMeans(points, 0, 4, 5)).toEqual([
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [4, 6],
  ]);
});
