/** Text without blanks that was broken at a width: sequences of DNA, base64, hexadecimal digits. */

import { mostCommon } from "./statistics.ts";

/** Shorter lines of one length are words of one length, or dates. */
const LEAST = 20;
/** From here on, lines of one length need no shorter one at the end of a block to be seen as broken. */
const CLEARLY_LONG = 40;
/** Hexadecimal digits of MD5 and the SHA family; the fields of a sudoku. */
const CHECKSUMS: readonly number[] = [32, 40, 56, 64, 96, 128];
const SUDOKU = 81;

/** True of lines that are one text broken at a width; a list has items of one width if they have one form. */
export function isUnbroken(lines: readonly string[]): boolean {
  if (/^-----BEGIN [\w ]+-----$/.test(lines[0] ?? "")) return true;
  const solid = lines.filter((line) => isSolid(line));
  const width = mostCommon(solid.map((line) => line.length)) ?? 0;
  const full = solid.filter((line) => line.length === width);
  if (width < LEAST || full.length < 2 || 2 * full.length < solid.length) return false;
  // What ends a block is shorter; the next begins under a heading or a blank line.
  const tails = lines.filter((line, i) => {
    const [before = "", after = ""] = [lines[i - 1], lines[i + 1]];
    return isSolid(line) && line.length < width && before.length === width && isSolid(before) && !isSolid(after);
  });
  if (full.length + tails.length < 0.9 * solid.length) return false;
  if (hasForm(full)) return false;
  if (tails.length > 0) return full.length > 2 || width >= CLEARLY_LONG;
  return width >= CLEARLY_LONG && !hasPrefix(full) && !isKnown(full, width);
}

/** True of sequences of letters under headings that begin with `>`. */
export function isFasta(lines: readonly string[]): boolean {
  const written = lines.filter((line) => line.trim() !== "");
  if (written[0]?.startsWith(">") !== true) return false;
  const headings = written.filter((line) => line.startsWith(">"));
  const letters = written.filter((line) => /^[A-Za-z*.-]+$/.test(line.trim()));
  return headings.length + letters.length === written.length && letters.length >= Math.max(1, headings.length - 1);
}

/** No heading, and without a blank. */
function isSolid(line: string): boolean {
  return /^[^\s>;=`-]\S*$/.test(line);
}

/** A mark of punctuation in the same place of each: UUIDs, dates, addresses. */
function hasForm(lines: readonly string[]): boolean {
  const [first = ""] = lines;
  return [...first].some((char, i) => /[^\p{L}\p{N}+/*]/u.test(char) && lines.every((line) => line[i] === char));
}

/** Two characters that all begin with, as `0x`. */
function hasPrefix(lines: readonly string[]): boolean {
  const prefix = lines[0]?.slice(0, 2) ?? "";
  return lines.length < 3 || lines.every((line) => line.startsWith(prefix));
}

function isKnown(lines: readonly string[], width: number): boolean {
  if (width === SUDOKU) return lines.every((line) => /^[\d.*]+$/.test(line));
  // A letter in each: others are numbers.
  return CHECKSUMS.includes(width) && lines.every((line) => /^\d*[a-f][\da-f]*$/i.test(line));
}
