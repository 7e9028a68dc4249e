import { checkFields, checkTexts } from "../util/checks.ts";
import { MicrogptError, show } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { MAX_TOKEN_BYTES, type Pair } from "./bpe-vocabulary.ts";
import { Heap } from "./heap.ts";
import { PairTable } from "./pair-table.ts";
import { Utf8Buffer } from "./utf8.ts";
import { WordTable } from "./word-table.ts";
import { type SplitPattern, Splitter } from "./words.ts";

export interface TrainBPEOptions {
  /** Tokens altogether: 256 bytes, the merges, BOS. At least 258. */
  readonly vocabSize: number;
  /** How words are told apart. Default gpt4. */
  readonly pattern?: SplitPattern;
}

/**
 * Learns a byte-level BPE: again and again the pair of tokens that stands side by side most often becomes one; of equally
 * frequent pairs the one with the smallest left id, then the smallest right id. Pairs are counted within words, never
 * across them. The vocabulary is smaller than asked for if no pair occurs twice any more. No token is longer than 1,024
 * bytes. Errors: a vocabSize below 258, no text.
 */
export function trainBPE(docs: Iterable<string>, options: TrainBPEOptions): BPETokenizer {
  checkFields("tokenizer", "the options", options, ["vocabSize", "pattern"]);
  const { vocabSize, pattern = "gpt4" } = options;
  if (!Number.isSafeInteger(vocabSize) || vocabSize < 258) {
    throw new MicrogptError({
      operation: "tokenizer",
      expected: "a vocabulary of 258 tokens or more (256 bytes, merges, BOS)",
      got: show(vocabSize),
      fix: "ask for more, or use a byte tokenizer, which has 257",
    });
  }
  const counted = countWords(docs, pattern);
  if (counted.words.size === 0) {
    throw new MicrogptError({
      operation: "tokenizer",
      expected: "text to learn a vocabulary from",
      got: "no character at all",
      fix: "use documents that are not empty",
    });
  }
  return BPETokenizer.fromJSON({ type: "bpe", pattern, merges: learnMerges(counted, vocabSize - 257) });
}

interface CountedWords {
  readonly words: WordTable;
  /** How often each occurs. */
  readonly counts: readonly number[];
}

function checkedTexts(docs: Iterable<string>): Iterable<string> {
  // Others than lists come one by one, and may be endless.
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

/** The first `count` merges, or as many as there are. */
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
 * All different words as tokens, with how often each pair occurs and where. A merge visits the places of its pair and
 * corrects the counts of their neighbours; nothing is counted anew.
 */
class MergingText {
  /** By place: a token, or -1 if it has become part of the one before; its neighbours in the word, or -1. */
  readonly #tokens: Int32Array;
  readonly #previous: Int32Array;
  readonly #next: Int32Array;
  /** By place: how often the word occurs. */
  readonly #weights: Float64Array;
  readonly #pairs = new PairTable();
  /** By pair. */
  readonly #counts: number[] = [];
  /** By pair: where its left token is or was. A pair gets all its places at once: when its younger token is made. */
  readonly #places: number[][] = [];
  /** By pair: the count by which the heap has placed it. Counts only fall after that. */
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

  /** Takes the most frequent pair out of the heap; undefined if none occurs twice. */
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

  /** Makes the pair one token wherever it occurs, from left to right in each word. */
  merge(pair: number, merged: number): void {
    const [left, right] = this.tokensOf(pair);
    const known = this.#pairs.size;
    for (const at of this.#places[pair] as number[]) {
      const second = this.#next[at] as number;
      // What stood there may be part of another token by now.
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

  /** Counts the pair that begins at a place, or, with -1, no longer. */
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

  /** Puts the pairs from number `first` on into the heap. */
  #rank(first: number): void {
    for (let pair = first; pair < this.#pairs.size; pair++) {
      this.#ranked[pair] = this.#counts[pair] as number;
      this.#heap.push(pair);
    }
  }
}
