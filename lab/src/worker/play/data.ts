/** The texts that a model was trained on, and the held-out ones, for views that compare with them. */

import { type Corpus, type DataMode, splitDocuments, splitTexts, type TextSplit } from "microgpt";
import type { DataChoice } from "../../settings.ts";

/** The texts and their split. */
export interface TextSource {
  readonly data: DataChoice;
  /** Share held out for validation. */
  readonly valFraction: number;
  /** The run's seed, which chose the held-out documents. */
  readonly seed: number;
  /** The split of running text. Default tail, as in files of earlier versions. */
  readonly split?: TextSplit | undefined;
}

/** Texts split as in `tokenize`. */
export interface Texts {
  readonly mode: DataMode;
  readonly train: readonly string[];
  readonly val: readonly string[];
}

export class TextData {
  readonly #corpusOf: (data: DataChoice) => Promise<Corpus>;
  #last: { readonly source: TextSource; readonly texts: Promise<Texts> } | undefined;

  constructor(corpusOf: (data: DataChoice) => Promise<Corpus>) {
    this.#corpusOf = corpusOf;
  }

  /** Reads the texts on first use, and keeps them until others are requested. Errors: those of the data set. */
  async of(source: TextSource): Promise<Texts> {
    if (this.#last === undefined || !isSame(this.#last.source, source)) {
      this.#last = { source, texts: this.#read(source) };
    }
    const { texts } = this.#last;
    try {
      return await texts;
    } catch (error) {
      // An error is not kept: the next attempt may succeed.
      if (this.#last?.texts === texts) this.#last = undefined;
      throw error;
    }
  }

  async #read({ data, valFraction, seed, split = "tail" }: TextSource): Promise<Texts> {
    const { docs, mode = "documents" } = await this.#corpusOf(data);
    if (valFraction === 0) return { mode, train: docs, val: [] };
    if (mode === "documents") return { mode, ...splitDocuments(docs, valFraction, seed) };
    return { mode, ...splitTexts(docs, valFraction, seed, split) };
  }
}

function isSame(a: TextSource, b: TextSource): boolean {
  return (
    a.valFraction === b.valFraction &&
    a.seed === b.seed &&
    a.split === b.split &&
    a.data.name === b.data.name &&
    a.data.mode === b.data.mode &&
    a.data.text === b.data.text
  );
}
