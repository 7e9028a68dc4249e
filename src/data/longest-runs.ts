import { SuffixAutomaton } from "./suffix-automaton.ts";

/** Separates two texts; occurs in none. */
const BETWEEN = 0x110000;

/**
 * For each of a few texts, the longest run of characters it shares with a long one. The few become a suffix automaton
 * through which the long text is read once. Memory grows only with the few, about 120 bytes a character, however long
 * the other text is, and it may come in parts.
 */
export class LongestRuns {
  readonly #texts: readonly (readonly number[])[];
  readonly #automaton: SuffixAutomaton;
  /** For each state, the length of its longest match. */
  readonly #read: Int32Array;

  constructor(texts: readonly string[]) {
    this.#texts = texts.map((text) => Array.from(text, (char) => char.codePointAt(0) ?? 0));
    this.#automaton = new SuffixAutomaton(this.#texts.reduce((sum, { length }) => sum + length + 1, 0));
    for (const text of this.#texts) {
      for (const point of text) this.#automaton.append(point);
      this.#automaton.append(BETWEEN);
    }
    this.#read = new Int32Array(this.#automaton.states);
  }

  /** Reads a part of the long text. No run crosses from one part into the next. */
  read(text: string): void {
    const automaton = this.#automaton;
    const read = this.#read;
    let [state, length] = [0, 0];
    for (let i = 0; i < text.length; i++) {
      let point = text.charCodeAt(i);
      if (point >= 0xd800 && point < 0xdc00) {
        point = text.codePointAt(i) as number;
        if (point > 0xffff) i++;
      }
      let next = automaton.next(state, point);
      while (next === -1 && state !== 0) {
        state = automaton.link[state] as number;
        length = automaton.longest[state] as number;
        next = automaton.next(state, point);
      }
      if (next === -1) continue;
      state = next;
      if (++length > (read[state] as number)) read[state] = length;
    }
  }

  /** For each text, the longest run found in what was read so far; the first one if there is a tie. */
  runs(): string[] {
    const reach = this.#reach();
    return this.#texts.map((text) => {
      let [state, most, end] = [0, 0, 0];
      text.forEach((point, i) => {
        state = this.#automaton.next(state, point);
        const length = reach[state] as number;
        if (length > most) [most, end] = [length, i + 1];
      });
      return text
        .slice(end - most, end)
        .map((point) => String.fromCodePoint(point))
        .join("");
    });
  }

  /** For each state, the longest of its suffixes that was read. */
  #reach(): Int32Array {
    const { link, longest } = this.#automaton;
    const reach = this.#read.slice();
    const order = this.#automaton.byLength();
    // If a string was read, so were all of its suffixes ...
    for (let i = order.length - 1; i > 0; i--) {
      const state = order[i] as number;
      const shorter = link[state] as number;
      if ((reach[state] as number) > 0) reach[shorter] = longest[shorter] as number;
    }
    // ... and a state that was not read falls back to its longest suffix.
    for (let i = 1; i < order.length; i++) {
      const state = order[i] as number;
      if (reach[state] === 0) reach[state] = reach[link[state] as number] as number;
    }
    return reach;
  }
}
