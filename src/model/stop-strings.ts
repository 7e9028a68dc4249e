/**
 * Ends a text, which comes in pieces, before the first stop string in it, and holds back any text that could become
 * one. The first is the one that is complete first, or the longer of two that end together, so that the result does not
 * depend on the pieces.
 */
export class StopStrings {
  readonly #stops: readonly string[];
  #found = false;
  /** The end of the text so far that a stop string may begin with. */
  #held = "";

  /** @param stops none of them empty */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** True if a stop string has appeared, so that the text has ended. */
  get found(): boolean {
    return this.#found;
  }

  /** Adds the next piece of the text and returns the part that certainly precedes any stop string. */
  push(piece: string): string {
    if (this.#found) return "";
    if (this.#stops.length === 0) return piece;
    const text = this.#held + piece;
    let [begin, end] = [-1, Infinity];
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      if (at === -1 || at + stop.length > end || (at + stop.length === end && at > begin)) continue;
      [begin, end] = [at, at + stop.length];
    }
    this.#found = begin !== -1;
    const safe = this.#found ? begin : text.length - this.#beginning(text);
    this.#held = this.#found ? "" : text.slice(safe);
    return text.slice(0, safe);
  }

  /** The text held back, if it ends for another reason. */
  end(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }

  /** The number of final characters that are the beginning of a stop string. */
  #beginning(text: string): number {
    const longest = this.#stops.reduce((most, stop) => Math.max(most, stop.length - 1), 0);
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const last = text.slice(-length);
      if (this.#stops.some((stop) => stop.startsWith(last))) return length;
    }
    return 0;
  }
}
