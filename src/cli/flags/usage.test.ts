import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../../util/errors.ts";
import { among, anySeed, atLeast, fraction, numberFromZero, positiveNumber } from "./row.ts";
import { normalizeFlags, parserOf, UsageError } from "./usage.ts";

describe("normalizeFlags", () => {
  test.each<[what: string, typed: string, meant: string]>([
    ["nanoGPT's spelling", "--n_layer 2", "--n_layer 2"],
    ["the usual spelling", "--n-layer 2", "--n_layer 2"],
    ["a value after =", "--n-layer=2", "--n_layer=2"],
    ["a value after = as it is", "--out=my-model--n-layer=3", "--out=my-model--n-layer=3"],
    ["a mixed spelling", "--max-new_tokens 3", "--max_new_tokens 3"],
    ["a value that begins with a dash", "--seed -5", "--seed -5"],
    ["short flags and standard input", "-h -V -", "-h -V -"],
    ["words that are no flags", "train my-own-lines.txt", "train my-own-lines.txt"],
    ["words after --", "--n-layer 2 -- --n-layer --max-iters", "--n_layer 2 -- --n-layer --max-iters"],
  ])("understands %s: %s", (_, typed, meant) => {
    expect(normalizeFlags(typed.split(" "))).toEqual(meant.split(" "));
  });

  test("keeps line ends in a value", () => {
    expect(normalizeFlags(["--start=a\n-b"])).toEqual(["--start=a\n-b"]);
  });

  const words = fc.array(
    fc.oneof(fc.constantFrom("--n-layer", "--n_layer=1", "--max-iters", "--", "-x"), fc.string({ unit: "grapheme" })),
  );

  test("does not change its own result", () => {
    fc.assert(
      fc.property(words, (args) => {
        const once = normalizeFlags(args);
        expect(normalizeFlags(once)).toEqual(once);
      }),
    );
  });

  test("changes no word that does not begin with -- and none after --", () => {
    fc.assert(
      fc.property(words, words, (before, after) => {
        const result = normalizeFlags([...before, "--", ...after]);
        expect(result).toHaveLength(before.length + 1 + after.length);
        expect(result.slice(before.length + 1)).toEqual(after);
        for (const [i, word] of before.entries()) if (!word.startsWith("--")) expect(result[i]).toBe(word);
      }),
    );
  });
});

describe("numbers are read as JavaScript writes them, without guessing", () => {
  const whole = atLeast(1)("--n");
  const integer = anySeed("--n");
  const positive = positiveNumber("--n");
  const fromZero = numberFromZero("--n");
  const part = fraction("--n");
  /** Undefined if the text is refused. */
  type Read = number | undefined;
  const no = undefined;

  test.each<[text: string, whole: Read, integer: Read, positive: Read, fromZero: Read, part: Read]>([
    ["1", 1, 1, 1, 1, no],
    ["0", no, 0, no, 0, 0],
    ["-0.0", no, -0, no, -0, -0],
    ["-5", no, -5, no, no, no],
    ["2.5", no, no, 2.5, 2.5, no],
    [".5", no, no, 0.5, 0.5, 0.5],
    ["1e3", 1000, 1000, 1000, 1000, no],
    ["1e-3", no, no, 1e-3, 1e-3, 1e-3],
    ["0x10", 16, 16, 16, 16, no],
    [" 7 ", 7, 7, 7, 7, no],
    ["", no, no, no, no, no],
    [" ", no, no, no, no, no],
    ["\t\n", no, no, no, no, no],
    ["NaN", no, no, no, no, no],
    ["Infinity", no, no, no, no, no],
    ["1e999", no, no, no, no, no],
    ["1e16", no, no, 1e16, 1e16, no],
    ["ten", no, no, no, no, no],
    ["1_000", no, no, no, no, no],
    ["1,5", no, no, no, no, no],
    ["5 steps", no, no, no, no, no],
  ])("%j", (text, ...expected) => {
    const read = [whole, integer, positive, fromZero, part].map((parse) => {
      try {
        return parse(text, undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
        return undefined;
      }
    });
    expect(read).toEqual(expected);
  });

  test("every whole number is read back as it was written", () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (n) => integer(String(n), undefined) === n));
  });

  const range = "give a number in that range";
  test.each<[parse: typeof part, message: string]>([
    [whole, `usage: expected --n to be a whole number, 1 or more, got "x"; ${range}`],
    [integer, `usage: expected --n to be a whole number, got "x"; ${range}`],
    [positive, `usage: expected --n to be a finite number above 0, got "x"; ${range}`],
    [fromZero, `usage: expected --n to be a finite number, 0 or more, got "x"; ${range}`],
    [part, `usage: expected --n to be at least 0 and below 1, got "x"; ${range}`],
    [among(["a", "b"])("--n"), 'usage: expected --n to be one of a, b, got "x"; pick one of them'],
    [among(["a"], "say a")("--n"), 'usage: expected --n to be one of a, got "x"; say a'],
    [parserOf({ kind: "flag" })("--n"), 'usage: expected --n to be yes or no, got "x"; pick one of them'],
  ])("a value out of range is refused with the range (%#)", (parse, message) => {
    expect(() => parse("x", undefined)).toThrow(message);
  });
});

test("a usage error is a MicrogptError", () => {
  const parse = among(["a", "b"])("--n");
  expect(() => parse("x", undefined)).toThrow(MicrogptError);
  expect(parse("b", undefined)).toBe("b");
});

test.each(["yes", "true", "1", "Yes", "no", "false", "0", "False"])("%s is yes or no", (word) => {
  expect(parserOf({ kind: "flag" })("--n")(word)).toBe(/^(yes|true|1)$/i.test(word));
});
