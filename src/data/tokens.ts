import type { DataMode } from "./corpus.ts";

/** A long list of tokens, in memory or in a file. */
export interface TokenSource {
  readonly length: number;
  /** Reads `count` tokens from `start` on; valid until the next call. Errors: a range outside the list. */
  read(start: number, count: number): ArrayLike<number>;
}

/** Running text as tokens, split into a part to learn and a part to predict. It may be larger than memory. */
export interface TokenData {
  readonly name: string;
  /** documents with BOS between them, or running text. Default stream. */
  readonly mode?: DataMode;
  readonly train: TokenSource;
  readonly val: TokenSource;
  /** UTF-8 bytes that the tokens represent. */
  readonly trainBytes: number;
  readonly valBytes: number;
  /** CRC-32 of the tokens in hexadecimal, to check that a resumed run gets the data it began with. */
  readonly crc32: string;
}

/** Tokens in memory as a source. */
export function tokensOf(ids: Uint16Array | Uint32Array): TokenSource {
  return { length: ids.length, read: (start, count) => ids.subarray(start, start + count) };
}
