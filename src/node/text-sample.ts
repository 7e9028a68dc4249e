/** Number of characters a tokenizer is trained on: more would change little but the time. */
const SAMPLE = 20e6;
/** Characters taken at a time. */
const SLICE = 2 ** 16;

interface Slice<K> {
  readonly text: string;
  readonly key: K;
  /** Its offset in the text. */
  readonly at: number;
}

/** A sample of 20 million characters, spread evenly over text that comes in pieces. */
export class TextSample<K> {
  readonly #rate: number;
  readonly #slices: Slice<K>[] = [];
  #seen = 0;
  #taken = 0;

  /** @param total approximate number of characters to come */
  constructor(total: number) {
    this.#rate = Math.min(1, SAMPLE / total);
  }

  /** @param key identifies the text for `texts` */
  add(text: string, key: K): void {
    for (let at = 0; at < text.length; ) {
      const end = Math.min(text.length, wholeCharacters(text, at + SLICE));
      // The sample is behind its rate, so this slice is taken.
      if (this.#taken <= this.#rate * this.#seen) {
        this.#slices.push({ text: copy(text.slice(at, end)), key, at });
        this.#taken += end - at;
      }
      this.#seen += end - at;
      at = end;
    }
  }

  /** The sample, each slice replaced by the result of `part`. */
  texts(part: (text: string, key: K, at: number) => string): string[] {
    return this.#slices.map(({ text, key, at }) => part(text, key, at)).filter((text) => text !== "");
  }
}

// A slice would keep alive the whole text it was cut from.
function copy(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

/** The index, or the next one if it would split a surrogate pair. */
function wholeCharacters(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index + 1 : index;
}
