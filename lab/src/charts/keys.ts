/** Moves between the parts of a chart with the keyboard. */

/** The index that a key moves to from `index` in a line of `length`; `undefined` for other keys. */
export function stepIn(key: string, index: number, length: number): number | undefined {
  const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: length - 1 }[key];
  return to === undefined || length === 0 ? undefined : Math.min(length - 1, Math.max(0, to));
}

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The cell that a key moves to in a table; Home and End go to the row's ends. `undefined` for other keys. */
export function stepInTable(key: string, { row, column }: Cell, rows: number, columns: number): Cell | undefined {
  const along = stepIn(key, column, columns);
  if (along !== undefined) return { row, column: along };
  const to = { ArrowUp: row - 1, ArrowDown: row + 1 }[key];
  return to === undefined || rows === 0 ? undefined : { row: Math.min(rows - 1, Math.max(0, to)), column };
}
