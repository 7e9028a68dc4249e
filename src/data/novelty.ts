/** Measures how much of a model's output is new and how much is copied from its training data. */

import { checkInteger, checkTexts } from "../util/checks.ts";
import { show } from "../util/errors.ts";
import { type Corpus, corpusOf, type DataMode } from "./corpus.ts";
import { LongestRuns } from "./longest-runs.ts";
import { countRepetitive } from "./repetitive.ts";

export interface NoveltyReport {
  readonly mode: DataMode;
  /** Total number of samples. */
  readonly samples: number;
  /** Samples that equal a document of the training data or, for running text, contain a copied run. */
  readonly copied: number;
  /** Samples equal to an earlier one. */
  readonly duplicates: number;
  /** Blank or repetitive samples, if the training data is not repetitive itself. */
  readonly repetitive: number;
  /** For running text: the number of consecutive characters that count as copied. */
  readonly minRun?: number;
  /** For running text: the longest run of characters that also occurs in the training data. */
  readonly longestRun?: string;
  /** One line for the user. */
  readonly summary: string;
}

export interface NoveltyOptions {
  /**
   * For running text: the number of consecutive characters that count as copied. Default 50, about nine words of
   * English prose; shorter runs are often common phrases. Repetitive text has longer ones as well: of 500-character
   * pieces of READMEs that were not in the corpus, 16 % share 50 consecutive characters with one that was, and 8 %
   * share 100.
   */
  readonly minRun?: number;
}

/**
 * Compares samples with the data their model was trained on, according to its mode. 10 MB take less than a second, and
 * memory only for the samples. Errors: a minRun that is not a whole number of at least 1.
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
    (duplicates === 0 ? "" : `, ${duplicates} repeated`) +
    (repetitive === 0 ? "" : `, ${repetitive} blank or repetitive`);
  if (mode === "documents") {
    const known = new Set(corpus.docs);
    const copied = samples.filter((text) => known.has(text)).length;
    const summary = `${copied} of ${samples.length} samples are in ${corpus.name} word for word${repeated}`;
    return { ...about, copied, summary };
  }
  const minRun = checkInteger("novelty", "minRun", options.minRun ?? 50, { min: 1 });
  const search = new LongestRuns(samples);
  for (const text of corpus.docs) search.read(text);
  // Consecutive blanks count as one, so that equal indentation is not a copy.
  const runs = search.runs().map((run) => ({ run, length: [...run.replace(/\s+/g, " ")].length }));
  const copied = runs.filter(({ length }) => length >= minRun).length;
  const { run: longestRun, length } = runs.reduce((most, other) => (other.length > most.length ? other : most), {
    run: "",
    length: 0,
  });
  const summary =
    `${copied} of ${samples.length} samples copy ${minRun} characters or more in a row from ${corpus.name}` +
    `${repeated}; the longest run has ${length}: ${show(longestRun)}`;
  return { ...about, copied, minRun, longestRun, summary };
}
