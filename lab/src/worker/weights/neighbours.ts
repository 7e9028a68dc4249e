export interface Neighbour {
  readonly row: number;
  /** Cosine of the angle between both: 1 for the same direction, 0 for a right angle, and 0 if a row is all zeros. */
  readonly cosine: number;
}

/** The `count` rows of a matrix most similar in direction to row `from`, nearest first. */
export function neighboursOf(data: ArrayLike<number>, rows: number, from: number, count: number): Neighbour[] {
  const columns = data.length / rows;
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += (data[a * columns + i] ?? 0) * (data[b * columns + i] ?? 0);
    return sum;
  };
  const own = dot(from, from);
  return Array.from({ length: rows }, (_, row) => {
    const lengths = Math.sqrt(own * dot(row, row));
    return { row, cosine: lengths > 0 ? dot(from, row) / lengths : 0 };
  })
    .filter(({ row }) => row !== from)
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, count);
}
