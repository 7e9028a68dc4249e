import { mistake } from "../util/errors.ts";
import type { TextStream } from "./tokenizer.ts";

/** The UTF-8 bytes of each token of a vocabulary, and text made from them. */
export class TokenBytes {
  readonly size: number;
  /** All tokens concatenated: token `id` is from `#starts[id]` to `#starts[id + 1]`. */
  readonly #bytes: Uint8Array;
  readonly #starts: Int32Array;

  /** @param tokens by id; BOS is empty */
  constructor(tokens: readonly Uint8Array[]) {
    this.size = tokens.length;
    this.#starts = new Int32Array(tokens.length + 1);
    for (const [id, token] of tokens.entries()) this.#starts[id + 1] = (this.#starts[id] ?? 0) + token.length;
    this.#bytes = new Uint8Array(this.#starts[tokens.length] ?? 0);
    for (const [id, token] of tokens.entries()) this.#bytes.set(token, this.#starts[id]);
  }

  /** One token's bytes; do not modify them. Errors: an id outside the vocabulary. */
  at(id: number): Uint8Array {
    this.#check(id);
    return this.#bytes.subarray(this.#starts[id], this.#starts[id + 1]);
  }

  /** The concatenated bytes of all ids. Errors: an id outside the vocabulary. */
  decodeBytes(ids: Iterable<number>): Uint8Array {
    const [starts, bytes] = [this.#starts, this.#bytes];
    let joined = new Uint8Array(1024);
    let length = 0;
    for (const id of ids) {
      this.#check(id);
      const end = starts[id + 1] as number;
      let from = starts[id] as number;
      if (length + end - from > joined.length) {
        const larger = new Uint8Array(2 * (length + end - from));
        larger.set(joined.subarray(0, length));
        joined = larger;
      }
      while (from < end) joined[length++] = bytes[from++] as number;
    }
    return joined.slice(0, length);
  }

  /** The text of the ids; bytes that are not UTF-8 become U+FFFD. Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string {
    return openDecoder().decode(this.decodeBytes(ids));
  }

  stream(): TextStream {
    const decoder = openDecoder();
    return { push: (id) => decoder.decode(this.at(id), { stream: true }), end: () => decoder.decode() };
  }

  #check(id: number): void {
    if (id >= 0 && id < this.size && Number.isInteger(id)) return;
    throw mistake(
      "id",
      "tokenizer",
      `ids from 0 to ${this.size - 1}`,
      `${id}`,
      "decode only what this tokenizer or its model made",
    );
  }
}

// Keeps a byte order mark, which is an ordinary character of the text here.
function openDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
