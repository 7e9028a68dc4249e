/** Where the arcs of a line of tokens go. */

export interface Place {
  /** The left edge and the width of each token's cell, in pixels. */
  readonly left: number;
  readonly width: number;
}

/** Side by side, each as wide as its characters at `perCharacter` pixels, but for `padding` and no less than `least`. */
export function tokenPlaces(tokens: readonly string[], perCharacter: number, padding: number, least: number): Place[] {
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

/** Weights below are not drawn: thinner than can be seen. */
export const FAINTEST = 0.01;

/**
 * The arcs above a line of R tokens, from each token to those it looks at: weights (R, R), row r looks at column c.
 * The farther, the higher, up to `height`; a token that looks at itself has a loop. Only one row's, if one is chosen.
 */
export function arcsOf(
  weights: ArrayLike<number>,
  places: readonly Place[],
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

/** From one place on the line y = `height` to another, as half an ellipse; to the same place, as a loop. */
export function arcPath(from: number, to: number, span: number, height: number): string {
  if (from === to)
    return `M${round(from - 4)} ${height}C${round(from - 14)} ${height - 22} ${round(from + 14)} ${height - 22} ${round(from + 4)} ${height}`;
  // By the root of the distance: near ones keep apart from the line, far ones from the top.
  const rise = Math.max(14, (height - 8) * Math.sqrt(Math.abs(to - from) / span));
  const radius = Math.abs(to - from) / 2;
  return `M${round(from)} ${height}A${round(radius)} ${round(Math.min(rise, height - 8))} 0 0 ${to < from ? 0 : 1} ${round(to)} ${height}`;
}

const round = (x: number): number => Math.round(x * 100) / 100;
