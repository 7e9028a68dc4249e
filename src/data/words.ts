/**
 * Words, as byte-level BPE sees them: the pieces of a text within which tokens may be merged. A word keeps the space
 * before it. The two patterns are those of GPT-2 (its encoder.py) and GPT-4 (cl100k_base of tiktoken); each takes
 * every character of any text.
 */
export const SPLIT_PATTERNS = ["gpt2", "gpt4"] as const;
export type SplitPattern = (typeof SPLIT_PATTERNS)[number];

/**
 * As a tokenizer.json has them, to mean the same in every engine: `\s` is Unicode's White_Space, and GPT-4's
 * contractions in either case are written out ("ſ" is a small s), since not every engine can ignore case in a part.
 */
export const SPLIT_REGEX: { readonly [P in SplitPattern]: string } = {
  gpt2: String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  gpt4:
    String.raw`'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|` +
    String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
};

/**
 * The same patterns as others write them: tiktoken's GPT-2, cl100k_base as tokenizer.json files of GPT-4's and Llama 3's
 * kind have it, and as tiktoken has it. (Its latest spelling is not the same: it takes a text's last spaces together.)
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

/** The pattern that a regular expression in a tokenizer.json means, if we have it. */
export function patternOf(regex: string): SplitPattern | undefined {
  return SPELLINGS.get(regex);
}

/** A longest run of letters that every engine's stack can hold. */
const LONGEST = 2 ** 20;

/** Finds words. */
export class Splitter {
  readonly #regex: RegExp;

  constructor(pattern: SplitPattern) {
    // JavaScript's \s takes U+FEFF and leaves U+0085.
    const source = SPLIT_REGEX[pattern].replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}");
    this.#regex = new RegExp(source, "gu");
  }

  /**
   * Visits each word of a text by its bounds. A run of millions of letters without a space, which no regular expression
   * can hold, is cut every 1,048,576 characters.
   */
  visit(text: string, visit: (start: number, end: number) => void): void {
    for (let start = 0; start < text.length; ) {
      const end = this.#end(text, start);
      visit(start, end);
      start = end;
    }
  }

  // test() and lastIndex: several times as quick as matches, each of which is an object and a string.
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
      // Not between the halves of a surrogate pair.
      return (text.codePointAt(end - 1) as number) > 0xffff ? end - 1 : end;
    }
  }
}
