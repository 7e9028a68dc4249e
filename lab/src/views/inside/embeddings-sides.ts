/** Flips axes of the points (N, 2) to match `before`, since an axis's sign has no meaning. */
export function onSides(points: Float64Array, before: ArrayLike<number> | undefined): Float64Array {
  if (before?.length !== points.length) return points;
  const agreement = [0, 0];
  points.forEach((x, i) => {
    agreement[i % 2] = (agreement[i % 2] ?? 0) + x * (before[i] ?? 0);
  });
  return points.map((x, i) => ((agreement[i % 2] ?? 0) < 0 ? -x : x));
}
