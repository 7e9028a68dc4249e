/**
 * Makes text safe for a terminal. Text from files and models may contain control characters that would move the cursor,
 * clear the screen or set the clipboard. They are shown as escapes, and only our own codes take effect.
 */

import { randomUUID } from "node:crypto";
import { inspect } from "node:util";

/** Begins each of our own codes until it is written. Random for each process, so that no text can contain it. */
const MARK = `\u{10fffd}${randomUUID()}:`;

/** One of our own codes. */
export const CODE: RegExp = new RegExp(`(${MARK}\\d+m)`, "u");
const CODES = new RegExp(`${MARK}(\\d+m)`, "gu");

/**
 * All but `\n` and `\t`: C0, DEL, and C1, which act as escape sequences too; the line ends that only some programs
 * know; and marks that change the direction of writing, with which one text can pose as another.
 */
const CONTROL = /[^\P{Cc}\n\t]|[\u2028-\u202e\u2066-\u2069]/gu;

export type Paint = (text: string) => string;

type Color =
  | "bold"
  | "dim"
  | "red"
  | "green"
  | "yellow"
  | "blue"
  | "magenta"
  | "cyan"
  | "black"
  | "white"
  | "bgBlue"
  | "bgCyan";

/** A function for each color and weight. */
export type Colors = { readonly [C in Color]: Paint };

/** Functions that put our codes around text, or that return it unchanged. */
export function colorsOf(enabled: boolean): Colors {
  const paint = (color: Color): Paint => {
    const [open, close] = inspect.colors[color] ?? [0, 0];
    return enabled ? (text) => `${MARK}${open}m${text}${MARK}${close}m` : (text) => text;
  };
  const weights = { bold: paint("bold"), dim: paint("dim") };
  const letters = { red: paint("red"), green: paint("green"), yellow: paint("yellow"), blue: paint("blue") };
  const others = { magenta: paint("magenta"), cyan: paint("cyan"), black: paint("black"), white: paint("white") };
  return { ...weights, ...letters, ...others, bgBlue: paint("bgBlue"), bgCyan: paint("bgCyan") };
}

/** Text with every control character but `\n` and `\t` as an escape. */
export function visible(text: string): string {
  return text.replace(CONTROL, escaped);
}

/** Text for a single line, such as a name in a table: `\n` and `\t` become escapes too. */
export function inOneLine(text: string): string {
  return visible(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** The last step before text is written: turns our codes into the terminal's. */
export function inked(text: string): string {
  return text.replace(CODES, "\u001b[$1");
}

/** `\x1b`, `\u009b`. The longer form is valid in JSON, which itself escapes the characters that get the shorter one. */
function escaped(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x20 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
