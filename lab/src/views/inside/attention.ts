/** One head (R, R) of a layer's attention (H, R, R). */
export function headOf(layer: Float32Array | undefined, head: number, side: number): Float32Array {
  return layer?.subarray(head * side * side, (head + 1) * side * side) ?? new Float32Array();
}

/** With more tokens, even the largest weight of a head may be too faint if black is 1. */
const MANY = 32;

/**
 * The weight shown darkest: 1, so that pictures can be compared; in a long text, the median over tokens of their
 * largest weight (R, R).
 */
export function darkest(weights: Float32Array, side: number): number {
  if (side <= MANY) return 1;
  const most = Float32Array.from({ length: side }, (_, r) =>
    weights.subarray(r * side, r * side + r + 1).reduce((largest, weight) => Math.max(largest, weight), 0),
  ).sort();
  return most[Math.floor(side / 2)] || 1;
}
