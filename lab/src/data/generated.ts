/** Data sets that a few lines of code make, the same each time: their rules are known, so what a model writes can be checked. */

import { Random } from "microgpt";

const SEED = 42;
/** Two numbers below this are added. */
const SUMS_BELOW = 100;
const NUM_SUMS = 5000;
const NUM_BRACKETS = 3000;
/** Pairs in a string of brackets. */
const MOST_PAIRS = 7;
const BRACKETS = ["()", "[]", "{}"] as const;

/** Half of the 10,000 sums of two numbers from 0 to 99, such as `12+7=19`: what a model makes of the others shows what it has learned. */
export function sums(): string[] {
  const all: string[] = [];
  for (let a = 0; a < SUMS_BELOW; a++) for (let b = 0; b < SUMS_BELOW; b++) all.push(`${a}+${b}=${a + b}`);
  return new Random(SEED).shuffle(all).slice(0, NUM_SUMS);
}

/** Strings such as `([]){}`, of up to 7 pairs of three kinds, in which every bracket is closed by its own kind, in order. */
export function brackets(): string[] {
  const random = new Random(SEED);
  const found = new Set<string>();
  while (found.size < NUM_BRACKETS) found.add(balanced(1 + Math.floor(random.random() * MOST_PAIRS), random));
  return [...found];
}

/** A balanced string of so many pairs: what stands within the first, and what follows it, are balanced in turn. */
function balanced(pairs: number, random: Random): string {
  if (pairs === 0) return "";
  const within = Math.floor(random.random() * pairs);
  const [open, close] = BRACKETS[Math.floor(random.random() * BRACKETS.length)] ?? BRACKETS[0];
  return open + balanced(within, random) + close + balanced(pairs - 1 - within, random);
}
