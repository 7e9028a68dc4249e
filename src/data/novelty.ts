/** Whether a model makes up something new, or says what it has read. */

import { checkInteger, checkTexts } from "../util/checks.ts";
import { show } from "../util/errors.ts";
import { type Corpus, corpusOf, type DataMode } from "./corpus.ts";
import { LongestRuns } from "./longest-runs.ts";
import { countRepetitive } from "./repetitive.ts";

export interface NoveltyReport {
  readonly mode: DataMode;
  /** How many samples there are. */
  readonly samples: number;
  /** Samples that stand in the training data as a document or, of running text, hold a copied run. */
  readonly copied: number;
  /** Samples that are the same as an earlier one. */
  readonly duplicates: number;
  /** Samples that are blank, or repeat themselves, where the training data does not. */
  readonly repetitive: number;
  /** Of running text, how many characters in a row count as copied. */
  readonly minRun?: number;
  /** Of running text, the longest run of characters that stands in the training data as well. */
  readonly longestRun?: string;
  /** All of it in one line, for people. */
  readonly summary: string;
}

export interface NoveltyOptions {
  /**
   * How many characters in a row count as copied from running text. Default 50, some nine words of English prose: fewer
   * are often a turn of phrase that a text has many times. Text that repeats itself has longer ones as well: of pieces
   * of 500 characters out of READMEs that were not in the corpus, 16 % have 50 in a row with one that was, 8 % have 100.
   */
  readonly minRun?: number;
}

/**
 * Compares samples with the data that their model was trained on, by the data's mode. 10 MB take less than a second, and
 * memory for the samples, not for the data. Errors: a minRun that is no whole number from 1 on.
 */
export function noveltyReport(
  samples: readonly string[],
  data: Corpus | readonly string[],
  options: NoveltyOptions = {},
): NoveltyReport {
  checkTexts("novelty", "samples", samples);
  const corpus = corpusOf("novelty", data);
  const mode = corpus.mode ?? "documents";
  const duplicates = samples.length - new Set(samples).size;
  const repetitive = countRepetitive(samples, corpus.docs, mode === "documents");
  const about = { mode, samples: samples.length, duplicates, repetitive };
  const repeated =
    (duplicates === 0 ? "" : `, ${duplicates} the same as another`) +
    (repetitive === 0 ? "" : `, ${repetitive} blank or the same over and over`);
  if (mode === "documents") {
    const known = new Set(corpus.docs);
    const copied = samples.filter((text) => known.has(text)).length;
    const summary = `${copied} of ${samples.length} samples are in ${corpus.name} word for word${repeated}`;
    return { ...about, copied, summary };
  }
  const minRun = checkInteger("novelty", "min_run", options.minRun ?? 50, { min: 1 });
  const search = new LongestRuns(samples);
  for (const text of corpus.docs) search.read(text);
  // Blanks in a row count as one: an indented line is no copy of another.
  const runs = search.runs().map((run) => ({ run, length: [...run.replace(/\s+/g, " ")].length }));
  const copied = runs.filter(({ length }) => length >= minRun).length;
  const { run: longestRun, length } = runs.reduce((most, other) => (other.length > most.length ? other : most), {
    run: "",
    length: 0,
  });
  const summary =
    `${copied} of ${samples.length} samples copy ${minRun} characters or more in a row from ${corpus.name}` +
    `${repeated}; the longest run is of ${length}: ${show(longestRun)}`;
  return { ...about, copied, minRun, longestRun, summary };
}
