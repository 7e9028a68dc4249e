/**
 * The words of byte-level BPE: pieces of a text within which tokens may be merged. A word includes the space before it.
 * The two patterns are those of GPT-2 (its encoder.py) and GPT-4 (cl100k_base of tiktoken); each covers every character
 * of any text.
 */
export const SPLIT_PATTERNS = ["gpt2", "gpt4"] as const;
export type SplitPattern = (typeof SPLIT_PATTERNS)[number];

/**
 * As in a tokenizer.json, so that they mean the same in every engine: `\s` is Unicode's White_Space, and GPT-4's
 * contractions are written out in both cases ("ſ" is a small s), since some engines cannot ignore case in part of a
 * pattern.
 */
export const SPLIT_REGEX: { readonly [P in SplitPattern]: string } = {
  gpt2: String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  gpt4:
    String.raw`'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|` +
    String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
};

/**
 * Other spellings of the same patterns: tiktoken's GPT-2, and cl100k_base as in tokenizer.json files like GPT-4's and
 * Llama 3's and as in tiktoken. (Tiktoken's latest spelling differs: it joins the last spaces of a text.)
 */
const SPELLINGS: ReadonlyMap<string, SplitPattern> = new Map([
  [SPLIT_REGEX.gpt2, "gpt2"],
  [String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, "gpt2"],
  [SPLIT_REGEX.gpt4, "gpt4"],
  [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|` +
      String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    "gpt4",
  ],
  [
    String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}|` +
      String.raw` ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
    "gpt4",
  ],
]);

/** The pattern of a regular expression in a tokenizer.json, if we have it. */
export function patternOf(regex: string): SplitPattern | undefined {
  return SPELLINGS.get(regex);
}

/** The longest run of letters that fits on every engine's stack. */
const LONGEST = 2 ** 20;

/** Splits text into words. */
export class Splitter {
  readonly #regex: RegExp;

  constructor(pattern: SplitPattern) {
    // JavaScript's \s includes U+FEFF and excludes U+0085.
    const source = SPLIT_REGEX[pattern].replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}");
    this.#regex = new RegExp(source, "gu");
  }

  /**
   * Calls `visit` with the bounds of each word. A run of letters without a space, which could overflow a regular
   * expression, is cut every 1,048,576 characters.
   */
  visit(text: string, visit: (start: number, end: number) => void): void {
    for (let start = 0; start < text.length; ) {
      const end = this.#end(text, start);
      visit(start, end);
      start = end;
    }
  }

  // test() with lastIndex is several times as fast as match(), which allocates an object and a string.
  #end(text: string, start: number): number {
    this.#regex.lastIndex = start;
    try {
      this.#regex.test(text);
      return this.#regex.lastIndex;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#regex.lastIndex = 0;
      this.#regex.test(text.slice(start, start + LONGEST));
      const end = start + this.#regex.lastIndex;
      // Does not split a surrogate pair.
      return (text.codePointAt(end - 1) as number) > 0xffff ? end - 1 : end;
    }
  }
}
