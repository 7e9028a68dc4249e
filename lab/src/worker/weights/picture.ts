/** Reduces a matrix to few enough numbers for a screen. */

/** Maximum number of rows and columns of a picture. */
const MOST = 256;

export interface Picture {
  /** Rows of the picture. Each of its cells represents `rowsEach` by `columnsEach` entries, the last ones fewer. */
  readonly rows: number;
  readonly columns: number;
  readonly rowsEach: number;
  readonly columnsEach: number;
  /** (rows, columns) the entries themselves, or means of blocks. */
  readonly cells: Float32Array | Float64Array;
}

/** Every entry of a matrix (rows, columns), or means of blocks if it has more than 256 rows or columns. */
export function pictureOf(data: Float32Array | Float64Array, rows: number, columns: number): Picture {
  const rowsEach = Math.ceil(rows / MOST);
  const columnsEach = Math.ceil(columns / MOST);
  if (rowsEach * columnsEach === 1) return { rows, columns, rowsEach, columnsEach, cells: data.slice() };
  const high = Math.ceil(rows / rowsEach);
  const wide = Math.ceil(columns / columnsEach);
  const sums = new Float64Array(high * wide);
  const counts = new Uint32Array(high * wide);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const cell = Math.floor(row / rowsEach) * wide + Math.floor(column / columnsEach);
      sums[cell] = (sums[cell] ?? 0) + (data[row * columns + column] ?? Number.NaN);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
  }
  return { rows: high, columns: wide, rowsEach, columnsEach, cells: sums.map((sum, i) => sum / (counts[i] ?? 1)) };
}

/**
 * The part of a matrix around an entry, as large as can be shown entry by entry: the position of its first entry, and
 * its size.
 */
export function partAround(
  [rows, columns]: readonly [number, number],
  row: number,
  column: number,
): { readonly row: number; readonly column: number; readonly rows: number; readonly columns: number } {
  const begin = (size: number, middle: number): number =>
    Math.max(0, Math.min(size - MOST, Math.floor(middle - MOST / 2)));
  return {
    row: begin(rows, row),
    column: begin(columns, column),
    rows: Math.min(rows, MOST),
    columns: Math.min(columns, MOST),
  };
}
