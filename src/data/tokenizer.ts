/** What the model's users need of a tokenizer, whatever its tokens are. */
export interface Tokenizer {
  readonly vocabSize: number;
  /** The token that begins and ends every document. */
  readonly bos: number;
  /** Errors: text that the vocabulary cannot spell. */
  encode(text: string): number[];
  /** Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string;
}
