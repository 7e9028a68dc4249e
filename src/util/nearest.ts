/** Finds the word that was probably meant, for messages about an unknown word. */

/** Longer words are compared by their beginnings. */
const LONGEST = 40;

/**
 * The word spelled most like `typed`; the first one wins a tie. Ignores case, `-`, `_` and leading dashes. Undefined if
 * none is near: up to a third of the letters may differ, one in a word of three.
 */
export function nearest<W extends string>(typed: string, words: Iterable<W>): W | undefined {
  const wanted = plain(typed);
  let [best, least]: [W | undefined, number] = [undefined, Math.max(1, Math.floor(wanted.length / 3)) + 1];
  if (wanted.length < 2) return undefined;
  for (const word of words) {
    const edits = distance(wanted, plain(word));
    if (edits < least) [best, least] = [word, edits];
  }
  return best;
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, "").slice(0, LONGEST);
}

/**
 * Number of insertions, deletions, replacements and swaps of neighbors that turn one word into the other (Damerau
 * 1964).
 */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const now = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swaps = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = swaps ? (before[j - 2] ?? 0) + 1 : changed;
      now.push(Math.min(changed, swapped, (last[j] ?? 0) + 1, (now[j - 1] ?? 0) + 1));
    }
    [before, last] = [last, now];
  }
  return last[to.length] ?? 0;
}
