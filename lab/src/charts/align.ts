/** Aligns series that have different steps on one axis. */

/** Numbers plotted over numbers; `x` ascends, and a NaN in `y` is a gap. */
export interface XY {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/**
 * As in uPlot: a value, `null` for a gap in the line, or `undefined` where the series has no point and the line
 * continues.
 */
export type Column = (number | null | undefined)[];

/** Every x of every series, ascending, and the values of each series there. */
export function align(series: readonly XY[]): { x: number[]; columns: Column[] } {
  const first = series[0];
  if (first === undefined) return { x: [], columns: [] };
  if (series.every(({ x }) => sameNumbers(x, first.x)))
    return { x: Array.from(first.x), columns: series.map(({ y }) => Array.from(first.x, (_, i) => drawable(y[i]))) };
  const x = [...new Set(series.flatMap((one) => Array.from(one.x)))].sort((a, b) => a - b);
  const place = new Map(x.map((at, i) => [at, i]));
  const columns = series.map((one) => {
    const column: Column = new Array(x.length).fill(undefined);
    for (let i = 0; i < one.x.length; i++) column[place.get(one.x[i] ?? 0) ?? 0] = drawable(one.y[i]);
    return column;
  });
  return { x, columns };
}

/** The newest value of a column at or before a position. */
export function valueAt(column: Column, place: number): number | undefined {
  for (let i = Math.min(place, column.length - 1); i >= 0; i--) {
    const y = column[i];
    if (y !== undefined) return y ?? undefined;
  }
  return undefined;
}

export interface AxisRange {
  readonly min: number;
  readonly max: number;
  /** Points left out that are outside the range. */
  readonly outside: number;
}

/** With fewer positions, all of them count. */
const FEW = 100;

/**
 * The range of the vertical axis: all values except those in the first hundredth of the x axis, where a loss still
 * falls from far above. A twentieth is added on both sides.
 */
export function axisRange(x: readonly number[], columns: readonly Column[]): AxisRange {
  const start = x[0] ?? 0;
  const settled = x.length < FEW ? start : start + ((x.at(-1) ?? 0) - start) / 100;
  const values = (from: number): number[] =>
    columns.flatMap((column) =>
      column.filter((y): y is number => typeof y === "number").length === 0
        ? []
        : column.flatMap((y, i) => (typeof y === "number" && (x[i] ?? 0) >= from ? [y] : [])),
    );
  let kept = values(settled);
  if (kept.length === 0) kept = values(start);
  if (kept.length === 0) return { min: 0, max: 1, outside: 0 };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const y of kept) {
    if (y < min) min = y;
    if (y > max) max = y;
  }
  const pad = (max - min) / 20 || Math.abs(max) / 20 || 1;
  min -= pad;
  max += pad;
  return { min, max, outside: values(start).filter((y) => y < min || y > max).length };
}

function drawable(y: number | undefined): number | null {
  return y === undefined || !Number.isFinite(y) ? null : y;
}

function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
