import { widthOf } from "./width.ts";

/**
 * A part of a live line. If the line is too long, parts are dropped, the highest `spare` number first; parts without
 * one stay.
 */
export interface LivePart {
  readonly text: string;
  readonly spare?: number;
}

/** `step   10 / 500 | loss 2.3456 | 12 s left`, with as many spare parts as fit. */
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
