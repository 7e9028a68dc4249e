/** Where a heat map's cells and names are. */

export interface HeatLayout {
  /** The side of a cell, in pixels; not always whole. */
  readonly cell: number;
  /** What the names of the rows take on the left, and those of the columns above. */
  readonly left: number;
  readonly top: number;
  /** Only every so many rows and columns have room for their names. */
  readonly everyRow: number;
  readonly everyColumn: number;
  /** The columns' names stand upright. */
  readonly upright: boolean;
}

/** The names' letters, in pixels. */
export const FONT = 11;
const LETTER = 6.7;
/** The longest name that is shown whole. */
export const LONGEST = 10;
const LARGEST = 28;
const GAP = 5;

/** A layout for so many pixels of width. Cells are as large as fits, up to 28 pixels, unless `cell` says how large. */
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

/** A name cut to what is shown. */
export function cut(label: string): string {
  const letters = [...label];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : label;
}
