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

/** Words that are remembered with their tokens; when there are more, all are forgotten. */
const MAX_WORDS = 2 ** 17;
/** In bytes. Longer words hardly come again. */
const MAX_REMEMBERED = 64;

/**
 * Byte-level BPE, as GPT-2 and GPT-4 have it: a text is split into words, each word into its bytes of UTF-8, and bytes
 * that often stood side by side in the text it was trained on are one token. So it spells everything, and what is
 * common is short. `trainBPE` makes one.
 */
export class BPETokenizer implements Tokenizer {
  readonly #vocabulary: BPEVocabulary;
  readonly #splitter: Splitter;
  readonly #merger: WordMerger;
  readonly #buffer = new Utf8Buffer();
  #words = new WordTable();
  /** The tokens of the words, one after the other, and where each word's end. */
  readonly #wordTokens = new Int32Array(MAX_WORDS * 8);
  readonly #wordEnds = new Int32Array(MAX_WORDS + 1);

  private constructor(vocabulary: BPEVocabulary) {
    this.#vocabulary = vocabulary;
    this.#splitter = new Splitter(vocabulary.pattern);
    this.#merger = new WordMerger(vocabulary);
  }

  /** Errors: anything that `toJSON` cannot have written. */
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

  /** By rank: the first is made first. */
  get merges(): readonly Pair[] {
    const { pairs } = this.#vocabulary;
    return Array.from({ length: pairs.size }, (_, rank) => [pairs.left(rank), pairs.right(rank)]);
  }

  /** BOS, and the others that a tokenizer.json had: ids that no text has, with their names. */
  get special(): readonly SpecialToken[] {
    return this.#vocabulary.special;
  }

  /** True if a word that is a token becomes that token, whatever the merges would make of it. */
  get ignoreMerges(): boolean {
    return this.#vocabulary.words !== undefined;
  }

  get vocabSize(): number {
    return this.#vocabulary.tokens.size;
  }

  get bos(): number {
    return this.#vocabulary.bos;
  }

  /** The bytes of one token; BOS and what no text has have none. Errors: an id outside the vocabulary. */
  tokenBytes(id: number): Uint8Array {
    return this.#vocabulary.tokens.at(id).slice();
  }

  /** Any text, of which half of a surrogate pair becomes U+FFFD. */
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

  /** The text of the ids; BOS stands for none, what is not UTF-8 comes as U+FFFD. Errors: an id outside the vocabulary. */
  decode(ids: Iterable<number>): string {
    return this.#vocabulary.tokens.decode(ids);
  }

  /** The bytes of the ids. Errors: an id outside the vocabulary. */
  decodeBytes(ids: Iterable<number>): Uint8Array {
    return this.#vocabulary.tokens.decodeBytes(ids);
  }

  /** A character comes with its last token. */
  stream(): TextStream {
    return this.#vocabulary.tokens.stream();
  }

  #append(ids: number[], text: string): void {
    if (typeof text !== "string") checkText("tokenizer", "what to encode", text);
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

  /** The number of the word in the buffer, merged if it is new. */
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

  /** The token that the word in the buffer is, where merges are not asked for it. */
  #whole(length: number): number | undefined {
    const { words } = this.#vocabulary;
    return words?.get(spellBytes(this.#buffer.bytes.subarray(0, length)));
  }
}
