import { checkText } from "../util/checks.ts";
import { MicrogptError } from "../util/errors.ts";
import { TokenBytes } from "./token-bytes.ts";
import type { TextStream, Tokenizer } from "./tokenizer.ts";

/** A byte tokenizer in the form that a checkpoint keeps: there is only one. */
export interface ByteTokenizerJSON {
  readonly type: "byte";
}

const BOS = 256;

/**
 * One token a byte of UTF-8: ids 0 to 255 are the bytes, 256 is BOS. It needs no text to be made from and spells
 * everything; what is not English takes two to four tokens a character.
 */
export class ByteTokenizer implements Tokenizer {
  readonly vocabSize: number = 257;
  readonly bos: number = BOS;
  readonly #bytes = new TokenBytes(
    Array.from({ length: 257 }, (_, id) => (id === BOS ? new Uint8Array() : Uint8Array.of(id))),
  );

  /** Errors: anything that `toJSON` cannot have written. */
  static fromJSON(json: unknown): ByteTokenizer {
    const { type } = (json ?? {}) as Partial<ByteTokenizerJSON>;
    if (type === "byte") return new ByteTokenizer();
    throw new MicrogptError({
      operation: "tokenizer",
      expected: '{"type":"byte"}',
      got: "something else",
      fix: "use what toJSON returned",
    });
  }

  toJSON(): ByteTokenizerJSON {
    return { type: "byte" };
  }

  /** The bytes of the text in UTF-8, which has none for half of a surrogate pair: that becomes U+FFFD. */
  encode(text: string): number[] {
    return this.encodeBytes(new TextEncoder().encode(checkText("tokenizer", "what to encode", text)));
  }

  /** Any bytes, text or not. */
  encodeBytes(bytes: Uint8Array): number[] {
    return Array.from(bytes);
  }

  /** A document as the model learns it: BOS, its bytes, BOS. */
  encodeDocument(doc: string): number[] {
    const ids = this.encode(doc);
    ids.unshift(BOS);
    ids.push(BOS);
    return ids;
  }

  /** The text of the ids; BOS stands for no byte, what is not UTF-8 comes as U+FFFD. Errors: an id above 256. */
  decode(ids: Iterable<number>): string {
    return this.#bytes.decode(ids);
  }

  /** The bytes of the ids. Errors: an id above 256. */
  decodeBytes(ids: Iterable<number>): Uint8Array {
    return this.#bytes.decodeBytes(ids);
  }

  /** A character comes with its last byte. */
  stream(): TextStream {
    return this.#bytes.stream();
  }
}
