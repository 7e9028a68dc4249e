import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { patternOf, SPLIT_PATTERNS, SPLIT_REGEX, type SplitPattern, Splitter } from "./words.ts";

function wordsOf(pattern: SplitPattern, text: string): string[] {
  const words: string[] = [];
  new Splitter(pattern).visit(text, (start, end) => words.push(text.slice(start, end)));
  return words;
}

describe("words", () => {
  test.each<[text: string, gpt2: string[], gpt4: string[]]>([
    ["", [], []],
    ["to be, or not", ["to", " be", ",", " or", " not"], ["to", " be", ",", " or", " not"]],
    ["I'll don't WE'VE", ["I", "'ll", " don", "'t", " WE", "'", "VE"], ["I", "'ll", " don", "'t", " WE", "'VE"]],
    ["in 12345 days", ["in", " 12345", " days"], ["in", " ", "123", "45", " days"]],
    ["if (x)\n  y", ["if", " (", "x", ")", "\n ", " y"], ["if", " (", "x", ")\n", " ", " y"]],
    ["a\r\n\r\n\tb", ["a", "\r\n\r\n", "\t", "b"], ["a", "\r\n\r\n", "\tb"]],
    ["f(x_y)", ["f", "(", "x", "_", "y", ")"], ["f", "(x", "_y", ")"]],
    ["  a   ", [" ", " a", "   "], [" ", " a", "   "]],
    ["é 漢字かな😀", ["é", " 漢字かな", "😀"], ["é", " 漢字かな", "😀"]],
    // A combining accent is not a letter; the long s of old prints is one.
    ["e\u0301a 'ſ", ["e", "\u0301", "a", " '", "ſ"], ["e", "\u0301a", " '", "ſ"]],
    ["it'ſ", ["it", "'", "ſ"], ["it", "'ſ"]],
    // Unicode's White_Space differs from JavaScript's \s: it includes U+0085 and excludes U+FEFF.
    ["a\u0085b\uFEFF!", ["a", "\u0085", "b", "\uFEFF!"], ["a", "\u0085b", "\uFEFF!"]],
  ])("of %j", (text, gpt2, gpt4) => {
    expect(wordsOf("gpt2", text)).toEqual(gpt2);
    expect(wordsOf("gpt4", text)).toEqual(gpt4);
  });

  test.each(SPLIT_PATTERNS)("by %s: cover any text, overlap nowhere, are never empty", (pattern) => {
    const pieces = fc.oneof(fc.constantFrom(..."a1 '\n\r.é漢"), fc.string({ unit: "binary", maxLength: 1 }));
    fc.assert(
      fc.property(fc.array(pieces), (some) => {
        const words = wordsOf(pattern, some.join(""));
        expect(words.join("")).toBe(some.join(""));
        expect(words).not.toContain("");
      }),
    );
  });

  test("a run of millions of letters is cut between characters", () => {
    const run = "x".concat("𝒜".repeat(4_400_000));
    let [end, cuts] = [0, 0];
    new Splitter("gpt4").visit(run, (from, to) => {
      expect(from).toBe(end);
      expect(run.codePointAt(to - 1)).not.toBe(0x1d49c);
      end = to;
      cuts++;
    });
    expect(end).toBe(run.length);
    expect(cuts).toBeGreaterThan(1);
  });
});

test("a pattern is recognized by its regular expression in a tokenizer.json", () => {
  for (const pattern of SPLIT_PATTERNS) expect(patternOf(SPLIT_REGEX[pattern])).toBe(pattern);
  expect(
    patternOf(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ),
  ).toBe("gpt4");
  expect(patternOf("\\w+")).toBeUndefined();
  expect(patternOf("toString")).toBeUndefined();
});
