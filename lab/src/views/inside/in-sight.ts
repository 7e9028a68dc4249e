/** Scrolls a box, and nothing around it, until one of its elements is visible. */
export function bringInSight(box: HTMLElement | undefined, element: Element | null | undefined): void {
  if (box === undefined || !element) return;
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  if (inner.top >= outer.top && inner.bottom <= outer.bottom) return;
  box.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
}
