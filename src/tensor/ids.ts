/**
 * Checks the numbers that name rows: ids, counters, places and ranges. An interpreter calls them before it reads a row.
 */

import { mistake } from "../util/errors.ts";

/** The numbers as ids. Errors: one that is not a whole number below `count`. */
export function checkIds(
  operation: string,
  numbers: ArrayLike<number>,
  count: number,
  fix = "check the tokens against the vocabulary, the positions against the context",
): number[] {
  return Array.from(numbers, (id) => {
    if (Number.isInteger(id) && id >= 0 && id < count) return id;
    const expected = `ids from 0 to ${count - 1}`;
    throw mistake("id", operation, expected, `${id}`, fix);
  });
}

/** Errors: a number that is not a counter for `hash`, a whole number below 2^24. */
export function checkCounters(numbers: ArrayLike<number>): void {
  checkIds("hash", numbers, 2 ** 24, "count from 0 on");
}

/** The ids of rows to write. Errors: one outside the `count` rows, a duplicate. */
export function checkPlaces(operation: string, numbers: ArrayLike<number>, count: number): number[] {
  const places = checkIds(operation, numbers, count, "check the rows");
  const twice = places.find((id, r) => places.indexOf(id) !== r);
  if (twice === undefined) return places;
  throw mistake("id", operation, "each id once", `${twice} twice`, "check the rows");
}

/** Pairs of first row and one past the last. Errors: one that is empty or extends beyond the `count` rows. */
export function checkRanges(
  operation: string,
  starts: ArrayLike<number>,
  ends: ArrayLike<number>,
  count: number,
): (readonly [start: number, end: number])[] {
  return Array.from(starts, (start, r) => {
    const end = ends[r] ?? Number.NaN;
    if (Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= count) {
      return [start, end] as const;
    }
    const expected = `whole numbers 0 <= start < end <= ${count}`;
    throw mistake("range", operation, expected, `${start} to ${end} at row ${r}`, "check the ranges");
  });
}
