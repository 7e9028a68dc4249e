/** Splits data into the part that is learned and the part that is held out. */

import { checkTexts } from "../util/checks.ts";

export interface Split {
  readonly train: readonly string[];
  readonly val: readonly string[];
}

/**
 * True if a document is held out, decided by a hash of its text and the seed alone. Equal documents are therefore on
 * the same side, and a document stays on its side when others come or go.
 *
 * @param fraction of documents to hold out, 0 to 1
 */
export function isValidation(doc: string, fraction: number, seed: number): boolean {
  return documentHash(doc, seed) < fraction * 2 ** 32;
}

/**
 * Splits documents by `isValidation`, keeping their order. If that leaves a side empty although there are two distinct
 * documents, the document nearest to that side moves there, with all its duplicates.
 */
export function splitDocuments(docs: readonly string[], fraction: number, seed: number): Split {
  checkTexts("data", "documents", docs);
  const range = new HashRange();
  const hashes = docs.map((doc) => {
    const hash = documentHash(doc, seed);
    range.add(hash);
    return hash;
  });
  const threshold = range.threshold(fraction);
  const side = (val: boolean): string[] => docs.filter((_, i) => (hashes[i] ?? 0) < threshold === val);
  return { train: side(false), val: side(true) };
}

/** The hashes seen so far, as far as the threshold between the sides depends on them. */
export class HashRange {
  #lowest = 2 ** 32;
  #highest = 0;

  add(hash: number): void {
    if (hash < this.#lowest) this.#lowest = hash;
    if (hash > this.#highest) this.#highest = hash;
  }

  /** Documents with hashes below the threshold are held out; none if `fraction` is 0. */
  threshold(fraction: number): number {
    if (fraction === 0 || this.#lowest >= this.#highest) return 0;
    return Math.min(Math.max(fraction * 2 ** 32, this.#lowest + 1), this.#highest);
  }
}

/** A 32-bit hash of a text and a seed: MurmurHash3 (Austin Appleby, public domain) over pairs of UTF-16 units. */
export function documentHash(doc: string, seed: number): number {
  return finish(mixPairs(start(seed), doc), doc.length);
}

/** `documentHash` of a text that comes in pieces. */
export class PiecewiseHash {
  #hash: number;
  /** The first unit of an incomplete pair. */
  #odd = "";
  #length = 0;

  constructor(seed: number) {
    this.#hash = start(seed);
  }

  push(piece: string): void {
    const text = this.#odd + piece;
    const whole = text.length - (text.length % 2);
    this.#hash = mixPairs(this.#hash, text.slice(0, whole));
    this.#odd = text.slice(whole);
    this.#length += piece.length;
  }

  /** The hash of everything pushed so far. */
  get value(): number {
    return finish(mixPairs(this.#hash, this.#odd), this.#length);
  }
}

function start(seed: number): number {
  return mix(seed | 0) ^ mix(Math.floor(seed / 2 ** 32) + 1);
}

function mixPairs(before: number, text: string): number {
  let hash = before;
  for (let i = 0; i < text.length; i += 2) {
    // charCodeAt is NaN past the end, which counts as 0.
    let k = Math.imul(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16), 0xcc9e2d51);
    k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
    hash ^= k;
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  return hash;
}

function finish(hash: number, length: number): number {
  return mix(hash ^ length) >>> 0;
}

function mix(h: number): number {
  let hash = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/**
 * Splits running text at one position: the text before it is learned, the tail is held out. The position is the first
 * line end after (1 - fraction) of the text, if there is one soon, and always between two characters. The text that
 * contains it becomes two.
 *
 * @param fraction of the characters to hold out, 0 to 1
 */
export function splitTail(docs: readonly string[], fraction: number): Split {
  const cut = new TailCut(
    docs.reduce((sum, doc) => sum + doc.length, 0),
    fraction,
  );
  return splitAt(docs, () => cut);
}

/** Finds the position where a text is cut. */
export interface TextCut {
  /** Number of units of the next piece that are learned. Pieces hold whole characters. */
  find(piece: string): number;
}

/** The parts of the texts before and after their cuts. */
export function splitAt(docs: readonly string[], cutOf: (index: number) => TextCut): Split {
  const [train, val]: [string[], string[]] = [[], []];
  for (const [i, doc] of docs.entries()) {
    const at = cutOf(i).find(doc);
    if (at > 0) train.push(doc.slice(0, at));
    if (at < doc.length) val.push(doc.slice(at));
  }
  return { train, val };
}

/** Largest distance that the cut moves to reach a line end, in UTF-16 units. */
const MAX_DELAY = 1000;

/** Finds the cut in a text that comes in pieces. */
export class TailCut implements TextCut {
  #done = 0;
  #passed = false;
  /** The exact share: all text before it is learned. */
  readonly from: number;
  readonly #to: number;

  /** @param total UTF-16 units in all of the text */
  constructor(total: number, fraction: number) {
    this.from = total - Math.floor(total * fraction);
    // Gives up at most a tenth of the tail.
    this.#to = this.from + Math.min(MAX_DELAY, Math.floor((total - this.from) / 10));
  }

  /** Number of units of the next piece that are learned: all before the cut, none after it. Pieces hold whole characters. */
  find(piece: string): number {
    if (this.#passed) return 0;
    const start = this.#done;
    this.#done += piece.length;
    if (this.#done < this.from || this.from === Infinity) return piece.length;
    // Includes the character before `from`: if it is a line end, the cut is already in place.
    const newline = piece.indexOf("\n", Math.max(0, this.from - start - 1));
    const end = newline === -1 ? Infinity : start + newline + 1;
    if (end > this.#to && this.#done < this.#to) return piece.length;
    this.#passed = true;
    if (end <= this.#to) return end - start;
    return wholeCharacters(piece, Math.max(0, this.#to - start));
  }
}

/** The index, or the next one if it would split a surrogate pair. */
function wholeCharacters(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff ? index + 1 : index;
}
