import { Heap } from "./heap.ts";
import type { PairTable } from "./pair-table.ts";

/** Words of more bytes are merged with a heap; searching all pairs for each merge would take quadratic time. */
const LONG = 100;
const NONE = 0x7fffffff;

/** The pairs that may be merged, and their results. */
export interface Merges {
  /** The token of each byte. */
  readonly byteIds: Int32Array;
  /** Numbered by rank: the lowest is merged first. */
  readonly pairs: PairTable;
  /** For each rank, the token that the pair becomes. */
  readonly results: Int32Array;
}

/**
 * Merges words: while any two adjacent tokens have a rank, the leftmost pair of the lowest rank becomes one token
 * (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909; over bytes, as in GPT-2).
 */
export class WordMerger {
  readonly #merges: Merges;
  #tokens = new Int32Array(128);
  /** The rank of each token with the next one. */
  readonly #ranks = new Int32Array(LONG);

  constructor(merges: Merges) {
    this.#merges = merges;
  }

  /** The tokens of the last word, valid until the next merge. */
  get tokens(): Int32Array {
    return this.#tokens;
  }

  /** Merges the word in the first `length` bytes; returns the number of its tokens. */
  merge(bytes: Uint8Array, length: number): number {
    if (length > this.#tokens.length) this.#tokens = new Int32Array(2 * length);
    const { byteIds } = this.#merges;
    for (let i = 0; i < length; i++) this.#tokens[i] = byteIds[bytes[i] as number] as number;
    return length > LONG ? this.#mergeLong(length) : this.#mergeShort(length);
  }

  #mergeShort(length: number): number {
    const { pairs, results } = this.#merges;
    const [tokens, ranks] = [this.#tokens, this.#ranks];
    const rank = (at: number): number => {
      const found = pairs.find(tokens[at] as number, tokens[at + 1] as number);
      return found === -1 ? NONE : found;
    };
    let count = length;
    for (let i = 0; i + 1 < count; i++) ranks[i] = rank(i);
    for (;;) {
      let [best, at] = [NONE, -1];
      for (let i = 0; i + 1 < count; i++) {
        if ((ranks[i] as number) < best) {
          best = ranks[i] as number;
          at = i;
        }
      }
      if (at === -1) return count;
      tokens[at] = results[best] as number;
      count--;
      tokens.copyWithin(at + 1, at + 2, count + 1);
      ranks.copyWithin(at + 1, at + 2, count);
      if (at > 0) ranks[at - 1] = rank(at - 1);
      if (at + 1 < count) ranks[at] = rank(at);
    }
  }

  #mergeLong(length: number): number {
    const { pairs, results } = this.#merges;
    const tokens = this.#tokens;
    const [previous, next] = [new Int32Array(length), new Int32Array(length)];
    // Rank and position in one number, ordered by rank, then from left to right.
    const heap = new Heap((x, y) => x < y);
    const PLACES = 2 ** 31;
    const rank = (at: number): number =>
      (next[at] as number) < length ? pairs.find(tokens[at] as number, tokens[next[at] as number] as number) : -1;
    const offer = (at: number): void => {
      const found = rank(at);
      if (found !== -1) heap.push(found * PLACES + at);
    };
    for (let i = 0; i < length; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
    }
    for (let i = 0; i < length; i++) offer(i);
    for (let item = heap.pop(); item !== undefined; item = heap.pop()) {
      const at = item % PLACES;
      const offered = Math.floor(item / PLACES);
      // The pair may have been merged since; -1 has no rank with anything.
      if (rank(at) !== offered) continue;
      const merged = next[at] as number;
      const after = next[merged] as number;
      tokens[at] = results[offered] as number;
      tokens[merged] = -1;
      next[at] = after;
      if (after < length) previous[after] = at;
      offer(at);
      if (at > 0) offer(previous[at] as number);
    }
    let count = 0;
    for (let at = 0; at < length; at = next[at] as number) tokens[count++] = tokens[at] as number;
    return count;
  }
}
