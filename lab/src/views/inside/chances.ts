/** The next token's probabilities for display. */

import { type Filters, filterProbabilities, probabilities } from "microgpt";

/** The sampling settings. */
export interface Sampling extends Filters {
  readonly temperature: number;
}

/** A distribution over the vocabulary (V). */
export interface Chances {
  /** At the temperature. */
  readonly open: ArrayLike<number>;
  /** After filtering: 0 for a token that is ruled out. */
  readonly left: ArrayLike<number>;
}

/** Errors: logits that are not finite. */
export function chancesOf(logits: ArrayLike<number>, { temperature, ...filters }: Sampling): Chances {
  const open = probabilities(logits, temperature);
  return { open, left: filterProbabilities(open, filters) };
}

/** The ids of the `count` largest by the largest value in any list, in descending order; ties go to the lower id. */
export function largest(lists: readonly ArrayLike<number>[], count: number): number[] {
  const height = (id: number): number => Math.max(...lists.map((list) => list[id] ?? 0));
  const ids = Array.from({ length: lists[0]?.length ?? 0 }, (_, id) => id);
  return ids.sort((a, b) => height(b) - height(a) || a - b).slice(0, count);
}

/** Entropy in bits. (Shannon 1948) */
export function entropy(chances: ArrayLike<number>): number {
  let bits = 0;
  for (let i = 0; i < chances.length; i++) {
    const chance = chances[i] ?? 0;
    if (chance > 0) bits -= chance * Math.log2(chance);
  }
  return bits;
}

/** A token's rank among all, from 1. */
export function rankOf(chances: ArrayLike<number>, id: number): number {
  const own = chances[id] ?? 0;
  return 1 + Array.from(chances).filter((chance, other) => chance > own || (chance === own && other < id)).length;
}
