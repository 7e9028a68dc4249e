/**
 * Splits running text from several texts (files, records) so that the held-out part resembles the rest: the tail of
 * each text that is long enough, and some of the short ones whole. A single tail of all of them would be the last file
 * by name.
 */

import { documentHash, PiecewiseHash, type Split, splitAt, TailCut, type TextCut } from "./split.ts";

/** The ways to split running text: each text separately or, as before version 0.5, one tail of all texts together. */
export const TEXT_SPLITS = ["each", "tail"] as const;
export type TextSplit = (typeof TEXT_SPLITS)[number];

/** A tail of fewer UTF-16 units is not worth predicting: a text that short goes to one side as a whole. */
const LEAST_TAIL = 200;

/** The properties of a text that its split depends on. */
export interface TextFacts {
  /** In UTF-16 units. */
  readonly length: number;
  /** `documentHash`, which chooses the side of a short text. */
  readonly hash: number;
  /** UTF-16 units of all texts before this one. */
  readonly offset: number;
}

/**
 * Splits running text by `TextSurvey`; a text that is cut becomes two. A single text has its tail held out.
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

/** Surveys texts in one pass, keeping only the properties that their split depends on. */
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

  /** Adds a whole text. */
  add(text: string): TextFacts {
    this.#end();
    const facts = factsOf(text, this.#fraction, this.#seed, this.#total);
    this.#total += text.length;
    this.#held += this.#heldOf(facts);
    return facts;
  }

  /** Adds a piece of a text. Its facts are complete when the next text begins. */
  addPiece(piece: string, continues: boolean): TextFacts {
    if (!continues) this.#end();
    this.#open ??= new OpenText(this.#total, this.#seed);
    this.#open.push(piece, isLong(this.#open.length, this.#fraction));
    this.#total += piece.length;
    return this.#open;
  }

  /** The split, once all texts have been seen. */
  plan(how: TextSplit = "each"): SplitPlan {
    this.#end();
    const [fraction, total] = [this.#fraction, this.#total];
    // By chance, a few short texts may all be on one side.
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

/** The cut in each text. Every long one has its tail held out, and the hash chooses among the short ones. */
export class SplitPlan {
  /** The single cut through all texts, if there is only one text, or a few short ones. */
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

  /** True if there is too little text to hold out any. */
  get holdsNothing(): boolean {
    return this.#together?.from === this.#total;
  }

  /** The cut of the next text; call it in the order in which the texts were seen. */
  cutOf(facts: TextFacts): TextCut {
    if (this.#together !== undefined) return this.#together;
    if (isLong(facts.length, this.#fraction)) return new TailCut(facts.length, this.#fraction);
    return isHeld(facts, this.#fraction) ? NOTHING : EVERYTHING;
  }

  /** The same for a whole text whose facts are not known yet. */
  cutOfWhole(text: string): TextCut {
    return this.#together ?? this.cutOf(factsOf(text, this.#fraction, this.#seed, 0));
  }

  /** Units at the beginning of a text that are learned in any case; the cut itself is at a line end soon after. */
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

  /** @param long true if the text is known to be long, so that its hash is not needed */
  push(piece: string, long: boolean): void {
    if (!long) this.#hash.push(piece);
    this.#length += piece.length;
  }
}
