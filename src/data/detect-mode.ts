/** Tells documents from running text by the beginning of the data. */

import type { Remark } from "../util/words.ts";
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
  /** For the user: `38 % of its lines are blank or indented`. */
  readonly reason: Remark<ModeReason>;
}

/** The property of the data that decided. */
export type ModeReason =
  | "short"
  | "one-line"
  | "figures"
  | "fasta"
  | "broken"
  | "nested"
  | "blank-lines"
  | "speakers"
  | "commas"
  | "full-lines"
  | "sentences"
  | "long-lines"
  | "lines"
  | "records-of-lines"
  | "long-records"
  | "short-records";

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
  return { mode, reason: first?.reason ?? { kind: "short", values: {}, message: "it is short" } };
}

interface Rule {
  readonly mode: DataMode;
  readonly when: (m: Measures) => boolean;
  readonly kind: ModeReason;
  readonly values?: (m: Measures) => Readonly<Record<string, number>>;
  readonly message: (m: Measures) => string;
}

// Tested on names, titles, sentences, poems, prose, code, Markdown, chats and logs in detect-mode.test.ts.
const RULES: readonly Rule[] = [
  { mode: "stream", when: (m) => m.lines === 1, kind: "one-line", message: () => "it is a single line" },
  {
    // Dates, times, versions, amounts; but not if they come in groups.
    mode: "documents",
    when: (m) => m.bare >= 0.9 && !(m.blank > 0.05 && m.blank < 0.4),
    kind: "figures",
    values: (m) => ({ share: m.bare }),
    message: (m) => `${percent(m.bare)} of its lines are only a number, a date or a time`,
  },
  {
    mode: "stream",
    when: (m) => m.fasta,
    kind: "fasta",
    message: () => "it has sequences under headings that begin with >",
  },
  {
    mode: "stream",
    when: (m) => m.unbroken,
    kind: "broken",
    values: (m) => ({ characters: m.long }),
    message: (m) => `its lines are ${m.long} characters without a blank, wrapped at that width`,
  },
  {
    // Source code and other nested text.
    mode: "stream",
    when: (m) => m.indented > 0.1 || m.closing > 0.03,
    kind: "nested",
    values: (m) => ({ share: m.nested }),
    message: (m) => `${percent(m.nested)} of its lines are indented or only close a bracket`,
  },
  {
    // Paragraphs, stanzas, functions. A list with a blank line between all entries has as many blank lines as entries.
    mode: "stream",
    when: (m) => m.blank > 0.05 && !(m.blank > 0.4 && m.long < 40),
    kind: "blank-lines",
    values: (m) => ({ share: m.blank }),
    message: (m) => `${percent(m.blank)} of its lines are blank`,
  },
  {
    mode: "stream",
    when: (m) => m.turns > 0.6,
    kind: "speakers",
    values: (m) => ({ share: m.turns }),
    message: (m) => `${percent(m.turns)} of its lines begin with a speaker or a time`,
  },
  {
    // Verses, arguments, sentences that continue on the next line.
    mode: "stream",
    when: (m) => m.goOn > 0.12,
    kind: "commas",
    values: (m) => ({ share: m.goOn }),
    message: (m) => `${percent(m.goOn)} of its lines end in a comma or the like and continue in the next`,
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
    kind: "full-lines",
    values: (m) => ({ share: m.full, characters: m.long }),
    message: (m) => `${percent(m.full)} of its lines fill a width of about ${m.long} characters`,
  },
  {
    // Short wrapped paragraphs, in which most lines are not full.
    mode: "stream",
    when: (m) => m.continued > 0.3 && m.words >= 4,
    kind: "sentences",
    values: (m) => ({ share: m.continued }),
    message: (m) => `${percent(m.continued)} of its lines continue a sentence of the previous one`,
  },
  {
    // Paragraphs without a blank line between them.
    mode: "stream",
    when: (m) => m.median > 250 || m.long > 600,
    kind: "long-lines",
    values: (m) => ({ characters: m.median }),
    message: (m) => `its lines are long, half of them ${m.median} characters or more`,
  },
];

/** The last rule. */
const LINES: Rule = {
  mode: "documents",
  when: () => true,
  kind: "lines",
  values: (m) => ({ characters: m.median, lines: m.lines }),
  message: (m) => `lines of about ${m.median} characters, each complete in itself (${m.lines} looked at)`,
};

function judgeText(text: string): Detected {
  const measures = measure(text);
  const { mode, kind, values, message } = RULES.find(({ when }) => when(measures)) ?? LINES;
  return { mode, reason: { kind, values: values?.(measures) ?? {}, message: message(measures) } };
}

function judgeRecords(records: readonly string[]): Detected {
  const lines = records.filter((record) => !/[\r\n]/.test(record.trim())).length / Math.max(1, records.length);
  const characters = quantile(
    records.map((record) => record.trimEnd().length),
    0.5,
  );
  if (lines < 0.9) {
    const message = `${percent(1 - lines)} of its records have several lines`;
    return { mode: "stream", reason: { kind: "records-of-lines", values: { share: 1 - lines }, message } };
  }
  if (characters > 250) {
    const message = `its records are long, half of them ${characters} characters or more`;
    return { mode: "stream", reason: { kind: "long-records", values: { characters }, message } };
  }
  const message = `its records are single lines, about ${characters} characters long`;
  return { mode: "documents", reason: { kind: "short-records", values: { characters }, message } };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
