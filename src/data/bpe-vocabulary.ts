import { MicrogptError, show } from "../util/errors.ts";
import type { Merges } from "./bpe-merge.ts";
import { readSpelling, spellBytes } from "./byte-alphabet.ts";
import { PairTable } from "./pair-table.ts";
import { TokenBytes } from "./token-bytes.ts";
import { SPLIT_PATTERNS, type SplitPattern } from "./words.ts";

/** Two tokens that become one. */
export type Pair = readonly [left: number, right: number];

/**
 * A byte-level BPE tokenizer in the form that a checkpoint keeps. Without `vocab`, tokens 0 to 255 are the bytes, merge k
 * makes token 256 + k, and BOS is the last one: what `trainBPE` makes.
 */
export interface BPETokenizerJSON {
  readonly type: "bpe";
  readonly pattern: SplitPattern;
  /** The first has the lowest rank: it is made first. */
  readonly merges: readonly Pair[];
  /** Tokens by id in the characters of GPT-2's byte alphabet, if they are in another order; "" is BOS. */
  readonly vocab?: readonly string[];
}

/** BOS where tokens have names. */
export const BOS_NAME = "<|endoftext|>";

/** No token is longer. A damaged file could ask for merges that double in length thirty times over. */
export const MAX_TOKEN_BYTES = 1024;

/** Tokens by id and merges by rank, checked. */
export interface BPEVocabulary extends Merges {
  readonly pattern: SplitPattern;
  readonly tokens: TokenBytes;
  readonly bos: number;
  /** Whether the ids are those of `trainBPE`. */
  readonly ordered: boolean;
}

/** Errors: JSON that `toJSON` cannot have written. */
export function readVocabulary(json: unknown): BPEVocabulary {
  const { type, pattern, merges, vocab } = (json ?? {}) as Partial<Record<keyof BPETokenizerJSON, unknown>>;
  const known = SPLIT_PATTERNS.find((name) => name === pattern);
  if (type !== "bpe" || known === undefined || !Array.isArray(merges)) {
    const form = `{"type":"bpe","pattern":"${SPLIT_PATTERNS.join('" or "')}","merges":[[left, right], ...]}`;
    throw refusal(form, "something else");
  }
  const pairs = merges.map((merge: unknown, rank) => {
    if (isPair(merge)) return merge;
    throw refusal(`merge ${rank} to be two ids`, show(merge));
  });
  return vocab === undefined ? inOrder(known, pairs) : listed(known, pairs, vocab);
}

/** The vocabulary of merges whose ids are in the order of `trainBPE`. */
function inOrder(pattern: SplitPattern, merges: readonly Pair[]): BPEVocabulary {
  const tokens: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  for (const [rank, [left, right]] of merges.entries()) {
    const [start, end] = [tokens[left], tokens[right]];
    if (start === undefined || end === undefined) {
      throw refusal(`merge ${rank} to be of tokens made before it, 0 to ${255 + rank}`, show([left, right]));
    }
    tokens.push(joined(start, end, rank));
  }
  tokens.push(new Uint8Array());
  return vocabulary(pattern, merges, tokens);
}

/** The vocabulary of tokens listed by id. */
function listed(pattern: SplitPattern, merges: readonly Pair[], vocab: unknown): BPEVocabulary {
  if (!Array.isArray(vocab)) throw refusal("vocab to be a list of tokens", show(vocab));
  const tokens = vocab.map((spelling: unknown, id) => {
    const bytes = typeof spelling === "string" ? readSpelling(spelling) : undefined;
    if (bytes !== undefined && bytes.length <= MAX_TOKEN_BYTES) return bytes;
    throw refusal(`token ${id} to be at most ${MAX_TOKEN_BYTES} characters of GPT-2's byte alphabet`, show(spelling));
  });
  return vocabulary(pattern, merges, tokens);
}

function vocabulary(pattern: SplitPattern, merges: readonly Pair[], tokens: readonly Uint8Array[]): BPEVocabulary {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    const spelling = spellBytes(token);
    const same = ids.get(spelling);
    if (same !== undefined) throw refusal("tokens that differ", `${show(spelling)} as ${same} and as ${id}`);
    ids.set(spelling, id);
  }
  if (ids.has(BOS_NAME)) throw refusal("tokens other than BOS to have other names", BOS_NAME);
  const bos = ids.get("");
  if (bos === undefined) throw refusal('one token that is BOS, ""', "none");
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => {
    const id = ids.get(spellBytes(Uint8Array.of(byte)));
    if (id !== undefined) return id;
    throw refusal("a token for each of the 256 bytes", `none for byte 0x${byte.toString(16).padStart(2, "0")}`);
  });
  const pairs = new PairTable();
  const results = new Int32Array(merges.length);
  for (const [rank, [left, right]] of merges.entries()) {
    const [start, end] = [tokens[left], tokens[right]];
    if (start === undefined || end === undefined || left === bos || right === bos) {
      throw refusal(`merge ${rank} to be of two tokens other than BOS`, show([left, right]));
    }
    const made = joined(start, end, rank);
    const id = ids.get(spellBytes(made));
    if (id === undefined) throw refusal(`a token for what merge ${rank} makes`, `no ${show(spellBytes(made))}`);
    if (pairs.add(left, right) !== rank) throw refusal("merges that differ", `${show([left, right])} twice`);
    results[rank] = id;
  }
  const ordered =
    bos === 256 + merges.length &&
    byteIds.every((id, byte) => id === byte) &&
    results.every((id, rank) => id === 256 + rank);
  return { pattern, tokens: new TokenBytes(tokens), bos, byteIds, pairs, results, ordered };
}

function joined(left: Uint8Array, right: Uint8Array, rank: number): Uint8Array {
  const length = left.length + right.length;
  if (length > MAX_TOKEN_BYTES) {
    throw refusal(`tokens of at most ${MAX_TOKEN_BYTES} bytes`, `one of ${length} by merge ${rank}`);
  }
  const bytes = new Uint8Array(length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function isPair(value: unknown): value is Pair {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((id: unknown) => Number.isSafeInteger(id) && Number(id) >= 0)
  );
}

function refusal(expected: string, got: string): MicrogptError {
  return new MicrogptError({ operation: "tokenizer", expected, got, fix: "use what toJSON returned" });
}
