import { isRecord } from "../util/checks.ts";
import { type MicrogptError, mistake, show } from "../util/errors.ts";
import type { Merges } from "./bpe-merge.ts";
import { readSpelling, spellBytes } from "./byte-alphabet.ts";
import { PairTable } from "./pair-table.ts";
import { TokenBytes } from "./token-bytes.ts";
import { SPLIT_PATTERNS, type SplitPattern } from "./words.ts";

/** Two tokens that merge into one. */
export type Pair = readonly [left: number, right: number];

/**
 * A byte-level BPE tokenizer as stored in a checkpoint. Without `vocab`, as `trainBPE` makes it, tokens 0 to 255 are
 * the bytes, merge k makes token 256 + k, and BOS is the last one.
 */
export interface BPETokenizerJSON {
  readonly type: "bpe";
  readonly pattern: SplitPattern;
  /** By rank: the first is merged first. */
  readonly merges: readonly Pair[];
  /**
   * Tokens by id, in the characters of GPT-2's byte alphabet, if the ids are in another order. "" is BOS; null is an id
   * that no text contains: another special token, or a hole in the list.
   */
  readonly vocab?: readonly (string | null)[];
  /** The names of all special tokens by id, if there are others than BOS or BOS has another name. */
  readonly special?: readonly SpecialToken[];
  /** True if a word that is itself a token becomes that token, regardless of the merges, as in Llama 3. */
  readonly ignore_merges?: boolean;
}

export type SpecialToken = readonly [id: number, name: string];

/** The default name of BOS where tokens have names. */
export const BOS_NAME = "<|endoftext|>";

/** Largest number of tokens: larger ids come from damaged files, and each token takes memory. GPT-4o has 200,019. */
const MAX_TOKENS = 2 ** 20;

/** Longest token. In a damaged file, merges could double in length thirty times. */
export const MAX_TOKEN_BYTES = 1024;

/** Tokens by id and merges by rank, after all checks. */
export interface BPEVocabulary extends Merges {
  readonly pattern: SplitPattern;
  readonly tokens: TokenBytes;
  readonly bos: number;
  /** Includes BOS. */
  readonly special: readonly SpecialToken[];
  /** True if the id has no text: BOS, another special token, or a hole. */
  isUnused(id: number): boolean;
  /** Tokens by spelling, if words that are tokens are not merged. */
  readonly words: ReadonlyMap<string, number> | undefined;
  /** True if the ids are in the order of `trainBPE`. */
  readonly ordered: boolean;
}

/** Errors: JSON that `toJSON` cannot have written. */
export function readVocabulary(json: unknown): BPEVocabulary {
  const given: Partial<Record<keyof BPETokenizerJSON, unknown>> = isRecord(json) ? json : {};
  const { type, pattern, merges, vocab, special, ignore_merges: ignoreMerges = false } = given;
  const known = SPLIT_PATTERNS.find((name) => name === pattern);
  if (type !== "bpe" || known === undefined || !Array.isArray(merges)) {
    const form = `{"type":"bpe","pattern":"${SPLIT_PATTERNS.join('" or "')}","merges":[[left, right], ...]}`;
    throw refusal(form, "something else");
  }
  const pairs = merges.map((merge: unknown, rank) => {
    if (isPair(merge)) return merge;
    throw refusal(`merge ${rank} to be two ids`, show(merge));
  });
  if (typeof ignoreMerges !== "boolean") throw refusal("ignore_merges to be true or false", show(ignoreMerges));
  const tokens = vocab === undefined ? inOrder(pairs) : listed(vocab);
  return vocabulary({ pattern: known, merges: pairs, tokens, special, ignoreMerges });
}

/** The parts of a vocabulary. A null token has no text. */
interface Parts {
  readonly pattern: SplitPattern;
  readonly merges: readonly Pair[];
  readonly tokens: readonly (Uint8Array | null)[];
  readonly special: unknown;
  readonly ignoreMerges: boolean;
}

/** The tokens of merges whose ids are in the order of `trainBPE`. */
function inOrder(merges: readonly Pair[]): Uint8Array[] {
  const tokens: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  for (const [rank, [left, right]] of merges.entries()) {
    const [start, end] = [tokens[left], tokens[right]];
    if (start === undefined || end === undefined) {
      throw refusal(`merge ${rank} to join earlier tokens, 0 to ${255 + rank}`, show([left, right]));
    }
    tokens.push(joined(start, end, rank));
  }
  tokens.push(new Uint8Array());
  return tokens;
}

/** The tokens of a list by id. */
function listed(vocab: unknown): (Uint8Array | null)[] {
  if (!Array.isArray(vocab)) throw refusal("vocab to be a list of tokens", show(vocab));
  if (vocab.length > MAX_TOKENS) throw refusal(`at most ${MAX_TOKENS.toLocaleString("en")} tokens`, `${vocab.length}`);
  return vocab.map((spelling: unknown, id) => {
    if (spelling === null) return null;
    const bytes = typeof spelling === "string" ? readSpelling(spelling) : undefined;
    if (bytes !== undefined && bytes.length <= MAX_TOKEN_BYTES) return bytes;
    throw refusal(`token ${id} to be at most ${MAX_TOKEN_BYTES} characters of GPT-2's byte alphabet`, show(spelling));
  });
}

function vocabulary({ pattern, merges, tokens, special: names, ignoreMerges }: Parts): BPEVocabulary {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (token === null) continue;
    const spelling = spellBytes(token);
    const same = ids.get(spelling);
    if (same !== undefined) throw refusal("distinct tokens", `${show(spelling)} as ${same} and as ${id}`);
    ids.set(spelling, id);
  }
  const bos = ids.get("");
  if (bos === undefined) throw refusal('one token that is BOS, ""', "none");
  const isUnused = (id: number): boolean => id === bos || tokens[id] === null;
  const special = specialTokens(names, bos, isUnused);
  const named = special.find(([, name]) => ids.has(name));
  if (named !== undefined) throw refusal("special tokens to have names of their own", show(named[1]));
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => {
    const id = ids.get(spellBytes(Uint8Array.of(byte)));
    if (id !== undefined) return id;
    throw refusal("a token for each of the 256 bytes", `none for byte 0x${byte.toString(16).padStart(2, "0")}`);
  });
  const pairs = new PairTable();
  const results = new Int32Array(merges.length);
  for (const [rank, [left, right]] of merges.entries()) {
    const [start, end] = [tokens[left], tokens[right]];
    if (!start || !end || left === bos || right === bos) {
      throw refusal(`merge ${rank} to join two tokens of text`, show([left, right]));
    }
    const made = joined(start, end, rank);
    const id = ids.get(spellBytes(made));
    if (id === undefined)
      throw refusal(`a token for the result of merge ${rank}`, `none for ${show(spellBytes(made))}`);
    if (pairs.add(left, right) !== rank) throw refusal("distinct merges", `${show([left, right])} twice`);
    results[rank] = id;
  }
  const plain = special.length === 1 && special[0]?.[1] === BOS_NAME && !ignoreMerges;
  const ordered =
    plain &&
    bos === 256 + merges.length &&
    byteIds.every((id, byte) => id === byte) &&
    results.every((id, rank) => id === 256 + rank);
  const spelled = new TokenBytes(tokens.map((token) => token ?? new Uint8Array()));
  const words = ignoreMerges ? ids : undefined;
  return { pattern, tokens: spelled, bos, special, isUnused, words, byteIds, pairs, results, ordered };
}

/** The special tokens by id; only BOS if there are no names. */
function specialTokens(names: unknown, bos: number, isUnused: (id: number) => boolean): readonly SpecialToken[] {
  if (names === undefined) return [[bos, BOS_NAME]];
  const list: readonly unknown[] = Array.isArray(names) ? names : [];
  const special = list.filter(isSpecial).filter(([id]) => isUnused(id));
  const distinct = new Set(special.map(([id]) => id)).size + new Set(special.map(([, name]) => name)).size;
  if (special.length !== list.length || distinct !== 2 * list.length || !special.some(([id]) => id === bos)) {
    throw refusal("special to list [id, name] of BOS and of ids that no text contains", show(names));
  }
  return special;
}

function isSpecial(value: unknown): value is SpecialToken {
  return Array.isArray(value) && value.length === 2 && Number.isSafeInteger(value[0]) && typeof value[1] === "string";
}

function joined(left: Uint8Array, right: Uint8Array, rank: number): Uint8Array {
  const length = left.length + right.length;
  if (length > MAX_TOKEN_BYTES) {
    throw refusal(`tokens of at most ${MAX_TOKEN_BYTES} bytes`, `one of ${length} from merge ${rank}`);
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
  return mistake("tokenizer", "tokenizer", expected, got, "pass what toJSON returned");
}
