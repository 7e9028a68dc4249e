/** Reading what was typed: flags in either spelling, values in their range. What is wrong with them is a UsageError. */

import { MicrogptError } from "../../index.ts";

/** A mistake in what was typed rather than in what it names: exit code 2. */
export class UsageError extends MicrogptError {}

/** Spells flags in nanoGPT's way: `--n-layer 2` and `--n-layer=2` become `--n_layer ...`. Words after `--` are left alone. */
export function normalizeFlags(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  return args.map((arg, i) => {
    const [, name, rest = ""] = /^--([A-Za-z][\w-]*)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined || (end !== -1 && i > end)) return arg;
    return `--${name.replaceAll("-", "_")}${rest}`;
  });
}

/** A parser for a flag whose value is a whole number, `min` or more. */
export function wholeNumber(flag: string, min: number): (text: string) => number {
  const range = min === Number.MIN_SAFE_INTEGER ? "a whole number" : `a whole number, ${min} or more`;
  return (text) => check(flag, text, range, (n) => Number.isSafeInteger(n) && n >= min);
}

/** A parser for a flag whose value is a finite number above 0. */
export function positiveNumber(flag: string): (text: string) => number {
  return (text) => check(flag, text, "a number above 0", (n) => Number.isFinite(n) && n > 0);
}

/** A parser for a flag whose value is a finite number, 0 or above. */
export function numberFromZero(flag: string): (text: string) => number {
  return (text) => check(flag, text, "a number, 0 or above", (n) => Number.isFinite(n) && n >= 0);
}

/** A parser for a flag whose value is at least 0 and below 1. */
export function fraction(flag: string): (text: string) => number {
  return (text) => check(flag, text, "a number from 0 to below 1", (n) => n >= 0 && n < 1);
}

/** A parser for a flag whose value is a number in a range of its own, which the words describe. */
export function numberIn(flag: string, range: string, valid: (n: number) => boolean): (text: string) => number {
  return (text) => check(flag, text, range, valid);
}

/** A parser for a flag that takes one of a few words. */
export function oneOf<W extends string>(
  flag: string,
  words: readonly W[],
  hint = "pick one of them",
): (text: string) => W {
  return (text) => {
    const word = words.find((w) => w === text);
    if (word !== undefined) return word;
    throw usage(`${flag} to be one of ${words.join(", ")}`, JSON.stringify(text), hint);
  };
}

/** A parser for a flag that is said to be so, or not; Python's words count too. */
export function yesOrNo(flag: string): (text: string) => boolean {
  return (text) => {
    const word = text.toLowerCase();
    if (["yes", "true", "1"].includes(word)) return true;
    if (["no", "false", "0"].includes(word)) return false;
    throw usage(`${flag} to be yes or no`, JSON.stringify(text), "pick one of them");
  };
}

export function usage(expected: string, got: string, fix: string): UsageError {
  return new UsageError({ operation: "usage", expected, got, fix });
}

function check(flag: string, text: string, range: string, valid: (n: number) => boolean): number {
  // Number("") and Number(" ") are 0.
  const n = text.trim() === "" ? Number.NaN : Number(text);
  if (valid(n)) return n;
  throw usage(`${flag} to be ${range}`, JSON.stringify(text), "give such a number");
}
