/** Plays a computation: forward one part after the other, then backward in reverse order. */

/** The progress of a part, and whether it is active. */
export interface Played {
  readonly hasData: boolean;
  readonly hasGradient: boolean;
  readonly now: "forward" | "backward" | undefined;
}

/** The active part at a moment, by its index in the order. None at moment 0. */
export type Turn = { readonly pass: "forward" | "backward"; readonly place: number } | undefined;

/** The last moment: every part has been active twice, and none is now. */
export function lastMoment(count: number): number {
  return 2 * count + 1;
}

export function turnAt(moment: number, count: number): Turn {
  if (moment <= 0 || moment >= lastMoment(count)) return undefined;
  if (moment <= count) return { pass: "forward", place: moment - 1 };
  return { pass: "backward", place: 2 * count - moment };
}

/** The progress of the part at an index. */
export function playedAt(moment: number, place: number, count: number): Played {
  const turn = turnAt(moment, count);
  return {
    hasData: moment > place,
    hasGradient: moment > 2 * count - 1 - place,
    now: turn?.place === place ? turn.pass : undefined,
  };
}
