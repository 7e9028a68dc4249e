/** Scrolls a box until a position in it is visible, and nothing else on the page. */

import type { Rectangle } from "./diagram.ts";

/** Free space around the position. */
const MARGIN = 24;

export function bringIntoView(box: HTMLElement | undefined, { x, y, width, height }: Rectangle): void {
  if (box === undefined) return;
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = box;
  box.scrollLeft = scrolled(scrollLeft, clientWidth, x, width);
  box.scrollTop = scrolled(scrollTop, clientHeight, y, height);
}

function scrolled(from: number, size: number, start: number, length: number): number {
  if (start - MARGIN < from) return start - MARGIN;
  return Math.max(from, start + length + MARGIN - size);
}
