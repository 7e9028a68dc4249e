/** Playing a computation: forward one thing after the other, then backward in the reverse order. */

/** What has happened to a thing so far, and whether it is its turn now. */
export interface Played {
  readonly hasData: boolean;
  readonly hasGradient: boolean;
  readonly now: "forward" | "backward" | undefined;
}

/** What is under way at a moment: the thing by its place in the order. Nothing at the moment 0. */
export type Turn = { readonly pass: "forward" | "backward"; readonly place: number } | undefined;

/** The last moment: every thing has had its turn twice, and it is nobody's any more. */
export function lastMoment(count: number): number {
  return 2 * count + 1;
}

export function turnAt(moment: number, count: number): Turn {
  if (moment <= 0 || moment >= lastMoment(count)) return undefined;
  if (moment <= count) return { pass: "forward", place: moment - 1 };
  return { pass: "backward", place: 2 * count - moment };
}

/** Of the thing at a place. */
export function playedAt(moment: number, place: number, count: number): Played {
  const turn = turnAt(moment, count);
  return {
    hasData: moment > place,
    hasGradient: moment > 2 * count - 1 - place,
    now: turn?.place === place ? turn.pass : undefined,
  };
}
