import { checkText } from "../util/checks.ts";
import { WordMerger } from "./bpe-merge.ts";
import {
  BOS_NAME,
  type BPETokenizerJSON,
  type BPEVocabulary,
  type Pair,
  readVocabulary,
  type SpecialToken,
} from "./bpe-vocabulary.ts";
import { spellBytes } from "./byte-alphabet.ts";
import type { TextStream, Tokenizer } from "./tokenizer.ts";
import { Utf8Buffer } from "./utf8.ts";
import { WordTable } from "./word-table.ts";
import { type SplitPattern, Splitter } from "./words.ts";

/** Number of words cached with their tokens. When the cache is full, it is emptied. */
const MAX_WORDS = 2 ** 17;
/** In bytes. Longer words rarely occur again. */
const MAX_REMEMBERED = 64;

/**
 * Byte-level BPE as in GPT-2 and GPT-4: a text is split into words, each word into its UTF-8 bytes, and bytes that were
 * often adjacent in the training text form one token. It can spell any text, and frequent text is short. `trainBPE`
 * makes one.
 */
export class BPETokenizer implements Tokenizer {
  readonly #vocabulary: BPEVocabulary;
  readonly #splitter: Splitter;
  readonly #merger: WordMerger;
  readonly #buffer = new Utf8Buffer();
  #words = new WordTable();
  /** The tokens of the cached words, concatenated, and the end of each word. */
  readonly #wordTokens = new Int32Array(MAX_WORDS * 8);
  readonly #wordEnds = new Int32Array(MAX_WORDS + 1);

  private constructor(vocabulary: BPEVocabulary) {
    this.#vocabulary = vocabulary;
    this.#splitter = new Splitter(vocabulary.pattern);
    this.#merger = new WordMerger(vocabulary);
  }

  /** Errors: JSON that `toJSON` cannot have written. */
  static fromJSON(json: unknown): BPETokenizer {
    return new BPETokenizer(readVocabulary(json));
  }

  toJSON(): BPETokenizerJSON {
    const { pattern, merges } = this;
    const { ordered, special, words, bos, isUnused } = this.#vocabulary;
    if (ordered) return { type: "bpe", pattern, merges };
    const vocab = Array.from({ length: this.vocabSize }, (_, id) =>
      id !== bos && isUnused(id) ? null : spellBytes(this.tokenBytes(id)),
    );
    const named = special.length > 1 || special[0]?.[1] !== BOS_NAME;
    return {
      type: "bpe",
      pattern,
      merges,
      vocab,
      ...(named && { special }),
      ...(words !== undefined && { ignore_merges: true }),
    };
  }

  get pattern(): SplitPattern {
    return this.#vocabulary.pattern;
  }

  /** By rank: the first is merged first. */
  get merges(): readonly Pair[] {
    const { pairs } = this.#vocabulary;
    return Array.from({ length: pairs.size }, (_, rank) => [pairs.left(rank), pairs.right(rank)]);
  }

  /** BOS and the other special tokens of a tokenizer.json, with their names. No text contains these ids. */
  get special(): readonly SpecialToken[] {
    return this.#vocabulary.special;
  }

  /** True if a word that is itself a token becomes that token, regardless of the merges. */
  get ignoreMerges(): boolean {
    return this.#vocabulary.words !== undefined;
  }

  get vocabSize(): number {
    return this.#vocabulary.tokens.size;
  }

  get bos(): number {
    return this.#vocabulary.bos;
  }

  /** The bytes of one token; none for BOS and other unused ids. Errors: an id outside the vocabulary. */
  tokenBytes(id: number): Uint8Array {
    return this.#vocabulary.tokens.at(id).slice();
  }

  /** The ids of any text. Half of a surrogate pair becomes U+FFFD. */
  encode(text: string): number[] {
    const ids: number[] = [];
    this.#append(ids, text);
    return ids;
  }

  /** A document as the model learns it: BOS, its tokens, BOS. */
  encodeDocument(doc: string): number[] {
    const ids = [this.bos];
    this.#append(ids, doc);
    ids.push(this.bos);
    return ids;
  }

  /**
   * The text of the ids. BOS is skipped; bytes that are not UTF-8 become U+FFFD. Errors: an id outside the vocabulary.
   */
  decode(ids: Iterable<number>): string {
    return this.#vocabulary.tokens.decode(ids);
  }

  /** The bytes of the ids. Errors: an id outside the vocabulary. */
  decodeBytes(ids: Iterable<number>): Uint8Array {
    return this.#vocabulary.tokens.decodeBytes(ids);
  }

  /** Emits a character with its last token. */
  stream(): TextStream {
    return this.#vocabulary.tokens.stream();
  }

  #append(ids: number[], text: string): void {
    if (typeof text !== "string") checkText("tokenizer", "the text to encode", text);
    const [buffer, merger, ends, remembered] = [this.#buffer, this.#merger, this.#wordEnds, this.#wordTokens];
    this.#splitter.visit(text, (start, end) => {
      const length = buffer.write(text, start, end);
      if (length > MAX_REMEMBERED) {
        const whole = this.#whole(length);
        if (whole !== undefined) ids.push(whole);
        else {
          const count = merger.merge(buffer.bytes, length);
          for (let i = 0; i < count; i++) ids.push(merger.tokens[i] as number);
        }
        return;
      }
      const word = this.#word(length);
      const last = ends[word + 1] as number;
      for (let i = ends[word] as number; i < last; i++) ids.push(remembered[i] as number);
    });
  }

  /** The index of the word in the buffer; merges it if it is new. */
  #word(length: number): number {
    const [ends, remembered] = [this.#wordEnds, this.#wordTokens];
    const known = this.#words.size;
    const word = this.#words.add(this.#buffer.bytes, length);
    if (word < known) return word;
    const start = ends[word] as number;
    if (word === MAX_WORDS || start + length > remembered.length) {
      this.#words = new WordTable();
      return this.#word(length);
    }
    const whole = this.#whole(length);
    const count = whole === undefined ? this.#merger.merge(this.#buffer.bytes, length) : 1;
    if (whole === undefined) remembered.set(this.#merger.tokens.subarray(0, count), start);
    else remembered[start] = whole;
    ends[word + 1] = start + count;
    return word;
  }

  /** The token that equals the word in the buffer, if such words are not merged. */
  #whole(length: number): number | undefined {
    const { words } = this.#vocabulary;
    return words?.get(spellBytes(this.#buffer.bytes.subarray(0, length)));
  }
}
