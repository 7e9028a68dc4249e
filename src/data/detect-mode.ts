/** Documents or running text, told apart by a look at the beginning. */

import type { DataMode } from "./corpus.ts";

/** What a source begins with. */
export interface Sample {
  /** Some whole lines of text; or whole records, of a file of records. */
  readonly texts: readonly string[];
  /** Whether each of `texts` is a record of its own (a row of CSV, a line of JSON). */
  readonly records: boolean;
}

export interface Detected {
  readonly mode: DataMode;
  /** In words, to be shown: `38 % of its lines are blank or indented`. */
  readonly reason: string;
}

/**
 * How data reads best. Several sources are judged one by one, and the longer samples count for more.
 * The rules are below; the first that holds decides.
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

/** Of the lines of a text: shares from 0 to 1, lengths in characters. */
interface Measures {
  /** Lines that are not blank. */
  readonly lines: number;
  /** Of all lines, those that are blank, without the ones at both ends. */
  readonly blank: number;
  /** Of the lines that are not blank, those that begin with a space or tab. */
  readonly indented: number;
  /** Nothing but brackets and punctuation. */
  readonly closing: number;
  /** End in a comma, an opening bracket and the like: the next line goes on. */
  readonly goOn: number;
  /** Begin with who speaks, and others do too, or with the time. */
  readonly turns: number;
  /** Nearly as long as the long ones: a line was broken where it was full. */
  readonly full: number;
  /** Words in a line, on average. */
  readonly words: number;
  readonly median: number;
  /** That which one line in ten exceeds. */
  readonly long: number;
}

interface Rule {
  readonly mode: DataMode;
  readonly when: (m: Measures) => boolean;
  readonly reason: (m: Measures) => string;
}

// Held against names, titles, sentences, poems, prose, code, Markdown, chats and logs: detect-mode.test.ts.
const RULES: readonly Rule[] = [
  { mode: "stream", when: (m) => m.lines === 1, reason: () => "it is a single line" },
  {
    // Source code, and whatever else is nested.
    mode: "stream",
    when: (m) => m.indented > 0.1 || m.closing > 0.03,
    reason: (m) => `${percent(m.indented + m.closing)} of its lines are indented or only close a bracket`,
  },
  {
    // Paragraphs, stanzas, functions. A list with a line between any two entries has as many blank ones as others.
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
    // Verses, arguments, sentences that go on below.
    mode: "stream",
    when: (m) => m.goOn > 0.12,
    reason: (m) => `${percent(m.goOn)} of its lines end in a comma or the like: the next goes on`,
  },
  {
    // Lines of one width have been broken at it; a list of sentences is ragged.
    mode: "stream",
    when: (m) => m.full > 0.5 && m.long >= 50 && m.words >= 4,
    reason: (m) => `${percent(m.full)} of its lines are as full as they can be, near ${m.long} characters`,
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
  const measures = measure(text.split(/\r\n|\r|\n/));
  const rule = RULES.find(({ when }) => when(measures));
  return { mode: rule?.mode ?? "documents", reason: rule?.reason(measures) ?? "" };
}

function judgeRecords(records: readonly string[]): Detected {
  const lines = records.filter((record) => !/[\r\n]/.test(record.trim())).length / Math.max(1, records.length);
  const length = quantile(records, 0.5);
  if (lines < 0.9) return { mode: "stream", reason: `${percent(1 - lines)} of its records have several lines` };
  if (length > 250) return { mode: "stream", reason: `its records are long, ${length} characters and more` };
  return { mode: "documents", reason: `its records are single lines, about ${length} characters long` };
}

function measure(all: readonly string[]): Measures {
  const lines = all.filter((line) => line.trim() !== "");
  const first = all.findIndex((line) => line.trim() !== "");
  const last = all.findLastIndex((line) => line.trim() !== "");
  const share = (of: (line: string) => boolean): number => lines.filter(of).length / Math.max(1, lines.length);
  const long = quantile(lines, 0.9);
  return {
    lines: lines.length,
    blank: last < 0 ? 1 : 1 - lines.length / (last - first + 1),
    indented: share((line) => /^[ \t]/.test(line)),
    closing: share((line) => /^\s*[)\]}>;,]+\s*$/.test(line)),
    goOn: share((line) => /[,;:\u2014\u2013({[=&|+\\\u3001\uFF0C\uFF1B]\s*$/.test(line)),
    turns: turns(lines),
    full: share((line) => line.length >= 0.85 * long),
    words: lines.reduce((sum, line) => sum + line.trim().split(/\s+/).length, 0) / Math.max(1, lines.length),
    median: quantile(lines, 0.5),
    long,
  };
}

/** The share of lines that begin with a time, or with a name and a colon that begin another line too. */
function turns(lines: readonly string[]): number {
  const speakers = lines.map((line) => /^[[<(]?([\p{L}\w .'-]{1,30}?)[\])>]?:\s|^<([^<>]{1,30})>\s/u.exec(line));
  const counts = new Map<string, number>();
  const nameOf = (match: RegExpExecArray | null): string => match?.[1] ?? match?.[2] ?? "";
  for (const match of speakers) counts.set(nameOf(match), (counts.get(nameOf(match)) ?? 0) + 1);
  const timed = /^\W{0,2}(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}:\d{2})\b/;
  const count = lines.filter((line, i) => {
    const name = nameOf(speakers[i] ?? null);
    return timed.test(line) || (name !== "" && (counts.get(name) ?? 0) > 1);
  }).length;
  return count / Math.max(1, lines.length);
}

/** A length that so many of the texts do not exceed. */
function quantile(texts: readonly string[], share: number): number {
  const lengths = texts.map((text) => text.trimEnd().length).sort((x, y) => x - y);
  return lengths[Math.floor(share * (lengths.length - 1))] ?? 0;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
