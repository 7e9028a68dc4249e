/**
 * The data of a run's steps, as numbered sequences of tokens. The tokens of sequence i depend on i alone, so a resumed
 * run needs to know only how many it has taken.
 */

import type { Tokenizer } from "../data/tokenizer.ts";
import type { TokenSource } from "../data/tokens.ts";
import { hash24 } from "../util/hash.ts";

export interface Sequences {
  /** Largest number of tokens that one of them predicts; it has one more. */
  readonly longest: number;
  /** Number i: 0, 1, ... without end. */
  at(index: number): readonly number[];
  /** The number of tokens that `count` of them predict together, from number `first` on. */
  tokensIn(first: number, count: number): number;
}

/** The documents in order, cyclically, as in microgpt.py. The model ignores tokens beyond blockSize. */
export function documentSequences(docs: readonly string[], tokenizer: Tokenizer, blockSize: number): Sequences {
  const at = (index: number): readonly number[] => tokenizer.encodeDocument(docs[index % docs.length] ?? "");
  let known: Uint32Array | undefined;
  const tokensOf = (index: number): number => {
    known ??= new Uint32Array(docs.length);
    const place = index % docs.length;
    const tokens = known[place] || Math.min(blockSize, at(place).length - 1);
    known[place] = tokens;
    return tokens;
  };
  const sum = (first: number, count: number): number => {
    let total = 0;
    for (let i = first; i < first + count; i++) total += tokensOf(i);
    return total;
  };
  return {
    longest: longestOf(docs, tokenizer, blockSize),
    at,
    tokensIn: (first, count) => {
      const rounds = Math.floor(count / docs.length);
      return (rounds > 0 ? rounds * sum(0, docs.length) : 0) + sum(first, count % docs.length);
    },
  };
}

/** Windows of blockSize + 1 tokens (or the whole text, if shorter) at random positions, as in nanoGPT. */
export function windowSequences(tokens: TokenSource, blockSize: number, seed: number): Sequences {
  const longest = Math.min(blockSize, tokens.length - 1);
  const starts = tokens.length - longest;
  return {
    longest,
    at: (index) => Array.from(tokens.read(uniform(seed, index, starts), longest + 1)),
    tokensIn: (_, count) => count * longest,
  };
}

/** The first `limit` documents. */
export function firstDocuments(docs: readonly string[], tokenizer: Tokenizer, limit: number): number[][] {
  return docs.slice(0, limit).map((doc) => tokenizer.encodeDocument(doc));
}

/** `limit` windows, spread evenly over the text without overlap. */
export function evenWindows(tokens: TokenSource, blockSize: number, limit: number): number[][] {
  const length = Math.min(blockSize, tokens.length - 1);
  if (length < 1) return [];
  const most = Math.floor((tokens.length - 1) / length);
  const count = Math.min(most, limit);
  return Array.from({ length: count }, (_, i) =>
    Array.from(tokens.read(Math.floor((i * most) / count) * length, length + 1)),
  );
}

/** A random-looking whole number from 0 to `below` - 1: 48 bits from the seed and the index. */
function uniform(seed: number, index: number, below: number): number {
  const key = hash24(hash24(low(seed), high(seed)), high(index));
  const [first, second] = [hash24(key, low(index)), hash24(hash24(key, 1), low(index))];
  return Math.floor(((first + second / 2 ** 24) / 2 ** 24) * below);
}

function low(n: number): number {
  return ((n % 2 ** 24) + 2 ** 24) % 2 ** 24;
}

function high(n: number): number {
  return low(Math.floor(n / 2 ** 24));
}

/** An upper bound without encoding: a character makes one token, or up to three bytes for each UTF-16 unit. */
function longestOf(docs: readonly string[], tokenizer: Tokenizer, blockSize: number): number {
  const units = docs.reduce((most, doc) => Math.max(most, doc.length), 0);
  return Math.min(blockSize, (tokenizer.toJSON().type === "character" ? units : 3 * units) + 1);
}
