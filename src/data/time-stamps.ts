/** Recognizes dates and times at the beginning of a line, as in chats and logs. */

const MONTH =
  "(?:jan|feb|f[eé]v|m[aä]r|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|ago|ao[uû]t|sept?|oct|okt|nov|dec|dez|d[eé]c|dic)\\p{L}*\\.?";
const TIME = "\\d{1,2}[:h]\\d{2}(?::\\d{2})?(?:[.,]\\d{1,9})?";
const HALF = "(?:[ap]\\.?m\\b\\.?|오전|오후|上午|下午|午前|午後)";
const ZONE = "(?:z|utc|gmt|cest|cet|[ecmp][sd]t)\\b|[+-]\\d{2}:?\\d{2}";
const WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)\\p{L}*[.,]?";
const DATE = [
  // 2024-03-01, 2024/3/1, 2023. 12. 31.; 31.12.23, 3/1/2024. Not the first numbers of an IP address.
  "\\d{4}(?:[-/]|\\.\\s?)\\d{1,2}(?:[-/]|\\.\\s?)\\d{1,2}\\.?(?!\\.?\\d)",
  "\\d{1,2}[-/.]\\d{1,2}[-/.](?:\\d{4}|\\d{2})(?!\\.?\\d)",
  // 03-01 before a time, as in Android logs.
  "\\d{1,2}[-/.]\\d{1,2}\\.?(?=,?\\s+\\d{1,2}:\\d{2})",
  // Dec 31, 10/Oct/2000, 31 December 2023.
  `${MONTH}\\s+\\d{1,2}(?:st|nd|rd|th)?\\b(?:,?\\s+\\d{4}\\b)?`,
  `\\d{1,2}(?:st|nd|rd|th)?\\.?[ /-]${MONTH}(?:[ /,-]+\\d{2,4}\\b)?`,
  "\\d{2,4}\\s?[年년]\\s?\\d{1,2}\\s?[月월]\\s?\\d{1,2}\\s?[日일]",
].join("|");

const PART = `(?:${DATE}|${TIME}|${HALF}|${ZONE}|${WEEKDAY})`;
/** A time, a date, or the seconds since boot, `[ 12.345678]`. A suffix, as in `-beta`, makes it a name. */
const STAMP = new RegExp(
  `^[\\[<({*#\\s-]{0,3}(?:${WEEKDAY}\\s+)?(?:${DATE}|(?:${HALF}\\s?)?${TIME})(?:[t,:\\s-]{0,3}${PART})*(?=$|[\\s,;|\\])>}：]|[-–—.:]\\s)` +
    "|^\\[\\s*\\d+\\.\\d{3,}\\]",
  "iu",
);
/** `[Wednesday, 30th September 2023, 10:15:00.000 AM]`. */
const LONGEST = 50;
/** Later in the line, where web servers and others write it. */
const INNER = /^.{0,80}?(?:\d{1,2}\/\p{L}{3}\/\d{4}:\d{2}:\d{2}|\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})/u;

/** The text after the leading date and time; undefined if there is none. */
export function afterStamp(line: string): string | undefined {
  // Most lines have no digit, and testing for one is faster.
  const stamp = /\d/.test(line.slice(0, LONGEST)) ? STAMP.exec(line) : null;
  return stamp === null ? undefined : line.slice(stamp[0].length);
}

/** True for a line of several words with a date and time in its first 80 characters. */
export function isStamped(line: string): boolean {
  return /\d{4}/.test(line) && INNER.test(line) && line.split(/\s+/, 5).length > 4;
}

const NUMBERS = /^[\p{Sc}(+\-−±~≈<>#.vV]{0,3}\p{N}[\p{N}\p{P}\p{S}\s]*$/u;
const UNITS = /\b\p{L}{1,4}[²³]?\b\.?$|(?<=\d)t(?=\d)|(?<=\d)[ez](?=$|[-+\d])|%$/giu;
const MOST_WORDS = 6;
/** Most consecutive digits: a longer run is not a number that people read. */
const MOST_DIGITS = 20;

/** True for a line that is only a number, an amount, a version, a date or a time, or a few of them. */
export function isBare(line: string): boolean {
  const text = line.trim();
  if (!/\d/.test(text) && !/\p{N}/u.test(text)) return false;
  if (text.split(/\s+/, MOST_WORDS + 1).length > MOST_WORDS) return false;
  if (/[,;:]$/.test(text) || new RegExp(`\\p{N}{${MOST_DIGITS}}`, "u").test(text)) return false;
  const rest = afterStamp(text) ?? text;
  return rest.trim() === "" || NUMBERS.test(rest.trim()) || NUMBERS.test(rest.replace(UNITS, "").trim());
}
