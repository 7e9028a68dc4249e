/** Characters of text that a tokenizer is trained on: more changes little but the time. */
const SAMPLE = 20e6;
/** Taken at once. */
const SLICE = 2 ** 16;

interface Slice<K> {
  readonly text: string;
  readonly key: K;
  /** Where it begins in its text. */
  readonly at: number;
}

/** Parts of a text that comes in pieces, spread evenly over all of it, 20 million characters together. */
export class TextSample<K> {
  readonly #rate: number;
  readonly #slices: Slice<K>[] = [];
  #seen = 0;
  #taken = 0;

  /** @param total characters to come, about */
  constructor(total: number) {
    this.#rate = Math.min(1, SAMPLE / total);
  }

  /** @param key tells `texts` about the text */
  add(text: string, key: K): void {
    for (let at = 0; at < text.length; ) {
      const end = Math.min(text.length, wholeCharacters(text, at + SLICE));
      // Behind the rate: it is this one's turn.
      if (this.#taken <= this.#rate * this.#seen) {
        this.#slices.push({ text: copy(text.slice(at, end)), key, at });
        this.#taken += end - at;
      }
      this.#seen += end - at;
      at = end;
    }
  }

  /** What was taken, or what `part` makes of it. */
  texts(part: (text: string, key: K, at: number) => string): string[] {
    return this.#slices.map(({ text, key, at }) => part(text, key, at)).filter((text) => text !== "");
  }
}

// A slice would keep all of the text that it was cut from.
function copy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** The index, or the next one if a character of two units lies across it. */
function wholeCharacters(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index + 1 : index;
}
