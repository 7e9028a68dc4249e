/**
 * Places the tour's card beside its subject, covering it only if there is no room elsewhere. All in pixels of the
 * window.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Distance from the window's edge and from the target. */
const GAP = 12;
/** Weight of covering the target compared with covering other mentioned parts. */
const TARGET = 20;
/** If the target is higher than the window, this much of it must stay visible. */
const HEAD = 250;

/**
 * The top left corner of a card. The candidates are below, above, to the right and to the left of the target, and the
 * window's corners; the first of those wins that cover least of the target, and then of `also`.
 */
export function placeCard(card: Size, window: Size, target: Box | undefined, also: readonly Box[]): Box {
  const clamp = (x: number, most: number): number => Math.max(GAP, Math.min(x, most - GAP));
  const inside = (left: number, top: number): Box => ({
    left: clamp(left, window.width - card.width),
    top: clamp(top, window.height - card.height),
    width: card.width,
    height: card.height,
  });
  const { width, height } = window;
  const corners = [inside(width, height), inside(0, height), inside(width, 0), inside(0, 0)];
  if (target === undefined) return inside(width, height);
  const { left, top } = target;
  const places = [
    inside(left, top + target.height + GAP),
    inside(left, top - card.height - GAP),
    inside(left + target.width + GAP, top),
    inside(left - card.width - GAP, top),
    ...corners,
  ];
  const head = { left, top, width: target.width, height: Math.min(target.height, HEAD) };
  const hidden = (place: Box): number =>
    TARGET * (shared(place, target) + shared(place, head)) + also.reduce((sum, box) => sum + shared(place, box), 0);
  return places.reduce((best, place) => (hidden(place) < hidden(best) ? place : best));
}

/** The area of two boxes' intersection. */
function shared(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}
