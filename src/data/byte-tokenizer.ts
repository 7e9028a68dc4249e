import { checkText, isRecord } from "../util/checks.ts";
import { mistake } from "../util/errors.ts";
import { TokenBytes } from "./token-bytes.ts";
import type { TextStream, Tokenizer } from "./tokenizer.ts";

/** A byte tokenizer as stored in a checkpoint: there is only one. */
export interface ByteTokenizerJSON {
  readonly type: "byte";
}

const BOS = 256;

/**
 * One token for each UTF-8 byte: ids 0 to 255 are the bytes, 256 is BOS. Needs no training text and can spell anything;
 * characters outside ASCII take two to four tokens.
 */
export class ByteTokenizer implements Tokenizer {
  readonly vocabSize: number = 257;
  readonly bos: number = BOS;
  readonly #bytes = new TokenBytes(
    Array.from({ length: 257 }, (_, id) => (id === BOS ? new Uint8Array() : Uint8Array.of(id))),
  );

  /** Errors: JSON that `toJSON` cannot have written. */
  static fromJSON(json: unknown): ByteTokenizer {
    const { type } = isRecord(json) ? json : {};
    if (type === "byte") return new ByteTokenizer();
    throw mistake("tokenizer", "tokenizer", '{"type":"byte"}', "something else", "pass what toJSON returned");
  }

  toJSON(): ByteTokenizerJSON {
    return { type: "byte" };
  }

  /** The UTF-8 bytes of the text. Half of a surrogate pair becomes U+FFFD. */
  encode(text: string): number[] {
    return this.encodeBytes(new TextEncoder().encode(checkText("tokenizer", "the text to encode", text)));
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

  /** The text of the ids. BOS is skipped; bytes that are not UTF-8 become U+FFFD. Errors: an id above 256. */
  decode(ids: Iterable<number>): string {
    return this.#bytes.decode(ids);
  }

  /** The bytes of the ids. Errors: an id above 256. */
  decodeBytes(ids: Iterable<number>): Uint8Array {
    return this.#bytes.decodeBytes(ids);
  }

  /** Emits a character with its last byte. */
  stream(): TextStream {
    return this.#bytes.stream();
  }
}
