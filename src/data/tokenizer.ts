import { checkMethods } from "../util/checks.ts";

/** A tokenizer, as the model's users need it. */
export interface Tokenizer {
  readonly vocabSize: number;
  /** The token that begins and ends every document. */
  readonly bos: number;
  /** Errors: text that the vocabulary cannot spell. */
  encode(text: string): number[];
  /** A document as the model learns it: BOS, its tokens, BOS. Errors: those of `encode`. */
  encodeDocument(doc: string): number[];
  /** BOS is skipped. Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string;
  /** Decodes token by token. */
  stream(): TextStream;
  /** The input of `tokenizerFromJSON`. */
  toJSON(): { readonly type: string };
}

/** Decodes token by token: a character that takes several tokens is emitted with the last one. */
export interface TextStream {
  /** The text that is complete with this token. Errors: an id outside the vocabulary. */
  push(id: number): string;
  /** The rest of a character that was never completed: U+FFFD, or nothing. */
  end(): string;
}

/** Refuses anything that is not a tokenizer. */
export function checkTokenizer(operation: string, value: unknown): void {
  const methods = ["encode", "encodeDocument", "decode", "stream", "toJSON"];
  checkMethods(operation, "a tokenizer", value, methods, "use the run's, or make one with fitTokenizer");
}
