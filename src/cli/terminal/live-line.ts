import { widthOf } from "./width.ts";

/** A part of a live line. Where the line is too long, parts are left out, the highest number first; others stay. */
export interface LivePart {
  readonly text: string;
  readonly spare?: number;
}

/** `step   10 / 500 | loss 2.3456 | 12 s left`, with as many of the spare parts as a terminal has room for. */
export function liveLine(parts: readonly LivePart[], columns: number): string {
  const line = parts.map(({ text }) => text).join(" | ");
  const most = parts.reduce((most, { spare = 0 }) => Math.max(most, spare), 0);
  // The cursor needs a column.
  if (most === 0 || widthOf(line) < columns) return line;
  return liveLine(
    parts.filter(({ spare }) => spare !== most),
    columns,
  );
}
