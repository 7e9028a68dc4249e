/** Points (N, 2) on the sides of their axes where those before them were, since which side is which means nothing. */
export function onSides(points: Float64Array, before: ArrayLike<number> | undefined): Float64Array {
  if (before?.length !== points.length) return points;
  const agreement = [0, 0];
  points.forEach((x, i) => {
    agreement[i % 2] = (agreement[i % 2] ?? 0) + x * (before[i] ?? 0);
  });
  return points.map((x, i) => ((agreement[i % 2] ?? 0) < 0 ? -x : x));
}
