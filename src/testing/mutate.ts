/** Damaged and false versions of a JSON text or of a file, for tests that readers refuse them and nothing worse. */

import fc from "fast-check";
import { MicrogptError } from "../util/errors.ts";

/** Replacement values. Without quotes, so that they are valid JSON even inside strings of JSON. */
export const LIES: readonly string[] = [
  ...["0", "-1", "-0", "1", "2", "0.5", "1e9", "1e15", "9007199254740991", "9007199254740993", "1e300", "1e999", "NaN"],
  ...["null", "true", "{}", "[]", "[[]]", "[null]"],
];

/** Nested deeper than a careless reader's stack. */
export const DEEP: string = "[".repeat(20_000) + "]".repeat(20_000);

export type Span = readonly [start: number, end: number];

/** The matches of a pattern in a text. */
export function spans(text: string, pattern: RegExp): Span[] {
  return [...text.matchAll(pattern)].map(({ index, 0: found }) => [index, index + found.length]);
}

const SCALAR = /-?\d+(\.\d+)?(e[+-]?\d+)?|true|false|null/g;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
const LIST = /\[[^[\]{}]*\]/g;
const OBJECT = /\{[^{}]*\}/g;
/** Strings with a meaning for a file system, a terminal or an object. */
const NAMES: readonly string[] = [
  "../../x",
  "/etc/x",
  "a\\\\b",
  "\\u0000",
  "\\u001b[2J",
  "__proto__",
  "constructor",
  "",
];

/** One to four changes to a JSON text: false values, other names, parts dropped, doubled, swapped, cut. */
export function mutatedJSON(text: string): fc.Arbitrary<string> {
  const values = [SCALAR, STRING, LIST, OBJECT].flatMap((pattern) => spans(text, pattern));
  const strings = spans(text, STRING);
  const value = values.length === 0 ? fc.constant<Span>([0, text.length]) : fc.constantFrom(...values);
  const string = strings.length === 0 ? value : fc.constantFrom(...strings);
  const put = (original: string, [start, end]: Span, by: string): string =>
    original.slice(0, start) + by + original.slice(end);
  const change: fc.Arbitrary<(original: string) => string> = fc.oneof(
    fc.tuple(value, fc.constantFrom(...LIES, DEEP)).map(
      ([at, lie]) =>
        (original: string) =>
          put(original, at, lie),
    ),
    fc.tuple(string, fc.constantFrom(...NAMES)).map(
      ([at, name]) =>
        (original: string) =>
          put(original, at, `"${name}"`),
    ),
    value.map((at) => (original: string) => put(original, at, "")),
    value.map((at) => (original: string) => put(original, at, original.slice(...at).repeat(2))),
    fc.tuple(value, value).map(
      ([x, y]) =>
        (original: string) =>
          put(original, x, original.slice(...y)),
    ),
    fc.nat(text.length).map((at) => (original: string) => original.slice(0, at)),
    fc.tuple(fc.nat(Math.max(0, text.length - 1)), fc.integer({ min: 0, max: 0xffff })).map(
      ([at, unit]) =>
        (original: string) =>
          put(original, [at, at + 1], String.fromCharCode(unit)),
    ),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((changed, apply) => apply(changed), text));
}

/**
 * Number of runs of a property, and its seed: a fixed one, so that a failure is repeatable. `FUZZ=10` in the
 * environment runs ten times as many, from a fresh seed, which a failure names.
 */
export function fuzzing(numRuns: number): { readonly numRuns: number; readonly seed?: number } {
  const factor = Number(process.env.FUZZ ?? 1);
  return factor === 1 ? { numRuns, seed: 20260211 } : { numRuns: Math.ceil(numRuns * factor) };
}

/**
 * The error of a refused action: a MicrogptError, in one line that fits on a screen. Throws any other; undefined if it
 * succeeds.
 */
export function refusalOf(action: () => unknown): MicrogptError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (!(error instanceof MicrogptError)) throw new Error(`not a MicrogptError but ${error}`, { cause: error });
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(error.message)) throw new Error(`more than a line: ${error.message}`);
    if (error.message.length > MAX_MESSAGE) throw new Error(`a message of ${error.message.length} characters`);
    return error;
  }
}

const MAX_MESSAGE = 600;
