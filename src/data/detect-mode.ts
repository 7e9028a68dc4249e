/** Tells documents from running text by the beginning of the data. */

import type { DataMode } from "./corpus.ts";
import { quantile } from "./statistics.ts";
import { type Measures, measure } from "./text-measures.ts";

/** The beginning of a source. */
export interface Sample {
  /** Some whole lines of text, or whole records of a file of records. */
  readonly texts: readonly string[];
  /** True if each of `texts` is a record of its own (a row of CSV, a line of JSON). */
  readonly records: boolean;
}

export interface Detected {
  readonly mode: DataMode;
  /** In words for the user: `38 % of its lines are blank or indented`. */
  readonly reason: string;
}

/**
 * The mode that suits the data best. Each source is judged separately, and longer samples count for more. The first of
 * the rules below that applies decides.
 */
export function detectMode(samples: readonly Sample[]): Detected {
  const votes = samples.map((sample) => ({
    size: sample.texts.reduce((sum, text) => sum + text.length, 0),
    ...(sample.records ? judgeRecords(sample.texts) : judgeText(sample.texts.join("\n"))),
  }));
  const weightOf = (mode: DataMode): number =>
    votes.reduce((sum, vote) => sum + (vote.mode === mode ? vote.size : 0), 0);
  const mode = weightOf("stream") > weightOf("documents") ? "stream" : "documents";
  const [first] = votes.filter((vote) => vote.mode === mode).sort((x, y) => y.size - x.size);
  return { mode, reason: first?.reason ?? "it is short" };
}

interface Rule {
  readonly mode: DataMode;
  readonly when: (m: Measures) => boolean;
  readonly reason: (m: Measures) => string;
}

// Tested on names, titles, sentences, poems, prose, code, Markdown, chats and logs in detect-mode.test.ts.
const RULES: readonly Rule[] = [
  { mode: "stream", when: (m) => m.lines === 1, reason: () => "it is a single line" },
  {
    // Dates, times, versions, amounts; but not if they come in groups.
    mode: "documents",
    when: (m) => m.bare >= 0.9 && !(m.blank > 0.05 && m.blank < 0.4),
    reason: (m) => `${percent(m.bare)} of its lines are only a number, a date or a time`,
  },
  { mode: "stream", when: (m) => m.fasta, reason: () => "it has sequences under headings that begin with >" },
  {
    mode: "stream",
    when: (m) => m.unbroken,
    reason: (m) => `its lines are of one width, ${m.long} characters without a blank: they were broken there`,
  },
  {
    // Source code and other nested text.
    mode: "stream",
    when: (m) => m.indented > 0.1 || m.closing > 0.03,
    reason: (m) => `${percent(m.nested)} of its lines are indented or only close a bracket`,
  },
  {
    // Paragraphs, stanzas, functions. A list with a blank line between all entries has as many blank lines as entries.
    mode: "stream",
    when: (m) => m.blank > 0.05 && !(m.blank > 0.4 && m.long < 40),
    reason: (m) => `${percent(m.blank)} of its lines are blank`,
  },
  {
    mode: "stream",
    when: (m) => m.turns > 0.6,
    reason: (m) => `${percent(m.turns)} of its lines begin with who speaks or when`,
  },
  {
    // Verses, arguments, sentences that continue on the next line.
    mode: "stream",
    when: (m) => m.goOn > 0.12,
    reason: (m) => `${percent(m.goOn)} of its lines end in a comma or the like: the next goes on`,
  },
  {
    // Lines of equal width are wrapped text. A list of sentences is ragged, or each line ends a sentence; a table has
    // rows.
    mode: "stream",
    when: (m) =>
      m.full > 0.5 &&
      m.crowded > 0.35 &&
      m.words >= 4 &&
      m.ended < 0.7 &&
      !(m.rows && m.crowded < 0.9) &&
      (m.long >= 50 || (m.long >= 30 && (m.inside > 0.1 || m.words >= 16))),
    reason: (m) => `${percent(m.full)} of its lines are as full as they can be, near ${m.long} characters`,
  },
  {
    // Short wrapped paragraphs, in which most lines are not full.
    mode: "stream",
    when: (m) => m.continued > 0.3 && m.words >= 4,
    reason: (m) => `${percent(m.continued)} of its lines continue a sentence of the line before`,
  },
  {
    // Paragraphs without a blank line between them.
    mode: "stream",
    when: (m) => m.median > 250 || m.long > 600,
    reason: (m) => `its lines are long, ${m.median} characters and more`,
  },
  {
    mode: "documents",
    when: () => true,
    reason: (m) => `lines of about ${m.median} characters, each complete in itself (${m.lines} looked at)`,
  },
];

function judgeText(text: string): Detected {
  const measures = measure(text);
  const rule = RULES.find(({ when }) => when(measures));
  return { mode: rule?.mode ?? "documents", reason: rule?.reason(measures) ?? "" };
}

function judgeRecords(records: readonly string[]): Detected {
  const lines = records.filter((record) => !/[\r\n]/.test(record.trim())).length / Math.max(1, records.length);
  const length = quantile(
    records.map((record) => record.trimEnd().length),
    0.5,
  );
  if (lines < 0.9) return { mode: "stream", reason: `${percent(1 - lines)} of its records have several lines` };
  if (length > 250) return { mode: "stream", reason: `its records are long, ${length} characters and more` };
  return { mode: "documents", reason: `its records are single lines, about ${length} characters long` };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
