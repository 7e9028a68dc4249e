import { checkMethods } from "../util/checks.ts";

/** What the model's users need of a tokenizer, whatever its tokens are. */
export interface Tokenizer {
  readonly vocabSize: number;
  /** The token that begins and ends every document. */
  readonly bos: number;
  /** Errors: text that the vocabulary cannot spell. */
  encode(text: string): number[];
  /** A document as the model learns it: BOS, its tokens, BOS. Errors: those of `encode`. */
  encodeDocument(doc: string): number[];
  /** BOS stands for no text. Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string;
  /** Text in the making. */
  stream(): TextStream;
  /** What `tokenizerFromJSON` takes. */
  toJSON(): { readonly type: string };
}

/** Decodes token by token: a character that takes several tokens comes with the last of them. */
export interface TextStream {
  /** The text that is complete with this token. Errors: an id outside the vocabulary. */
  push(id: number): string;
  /** What is left of a character that was never completed: U+FFFD, or nothing. */
  end(): string;
}

/** Refuses what is no tokenizer. */
export function checkTokenizer(operation: string, value: unknown): void {
  const methods = ["encode", "encodeDocument", "decode", "stream", "toJSON"];
  checkMethods(operation, "a tokenizer", value, methods, "take that of the run, or make one with fitTokenizer");
}
