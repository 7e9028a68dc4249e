import type { DataMode } from "./corpus.ts";

/** A long list of tokens, in memory or in a file. */
export interface TokenSource {
  readonly length: number;
  /** `count` tokens from `start` on, to be read before the next call. Errors: a range outside of the list. */
  read(start: number, count: number): ArrayLike<number>;
}

/** Running text as tokens, split into what is learned and what is only predicted; larger than memory, if it must be. */
export interface TokenData {
  readonly name: string;
  /** Whether the text is documents, BOS between them, or runs on. Default stream. */
  readonly mode?: DataMode;
  readonly train: TokenSource;
  readonly val: TokenSource;
  /** Bytes of UTF-8 that the tokens stand for. */
  readonly trainBytes: number;
  readonly valBytes: number;
  /** CRC-32 of the tokens, as hexadecimal digits: tells whether a run that goes on gets the data it began with. */
  readonly crc32: string;
}

/** Tokens in memory as a source. */
export function tokensOf(ids: Uint16Array | Uint32Array): TokenSource {
  return { length: ids.length, read: (start, count) => ids.subarray(start, start + count) };
}
