import { checkFields, checkTexts } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { MAX_TOKEN_BYTES, type Pair } from "./bpe-vocabulary.ts";
import { Heap } from "./heap.ts";
import { PairTable } from "./pair-table.ts";
import { Utf8Buffer } from "./utf8.ts";
import { WordTable } from "./word-table.ts";
import { type SplitPattern, Splitter } from "./words.ts";

export interface TrainBPEOptions {
  /** Total number of tokens: 256 bytes, the merges, BOS. At least 258. */
  readonly vocabSize: number;
  /** The pattern that splits text into words. Default gpt4. */
  readonly pattern?: SplitPattern;
}

/**
 * Trains a byte-level BPE: the most frequent pair of adjacent tokens becomes one token, over and over. A tie goes to
 * the smallest left id, then the smallest right id. Pairs are counted within words, never across them. The vocabulary
 * ends up smaller than requested once no pair occurs twice. No token is longer than 1,024 bytes. Errors: a vocabSize
 * below 258, no text.
 */
export function trainBPE(docs: Iterable<string>, options: TrainBPEOptions): BPETokenizer {
  checkFields("tokenizer", "the options", options, ["vocabSize", "pattern"]);
  const { vocabSize, pattern = "gpt4" } = options;
  if (!Number.isSafeInteger(vocabSize) || vocabSize < 258) {
    throw mistake(
      "range",
      "tokenizer",
      "a vocabulary of 258 tokens or more (256 bytes, merges, BOS)",
      show(vocabSize),
      "ask for more, or use a byte tokenizer, which has 257",
    );
  }
  const counted = countWords(docs, pattern);
  if (counted.words.size === 0) {
    throw mistake(
      "no-data",
      "tokenizer",
      "text to learn a vocabulary from",
      "no characters",
      "use documents that are not empty",
    );
  }
  return BPETokenizer.fromJSON({ type: "bpe", pattern, merges: learnMerges(counted, vocabSize - 257) });
}

interface CountedWords {
  readonly words: WordTable;
  /** Number of occurrences of each word. */
  readonly counts: readonly number[];
}

function checkedTexts(docs: Iterable<string>): Iterable<string> {
  // Other iterables come one document at a time, and may be endless.
  return Array.isArray(docs) || !(Symbol.iterator in Object(docs)) || typeof docs === "string"
    ? checkTexts("tokenizer", "documents", docs)
    : docs;
}

function countWords(docs: Iterable<string>, pattern: SplitPattern): CountedWords {
  const splitter = new Splitter(pattern);
  const buffer = new Utf8Buffer();
  const words = new WordTable();
  const counts: number[] = [];
  for (const doc of checkedTexts(docs)) {
    splitter.visit(doc, (start, end) => {
      const length = buffer.write(doc, start, end);
      const word = words.add(buffer.bytes, length);
      counts[word] = (counts[word] ?? 0) + 1;
    });
  }
  return { words, counts };
}

/** The first `count` merges, or fewer if no pair occurs twice. */
function learnMerges({ words, counts }: CountedWords, count: number): Pair[] {
  const text = new MergingText(words, counts);
  const lengths = new Array<number>(256).fill(1);
  const merges: Pair[] = [];
  while (merges.length < count) {
    const pair = text.mostFrequent();
    if (pair === undefined) break;
    const [left, right] = text.tokensOf(pair);
    const length = (lengths[left] as number) + (lengths[right] as number);
    if (length > MAX_TOKEN_BYTES) continue;
    text.merge(pair, 256 + merges.length);
    merges.push([left, right]);
    lengths.push(length);
  }
  return merges;
}

/**
 * All distinct words as tokens, with the count and the positions of each pair. A merge visits the positions of its pair
 * and corrects the counts of the neighbors, so nothing is counted again.
 */
class MergingText {
  /** For each position: a token, or -1 if it has been merged into the one before; its neighbors in the word, or -1. */
  readonly #tokens: Int32Array;
  readonly #previous: Int32Array;
  readonly #next: Int32Array;
  /** For each position: the number of occurrences of its word. */
  readonly #weights: Float64Array;
  readonly #pairs = new PairTable();
  /** For each pair. */
  readonly #counts: number[] = [];
  /**
   * For each pair: the positions where its left token is or was. A pair gets all its positions at once, when its
   * younger token is made.
   */
  readonly #places: number[][] = [];
  /** For each pair: its count in the heap. Counts only fall after that. */
  readonly #ranked: number[] = [];
  readonly #heap: Heap;

  constructor(words: WordTable, counts: readonly number[]) {
    const size = words.start(words.size);
    this.#tokens = Int32Array.from(words.bytes.subarray(0, size));
    this.#previous = new Int32Array(size).map((_, at) => at - 1);
    this.#next = new Int32Array(size).map((_, at) => at + 1);
    this.#weights = new Float64Array(size);
    for (let word = 0; word < words.size; word++) {
      const [start, end] = [words.start(word), words.start(word + 1)];
      this.#previous[start] = -1;
      this.#next[end - 1] = -1;
      this.#weights.fill(counts[word] as number, start, end);
    }
    const [pairs, ranked] = [this.#pairs, this.#ranked];
    this.#heap = new Heap((x, y) => {
      const more = (ranked[x] as number) - (ranked[y] as number);
      if (more !== 0) return more > 0;
      const left = pairs.left(x) - pairs.left(y);
      return left !== 0 ? left < 0 : pairs.right(x) < pairs.right(y);
    });
    for (let at = 0; at < size; at++) this.#count(at, 1);
    this.#rank(0);
  }

  /** Removes the most frequent pair from the heap; undefined if none occurs twice. */
  mostFrequent(): number | undefined {
    for (;;) {
      const pair = this.#heap.pop();
      if (pair === undefined) return undefined;
      const count = this.#counts[pair] as number;
      if (count < 2) continue;
      if (count === this.#ranked[pair]) return pair;
      this.#ranked[pair] = count;
      this.#heap.push(pair);
    }
  }

  tokensOf(pair: number): Pair {
    return [this.#pairs.left(pair), this.#pairs.right(pair)];
  }

  /** Merges every occurrence of the pair into one token, from left to right in each word. */
  merge(pair: number, merged: number): void {
    const [left, right] = this.tokensOf(pair);
    const known = this.#pairs.size;
    for (const at of this.#places[pair] as number[]) {
      const second = this.#next[at] as number;
      // The position may belong to another token by now.
      if (this.#tokens[at] !== left || second === -1 || this.#tokens[second] !== right) continue;
      const before = this.#previous[at] as number;
      const after = this.#next[second] as number;
      this.#count(before, -1);
      this.#count(second, -1);
      this.#tokens[at] = merged;
      this.#tokens[second] = -1;
      this.#next[at] = after;
      if (after !== -1) this.#previous[after] = at;
      this.#count(before, 1);
      this.#count(at, 1);
    }
    this.#counts[pair] = 0;
    this.#places[pair] = [];
    this.#rank(known);
  }

  /** Adds the pair at a position to the counts, or removes it with -1. */
  #count(at: number, sign: 1 | -1): void {
    if (at === -1) return;
    const second = this.#next[at] as number;
    if (second === -1) return;
    const pair = this.#pairs.add(this.#tokens[at] as number, this.#tokens[second] as number);
    this.#counts[pair] = (this.#counts[pair] ?? 0) + sign * (this.#weights[at] as number);
    if (sign === -1) return;
    const places = this.#places[pair];
    if (places === undefined) this.#places[pair] = [at];
    else places.push(at);
  }

  /** Adds the pairs from number `first` on to the heap. */
  #rank(first: number): void {
    for (let pair = first; pair < this.#pairs.size; pair++) {
      this.#ranked[pair] = this.#counts[pair] as number;
      this.#heap.push(pair);
    }
  }
}
