/** Places the names of points without overlaps, greedily, as maps are labelled by hand. */

export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Labelled {
  /** Position of the point. */
  readonly x: number;
  readonly y: number;
  /** Size of its name. */
  readonly width: number;
  readonly height: number;
}

/**
 * The top left corner of each name's box, in the given order; the first names get the best positions. `undefined` if
 * none of the eight positions around the point is free. Points, of radius `radius`, are kept free too.
 */
export function placeLabels(
  points: readonly Labelled[],
  bounds: { readonly width: number; readonly height: number },
  radius: number,
): (Spot | undefined)[] {
  const taken: Spot[] = points.map(({ x, y }) => ({
    x: x - radius,
    y: y - radius,
    width: 2 * radius,
    height: 2 * radius,
  }));
  return points.map((point) => {
    const free = around(point, radius + 1).find(
      (spot) =>
        spot.x >= 0 &&
        spot.y >= 0 &&
        spot.x + spot.width <= bounds.width &&
        spot.y + spot.height <= bounds.height &&
        !taken.some((other) => overlap(spot, other)),
    );
    if (free !== undefined) taken.push(free);
    return free;
  });
}

/** Right first, then left, above, below, and the corners. */
function around({ x, y, width, height }: Labelled, gap: number): Spot[] {
  const left = x - gap - width;
  const right = x + gap;
  const above = y - gap - height;
  const below = y + gap;
  const centre = x - width / 2;
  const middle = y - height / 2;
  const corners: readonly (readonly [number, number])[] = [
    [right, middle],
    [left, middle],
    [centre, above],
    [centre, below],
    [right, above],
    [right, below],
    [left, above],
    [left, below],
  ];
  return corners.map(([cornerX, cornerY]) => ({ x: cornerX, y: cornerY, width, height }));
}

function overlap(a: Spot, b: Spot): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
