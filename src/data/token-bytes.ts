import { MicrogptError } from "../util/errors.ts";
import type { TextStream } from "./tokenizer.ts";

/** What each token of a vocabulary stands for, as bytes of UTF-8, and text made of them. */
export class TokenBytes {
  readonly size: number;
  /** All tokens one after the other: token `id` is from `#starts[id]` to `#starts[id + 1]`. */
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

  /** One token's bytes, not to be changed. Errors: an id outside the vocabulary. */
  at(id: number): Uint8Array {
    this.#check(id);
    return this.#bytes.subarray(this.#starts[id], this.#starts[id + 1]);
  }

  /** The bytes of all ids in a row. Errors: an id outside the vocabulary. */
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

  /** As text; what is not UTF-8 comes as U+FFFD. Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string {
    return openDecoder().decode(this.decodeBytes(ids));
  }

  stream(): TextStream {
    const decoder = openDecoder();
    return { push: (id) => decoder.decode(this.at(id), { stream: true }), end: () => decoder.decode() };
  }

  #check(id: number): void {
    if (id >= 0 && id < this.size && Number.isInteger(id)) return;
    throw new MicrogptError({
      operation: "tokenizer",
      expected: `ids from 0 to ${this.size - 1}`,
      got: `${id}`,
      fix: "decode only what this tokenizer or its model made",
    });
  }
}

// A byte order mark is a character like any other here: the text had it.
function openDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}
