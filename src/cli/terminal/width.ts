/**
 * The width of text on a terminal in columns: one for most characters, two for those of East Asia and emoji, none for
 * marks.
 */

import { CODE, visible } from "./ink.ts";

const PLAIN = /^[\x20-\x7e]*$/;

/** Unicode's East_Asian_Width W and F, in whole blocks, and emoji. */
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u;
const NO_WIDTH = /^[\p{M}\p{Cf}]/u;

/** A character as a reader sees it, which may be several code points, or one of our own codes; and its width. */
export interface Cell {
  readonly text: string;
  readonly width: number;
}

/** The characters of a text. A control character counts as its escape. */
export function cellsOf(text: string): Cell[] {
  return visible(text)
    .split(CODE)
    .flatMap((part, i): Cell[] => {
      // Separators are at the odd indices.
      if (i % 2 === 1) return [{ text: part, width: 0 }];
      if (PLAIN.test(part)) return Array.from(part, (char) => ({ text: char, width: 1 }));
      // Created on first use: it would add 10 ms to the start of the program; later ones are free.
      const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
      return Array.from(segmenter.segment(part), ({ segment }) => ({
        text: segment,
        width: widthOfCharacter(segment),
      }));
    });
}

/** The width of a text in one line. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : cellsOf(text).reduce((sum, { width }) => sum + width, 0);
}

/** The longest beginning of a text that fits, with all of our codes, so that a color ends where the text is cut. */
export function cutTo(text: string, columns: number): string {
  if (text.length <= columns && PLAIN.test(text)) return text;
  let used = 0;
  const kept = cellsOf(text).filter(({ width }) => {
    used += width;
    return width === 0 || used <= columns;
  });
  return kept.map(({ text }) => text).join("");
}

function widthOfCharacter(char: string): number {
  return WIDE.test(char) ? 2 : NO_WIDTH.test(char) ? 0 : 1;
}
