/** Computes the positions of a heat map's cells and names. */

export interface HeatLayout {
  /** The side of a cell, in pixels; not always whole. */
  readonly cell: number;
  /** Width of the row names on the left, and height of the column names above. */
  readonly left: number;
  readonly top: number;
  /** Labels only some rows and columns, as far as there is room. */
  readonly everyRow: number;
  readonly everyColumn: number;
  /** True if the column names are vertical. */
  readonly upright: boolean;
}

/** Font size of the names, in pixels. */
export const FONT = 11;
const LETTER = 6.7;
/** Longest name that is not cut. */
export const LONGEST = 10;
const LARGEST = 28;
const GAP = 5;

/** A layout for a width in pixels. Cells are as large as fits, up to 28 pixels, unless `cell` gives a size. */
export function heatLayout(
  width: number,
  columns: number,
  rowLabels: readonly string[],
  columnLabels: readonly string[],
  cell: number | undefined,
): HeatLayout {
  const longest = (labels: readonly string[]): number =>
    Math.min(
      LONGEST,
      labels.reduce((most, label) => Math.max(most, [...label].length), 0),
    );
  const left = rowLabels.length === 0 ? 0 : longest(rowLabels) * LETTER + GAP;
  const side = cell ?? Math.min(LARGEST, Math.max(1, (width - left - 2) / Math.max(1, columns)));
  const wide = longest(columnLabels) * LETTER;
  const upright = wide > side;
  const top = columnLabels.length === 0 ? 0 : (upright ? wide : FONT) + GAP;
  return {
    cell: side,
    left,
    top,
    everyRow: Math.ceil((FONT + 1) / side),
    everyColumn: Math.ceil((FONT + 1) / side),
    upright,
  };
}

/** The visible part of a name. */
export function cut(label: string): string {
  const letters = [...label];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : label;
}
