import plot from "simple-ascii-chart";
import { widthOf } from "../terminal/width.ts";

const HEIGHT = 14;
const MOST_COLUMNS = 100;
const LEAST_COLUMNS = 16;
const Y_TICKS = 5;
/** Columns for a number under the chart, with its margin. */
const TICK_COLUMNS = 12;

export type Point = readonly [x: number, y: number];

/** One of several lines in a chart. */
export interface Curve {
  /** One character, which may be colored. */
  readonly mark: string;
  /** In ascending order of x. */
  readonly points: readonly Point[];
}

export interface OverlayOptions {
  /** Width of the whole chart; it needs at least 28. */
  readonly columns: number;
  readonly xLabel: (x: number) => string;
  readonly yLabel: (y: number) => string;
  /**
   * True to clip values above twice the median of the lowest curve to the top edge: a diverged run would flatten all
   * others.
   */
  readonly clip: boolean;
}

/** Several curves on one chart, each with its mark; where two meet, the first is visible. */
export function overlay(curves: readonly Curve[], options: OverlayOptions): string {
  if (curves.every(({ points }) => points.length === 0)) return "";
  // The numbers beside the chart are known only once it is drawn, and may differ in a narrower one.
  for (let width = Math.max(LEAST_COLUMNS, Math.min(MOST_COLUMNS, options.columns - 4)); ; ) {
    const chart = draw(curves, width, options);
    const excess = Math.max(...chart.map((line) => widthOf(line))) - options.columns;
    if (excess <= 0 || width === LEAST_COLUMNS) return chart.join("\n");
    width = Math.max(LEAST_COLUMNS, width - excess);
  }
}

function draw(curves: readonly Curve[], width: number, { xLabel, yLabel, clip }: OverlayOptions): string[] {
  const [minX, maxX] = rangeOf(curves.flatMap(({ points }) => points.map(([x]) => x)));
  const top = clip ? 2 * Math.min(...curves.map(({ points }) => medianOf(points.map(([, y]) => y)))) : Infinity;
  const cells = curves
    .flatMap(({ mark, points }) =>
      columnMeans(points, minX, maxX, width).map(([column, y]) => ({ column, y: Math.min(y, top), mark })),
    )
    .reverse()
    .sort((one, other) => one.column - other.column);
  const [minY, maxY] = rangeOf(cells.map(({ y }) => y));
  const xOf = (column: number): number => minX + ((maxX - minX) * column) / (width - 1);
  const gaps = Math.max(1, Math.min(6, Math.floor(width / TICK_COLUMNS)));
  // One list for the chart library, which tells the marks apart by their index.
  const chart = plot(
    cells.map(({ column, y }) => [column, y]),
    {
      width,
      height: HEIGHT,
      customXAxisTicks: ticks(0, width - 1, gaps).map(Math.round),
      customYAxisTicks: ticks(minY, maxY, Y_TICKS),
      formatter: (value, { axis }) => (axis === "y" ? yLabel(value) : xLabel(xOf(value))),
      lineFormatter: ({ index, plotX, plotY }) => ({ x: plotX, y: plotY, symbol: cells[index]?.mark ?? "" }),
    },
  );
  const lines = chart.split("\n").map((line) => line.trimEnd());
  return lines.filter((line) => line !== "");
}

/** The mean of the points in each column; empty columns are interpolated. */
export function columnMeans(points: readonly Point[], minX: number, maxX: number, width: number): Point[] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [x, y] of points) {
    const column = maxX === minX ? 0 : Math.round(((x - minX) / (maxX - minX)) * (width - 1));
    const { sum, count } = sums.get(column) ?? { sum: 0, count: 0 };
    sums.set(column, { sum: sum + y, count: count + 1 });
  }
  const means = [...sums].map(([column, { sum, count }]): Point => [column, sum / count]).sort(([x], [z]) => x - z);
  return means.flatMap(([column, y], i) => {
    const [next, nextY] = means[i + 1] ?? [column + 1, y];
    const between = Array.from({ length: next - column }, (_, k): Point => {
      return [column + k, y + ((nextY - y) * k) / (next - column)];
    });
    return between;
  });
}

/** Infinity if there are none. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)] ?? Infinity;
}

function ticks(from: number, to: number, gaps: number): number[] {
  return [...new Set(Array.from({ length: gaps + 1 }, (_, i) => from + ((to - from) * i) / gaps))];
}

function rangeOf(values: readonly number[]): [number, number] {
  return values.reduce(([min, max], x) => [Math.min(min, x), Math.max(max, x)], [Infinity, -Infinity] as [
    number,
    number,
  ]);
}
