/** Computes the arcs above a line of tokens. */

export interface TokenCell {
  /** The left edge and width of each token's cell, in pixels. */
  readonly left: number;
  readonly width: number;
}

/** Adjacent cells, each as wide as its characters at `perCharacter` pixels plus `padding`, and at least `least`. */
export function tokenPlaces(
  tokens: readonly string[],
  perCharacter: number,
  padding: number,
  least: number,
): TokenCell[] {
  let left = 0;
  return tokens.map((text) => {
    const width = Math.max(least, [...text].length * perCharacter + padding);
    const place = { left, width };
    left += width;
    return place;
  });
}

export interface Arc {
  readonly row: number;
  readonly column: number;
  readonly weight: number;
  readonly path: string;
}

/** Smaller weights would be too thin to see and are not drawn. */
export const FAINTEST = 0.01;

/**
 * The arcs above a line of R tokens, from each token to those it attends to: weights (R, R), row r attends to column c.
 * Farther arcs are higher, up to `height`; a token that attends to itself has a loop. Draws only one row if one is
 * selected.
 */
export function arcsOf(
  weights: ArrayLike<number>,
  places: readonly TokenCell[],
  height: number,
  chosen: number | undefined,
): Arc[] {
  const centres = places.map(({ left, width }) => left + width / 2);
  const span = Math.max(1, (centres.at(-1) ?? 0) - (centres[0] ?? 0));
  return centres.flatMap((from, row) => {
    if (chosen !== undefined && row !== chosen) return [];
    return centres.flatMap((to, column) => {
      const weight = weights[row * centres.length + column] ?? 0;
      if (!(weight >= FAINTEST)) return [];
      return [{ row, column, weight, path: arcPath(from, to, span, height) }];
    });
  });
}

/** Half an ellipse between two positions on the line y = `height`, or a loop if they are the same. */
export function arcPath(from: number, to: number, span: number, height: number): string {
  if (from === to)
    return `M${round(from - 4)} ${height}C${round(from - 14)} ${height - 22} ${round(from + 14)} ${height - 22} ${round(from + 4)} ${height}`;
  // Grows with the root of the distance, so that near arcs are visible and far ones stay below the top.
  const rise = Math.max(14, (height - 8) * Math.sqrt(Math.abs(to - from) / span));
  const radius = Math.abs(to - from) / 2;
  return `M${round(from)} ${height}A${round(radius)} ${round(Math.min(rise, height - 8))} 0 0 ${to < from ? 0 : 1} ${round(to)} ${height}`;
}

const round = (x: number): number => Math.round(x * 100) / 100;
