/**
 * Running text of several texts (files, records), split so that what is held out is like the rest: the tail of each text
 * that is long enough, and some of the short ones whole. One tail of all of them would be the last file by name.
 */

import { documentHash, PiecewiseHash, type Split, splitAt, TailCut, type TextCut } from "./split.ts";

/** How running text is split: each text by itself, or, as before version 0.5, one tail of all texts together. */
export const TEXT_SPLITS = ["each", "tail"] as const;
export type TextSplit = (typeof TEXT_SPLITS)[number];

/** A tail of fewer UTF-16 units is not worth predicting: the text is short, and goes to one side as a whole. */
const LEAST_TAIL = 200;

/** What the split must know of a text. */
export interface TextFacts {
  /** UTF-16 units. */
  readonly length: number;
  /** `documentHash`, which chooses the side of a short text. */
  readonly hash: number;
  /** UTF-16 units of all texts before it. */
  readonly offset: number;
}

/**
 * Running text split by `TextSurvey`; a text that is cut is split in two. A single text has its tail held out.
 *
 * @param fraction of the characters to hold out, from 0 to below 1
 * @param seed of the hash that chooses among short texts
 * @param how each, or tail for runs of earlier versions
 */
export function splitTexts(docs: readonly string[], fraction: number, seed: number, how: TextSplit = "each"): Split {
  const survey = new TextSurvey(fraction, seed);
  const facts = docs.map((doc) => survey.add(doc));
  const plan = survey.plan(how);
  return splitAt(docs, (i) => plan.cutOf(facts[i] as TextFacts));
}

/** The texts seen so far, as far as their split depends on them: a pass over all of them that keeps none. */
export class TextSurvey {
  readonly #fraction: number;
  readonly #seed: number;
  #total = 0;
  /** Units that would be held out of all texts before the open one. */
  #held = 0;
  #open: OpenText | undefined;

  constructor(fraction: number, seed: number) {
    this.#fraction = fraction;
    this.#seed = seed;
  }

  /** UTF-16 units of all texts. */
  get total(): number {
    return this.#total;
  }

  /** Takes in a whole text. */
  add(text: string): TextFacts {
    this.#end();
    const facts = factsOf(text, this.#fraction, this.#seed, this.#total);
    this.#total += text.length;
    this.#held += this.#heldOf(facts);
    return facts;
  }

  /** Takes in a piece of a text. The facts are complete when the next text begins. */
  addPiece(piece: string, continues: boolean): TextFacts {
    if (!continues) this.#end();
    this.#open ??= new OpenText(this.#total, this.#seed);
    this.#open.push(piece, isLong(this.#open.length, this.#fraction));
    this.#total += piece.length;
    return this.#open;
  }

  /** How the texts are to be split, now that all were seen. */
  plan(how: TextSplit = "each"): SplitPlan {
    this.#end();
    const [fraction, total] = [this.#fraction, this.#total];
    // A few short texts may by chance be all on one side.
    const fair =
      this.#held >= (fraction / 2) * total && this.#held <= Math.min(2 * fraction, (1 + fraction) / 2) * total;
    const together = how === "each" && fair ? undefined : new TailCut(total, fraction);
    return new SplitPlan(together, fraction, this.#seed, total);
  }

  #end(): void {
    if (this.#open !== undefined) this.#held += this.#heldOf(this.#open);
    this.#open = undefined;
  }

  #heldOf(facts: TextFacts): number {
    if (isLong(facts.length, this.#fraction)) return Math.floor(facts.length * this.#fraction);
    return isHeld(facts, this.#fraction) ? facts.length : 0;
  }
}

/** Where each of the texts is cut. Every long one has its tail held out, and of the short ones so many by their hash. */
export class SplitPlan {
  /** Where all of them together are cut instead: they are one text, or few and short. */
  readonly #together: TailCut | undefined;
  readonly #fraction: number;
  readonly #seed: number;
  readonly #total: number;

  constructor(together: TailCut | undefined, fraction: number, seed: number, total: number) {
    this.#together = together;
    this.#fraction = fraction;
    this.#seed = seed;
    this.#total = total;
  }

  /** True if there is too little text to hold any out. */
  get holdsNothing(): boolean {
    return this.#together?.from === this.#total;
  }

  /** The cut of the next text, in the order in which they were seen. */
  cutOf(facts: TextFacts): TextCut {
    if (this.#together !== undefined) return this.#together;
    if (isLong(facts.length, this.#fraction)) return new TailCut(facts.length, this.#fraction);
    return isHeld(facts, this.#fraction) ? NOTHING : EVERYTHING;
  }

  /** The same of a whole text, of which nothing needs to be known before. */
  cutOfWhole(text: string): TextCut {
    return this.#together ?? this.cutOf(factsOf(text, this.#fraction, this.#seed, 0));
  }

  /** Units at the beginning of a text that are learned in any case: the cut itself is at a line end soon after. */
  learnedOf(facts: TextFacts): number {
    if (this.#together !== undefined) return Math.max(0, this.#together.from - facts.offset);
    if (isLong(facts.length, this.#fraction)) return new TailCut(facts.length, this.#fraction).from;
    return isHeld(facts, this.#fraction) ? 0 : facts.length;
  }
}

const NOTHING: TextCut = { find: () => 0 };
const EVERYTHING: TextCut = { find: (piece) => piece.length };

function factsOf(text: string, fraction: number, seed: number, offset: number): TextFacts {
  const { length } = text;
  return { length, hash: isLong(length, fraction) ? 0 : documentHash(text, seed), offset };
}

function isLong(length: number, fraction: number): boolean {
  return Math.floor(length * fraction) >= LEAST_TAIL;
}

/** True if a short text is held out. */
function isHeld({ hash }: TextFacts, fraction: number): boolean {
  return hash < fraction * 2 ** 32;
}

/** A text that comes in pieces. */
class OpenText implements TextFacts {
  readonly offset: number;
  readonly #hash: PiecewiseHash;
  #length = 0;

  constructor(offset: number, seed: number) {
    this.offset = offset;
    this.#hash = new PiecewiseHash(seed);
  }

  get length(): number {
    return this.#length;
  }

  get hash(): number {
    return this.#hash.value;
  }

  /** @param long known to be long already: then its hash is of no use */
  push(piece: string, long: boolean): void {
    if (!long) this.#hash.push(piece);
    this.#length += piece.length;
  }
}
