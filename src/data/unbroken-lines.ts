/** Recognizes text without blanks that was wrapped at a width: DNA sequences, base64, hexadecimal digits. */

import { mostCommon } from "./statistics.ts";

/** Shorter lines of equal length are words or dates. */
const LEAST = 20;
/** From this length on, equal lines count as wrapped even without a shorter one at the end of a block. */
const CLEARLY_LONG = 40;
/** Lengths of hexadecimal MD5 and SHA checksums, and the number of fields of a sudoku. */
const CHECKSUMS: readonly number[] = [32, 40, 56, 64, 96, 128];
const SUDOKU = 81;

/**
 * True if the lines are one text wrapped at a width. Items of a list may have equal widths, but then they share a form.
 */
export function isUnbroken(lines: readonly string[]): boolean {
  if (/^-----BEGIN [\w ]+-----$/.test(lines[0] ?? "")) return true;
  const solid = lines.filter((line) => isSolid(line));
  const width = mostCommon(solid.map((line) => line.length)) ?? 0;
  const full = solid.filter((line) => line.length === width);
  if (width < LEAST || full.length < 2 || 2 * full.length < solid.length) return false;
  // The last line of a block is shorter; the next block begins under a heading or a blank line.
  const tails = lines.filter((line, i) => {
    const [before = "", after = ""] = [lines[i - 1], lines[i + 1]];
    return isSolid(line) && line.length < width && before.length === width && isSolid(before) && !isSolid(after);
  });
  if (full.length + tails.length < 0.9 * solid.length) return false;
  if (hasForm(full)) return false;
  if (tails.length > 0) return full.length > 2 || width >= CLEARLY_LONG;
  return width >= CLEARLY_LONG && !hasPrefix(full) && !isKnown(full, width);
}

/** True for sequences of letters under headings that begin with `>`. */
export function isFasta(lines: readonly string[]): boolean {
  const written = lines.filter((line) => line.trim() !== "");
  if (written[0]?.startsWith(">") !== true) return false;
  const headings = written.filter((line) => line.startsWith(">"));
  const letters = written.filter((line) => /^[A-Za-z*.-]+$/.test(line.trim()));
  return headings.length + letters.length === written.length && letters.length >= Math.max(1, headings.length - 1);
}

/** True for a line that is not a heading and has no blanks. */
function isSolid(line: string): boolean {
  return /^[^\s>;=`-]\S*$/.test(line);
}

/** True if all have a punctuation mark in the same position: UUIDs, dates, addresses. */
function hasForm(lines: readonly string[]): boolean {
  const [first = ""] = lines;
  return [...first].some((char, i) => /[^\p{L}\p{N}+/*]/u.test(char) && lines.every((line) => line[i] === char));
}

/** True if all begin with the same two characters, such as `0x`. */
function hasPrefix(lines: readonly string[]): boolean {
  const prefix = lines[0]?.slice(0, 2) ?? "";
  return lines.length < 3 || lines.every((line) => line.startsWith(prefix));
}

function isKnown(lines: readonly string[], width: number): boolean {
  if (width === SUDOKU) return lines.every((line) => /^[\d.*]+$/.test(line));
  // Each has a letter; otherwise they are numbers.
  return CHECKSUMS.includes(width) && lines.every((line) => /^\d*[a-f][\da-f]*$/i.test(line));
}
