/** Measures properties of a text's lines for `detectMode`. */

import { average, mostCommon, quantile } from "./statistics.ts";
import { afterStamp, isBare, isStamped } from "./time-stamps.ts";
import { isFasta, isUnbroken } from "./unbroken-lines.ts";

/** Properties of the lines of a text: shares from 0 to 1, and lengths in columns, where an ideograph takes two. */
export interface Measures {
  /** Number of non-blank lines. */
  readonly lines: number;
  /** Blank lines as a share of all lines, without those at both ends. */
  readonly blank: number;
  /** Non-blank lines that are only a number, a date or a time. */
  readonly bare: number;
  /** One text without blanks, wrapped at a width. */
  readonly unbroken: boolean;
  /** Sequences of letters under headings. */
  readonly fasta: boolean;
  /** Lines that begin further right than most, or less far. */
  readonly indented: number;
  /** Lines of only brackets and punctuation. */
  readonly closing: number;
  /** Indented, or closing, or both. */
  readonly nested: number;
  /**
   * Lines that end in a comma, an opening bracket and the like, so that the next line continues them. Not a comma after
   * each item of a list.
   */
  readonly goOn: number;
  /** Lines that begin with a speaker or a key shared with other lines, or with a time. */
  readonly turns: number;
  /** Lines nearly as long as the long ones, as if wrapped when full. */
  readonly full: number;
  /** Lines without room for the first word of the next line. */
  readonly crowded: number;
  /** Lines that continue the sentence of the line before. Does not count if all lines begin in lower case. */
  readonly continued: number;
  /** Lines that end a sentence. */
  readonly ended: number;
  /** Lines in which one sentence ends and another begins. */
  readonly inside: number;
  /** True for rows of a table: equal numbers of words, but different lengths. */
  readonly rows: boolean;
  /** Average number of words in a line. */
  readonly words: number;
  readonly median: number;
  /** The length that one line in ten exceeds. */
  readonly long: number;
}

/** Scripts without blanks between words: two characters count as a word. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/gu;
/** Two columns wide on a terminal. */
const WIDE = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\u3000-\u303F\uFF01-\uFF60]/gu;
/** Escape sequences for color, as programs write them. */
const COLORS = /\p{Cc}\[[\d;]*m/gu;
const SENTENCE_END = /[.!?…؟][\p{Pe}\p{Pf}"']*\s+[\p{Pi}\p{Ps}"']*[\p{Lu}\p{Lo}]|[。！？].*[\p{L}\p{N}]/u;
// Not the dots that a hex dump prints for other bytes.
const ENDED = /(?:(?:^|[^.])[.!?:]|[…。！？؟])['"\p{Pf}\p{Pe}]*\s*$/u;
/** Longer ones are no words: an address, a position on a chess board. */
const LONGEST_WORD = 16;

/** Measures a text by its lines. */
export function measure(text: string): Measures {
  const all = text.replace(COLORS, "").split(/\r\n|\r|\n/);
  const lines = all.filter((line) => line.trim() !== "");
  const first = all.findIndex((line) => line.trim() !== "");
  const last = all.findLastIndex((line) => line.trim() !== "");
  const share = (of: (line: string, i: number) => boolean): number =>
    lines.filter(of).length / Math.max(1, lines.length);
  const widths = lines.map(columns);
  const margin = mostCommon(lines.map(indentation));
  const isIndented = (line: string): boolean => indentation(line) !== margin;
  const isClosing = (line: string): boolean => /^\s*[)\]}>;,]+\s*$/.test(line);
  const words = lines.map(wordsOf);
  const long = quantile(widths, 0.9);
  const width = quantile(widths, 0.97);
  return {
    lines: lines.length,
    blank: last < 0 ? 1 : 1 - lines.length / (last - first + 1),
    bare: share(isBare),
    unbroken: isUnbroken(all.map((line) => line.trimEnd())),
    fasta: isFasta(all),
    indented: share(isIndented),
    closing: share(isClosing),
    nested: share((line) => isIndented(line) || isClosing(line)),
    goOn: goOn(lines, average(words)),
    turns: turns(lines),
    full: share((_, i) => (widths[i] ?? 0) >= 0.85 * long),
    crowded: share((_, i) => i + 1 < lines.length && (widths[i] ?? 0) + firstWord(lines[i + 1] ?? "") > width),
    continued: continued(lines),
    ended: share((line) => ENDED.test(line)),
    inside: share((line) => SENTENCE_END.test(line)),
    rows: areRows(lines),
    words: average(words),
    median: quantile(widths, 0.5),
    long,
  };
}

/** Leading blanks. Right-aligned numbers have none. */
function indentation(line: string): string {
  const [blanks = ""] = /^[ \t]*/.exec(line) ?? [];
  const number = blanks === "" ? null : /^\s+\d[\d.,]*(?=\s|$)/.exec(line);
  return number === null ? blanks : `to ${number[0].length}`;
}

/** The share of lines that end as if more were to come. */
function goOn(lines: readonly string[], words: number): number {
  const marks = lines.flatMap(
    (line) => /[,;:\u2014\u2013({[=&|+\\\u060C\u061B\u3001\uFF0C\uFF1B]\s*$/.exec(line)?.[0].trim() ?? [],
  );
  const share = marks.length / Math.max(1, lines.length);
  // The same mark after every few words separates list items, or asks for an answer.
  const separates = marks.length >= lines.length - 1 && new Set(marks).size === 1 && words <= 4;
  return separates ? 0 : share;
}

/** The share of lines that begin in lower case after a line that does not end a sentence. */
function continued(lines: readonly string[]): number {
  let [same, next] = [0, 0];
  for (const [i, line] of lines.entries()) {
    const ended = ENDED.test(lines[i - 1] ?? ".");
    if (!ended && /^\s*\p{Ll}/u.test(line)) same++;
    if (ended && /^\s*["'\p{Pi}\p{Ps}]*[\p{Lu}\p{N}]/u.test(line)) next++;
  }
  const regular = same + next > 0.85 * lines.length && next > 0.05 * lines.length;
  return regular ? same / lines.length : 0;
}

/** A speaker: `anna: `, `<anna> `, `[anna] `, `anna> `. */
const SPEAKER =
  /^[[<(]?([\p{L}\w .'-]{1,30}?)[\])>]?(?::\s|\uFF1A)|^<([^<>]{1,30})>\s|^\[([^[\]]{1,30})\]\s|^([\p{L}\w.-]{1,30})>\s/u;
/** Keys in records with one field a line: `BEGIN:VCARD`, `AU  - Woolf`. */
const KEY = /^([A-Z][A-Z0-9-]+)(?:;[^:]*)?(?::\S|\s+- )/;
/** The level of a log line. */
const LEVEL = /^[[<(*|\s]{0,3}(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|FATAL|CRITICAL|SEVERE)\b/;

/** The share of lines that begin with a time, or with a name and a colon that another line also begins with. */
function turns(lines: readonly string[]): number {
  const speakers = lines.map(
    (line) =>
      SPEAKER.exec(line)
        ?.slice(1)
        .find((name) => name !== undefined) ?? "",
  );
  const counts = new Map<string, number>();
  for (const name of speakers) counts.set(name, (counts.get(name) ?? 0) + 1);
  const keys = lines.map((line) => KEY.exec(line)?.[1] ?? "");
  const repeated = new Set(keys.filter((key, i) => key !== "" && keys.indexOf(key) !== i));
  const said = lines.map((line) => afterStamp(line)?.trim());
  // A unit after the time, as in `12:30 Uhr`, is not a name.
  const unit = mostCommon(said.filter((text) => text !== undefined));
  const units = !/\s/.test(unit ?? "") && 2 * said.filter((text) => text === unit).length > lines.length;
  const count = lines.filter((line, i) => {
    const [name = "", text = ""] = [speakers[i], said[i]];
    const timed = /\p{L}/u.test(text) && !(units && text === unit);
    const keyed = repeated.size > 1 && repeated.has(keys[i] ?? "");
    return timed || keyed || (name !== "" && (counts.get(name) ?? 0) > 1) || LEVEL.test(line) || isStamped(line);
  }).length;
  return count / Math.max(1, lines.length);
}

function areRows(lines: readonly string[]): boolean {
  const most = (values: readonly number[]): number => {
    const common = mostCommon(values);
    return values.filter((value) => value === common).length / Math.max(1, values.length);
  };
  const words = lines.map((line) => line.trim().split(/\s+/).length);
  return most(words) >= 0.9 && most(lines.map((line) => line.trimEnd().length)) < 0.9;
}

/** Columns that the first word of a line would take on the line before, with a blank. */
function firstWord(line: string): number {
  const [word = ""] = line.trimStart().split(/\s/, 1);
  if (word.charAt(0).search(UNSPACED) === 0) return 2;
  return word.length > LONGEST_WORD ? 0 : 1 + word.length;
}

function wordsOf(line: string): number {
  return line.trim().split(/\s+/).length + count(line, UNSPACED) / 2;
}

function columns(line: string): number {
  const text = line.trimEnd();
  return text.length + count(text, WIDE);
}

/** Number of characters of a script beyond ASCII. The check for pure ASCII first is faster for most lines. */
function count(line: string, characters: RegExp): number {
  return /[\u0E00-\uFFEF]/.test(line) ? (line.match(characters)?.length ?? 0) : 0;
}
