import { mistake } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { BOS_NAME } from "./bpe-vocabulary.ts";
import { BYTE_CHARS, spellBytes } from "./byte-alphabet.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { isHalf } from "./char-set.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { SPLIT_REGEX } from "./words.ts";

/** Maps bytes to characters of the byte alphabet, and back. */
const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };

/**
 * A tokenizer as a Hugging Face tokenizer.json (https://huggingface.co/docs/tokenizers). Texts get the same ids there,
 * with two exceptions: the name of a special token (`<|endoftext|>`) is that token there and ordinary text here, and a
 * character unknown to a character tokenizer is dropped there and refused here. All three kinds become a model of type
 * BPE, bytes and characters one without merges. Errors: any other kind of tokenizer.
 */
export function toHuggingFace(tokenizer: Tokenizer): object {
  const model = modelOf(tokenizer);
  const bpe = tokenizer instanceof BPETokenizer ? tokenizer : undefined;
  const special = bpe?.special ?? [[tokenizer.bos, BOS_NAME] as const];
  const names = new Map(special);
  const vocab = model.tokens.map((token, id): [string, number] => [names.get(id) ?? token, id]);
  const added = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map(([id, content]) => ({ id, content, ...added })),
    normalizer: null,
    pre_tokenizer: model.preTokenizer,
    post_processor: null,
    decoder: tokenizer instanceof CharTokenizer ? { type: "Fuse" } : BYTE_LEVEL,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: bpe?.ignoreMerges ?? false,
      // An id without a name or text is a hole, as in GPT-4's files.
      vocab: Object.fromEntries(vocab.filter(([token]) => token !== "")),
      merges: model.merges,
    },
  };
}

interface Model {
  readonly preTokenizer: object | null;
  /** By id; empty for ids that no text contains. */
  readonly tokens: readonly string[];
  /** `a b`, which every version of the format knows; tokens contain no spaces. */
  readonly merges: readonly string[];
}

function modelOf(tokenizer: Tokenizer): Model {
  if (tokenizer instanceof CharTokenizer) {
    return { preTokenizer: null, tokens: [...tokenizer.chars.map(readable), ""], merges: [] };
  }
  if (tokenizer instanceof ByteTokenizer) {
    return { preTokenizer: BYTE_LEVEL, tokens: [...BYTE_CHARS, ""], merges: [] };
  }
  if (tokenizer instanceof BPETokenizer) {
    const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => spellBytes(tokenizer.tokenBytes(id)));
    const split = {
      type: "Split",
      pattern: { Regex: SPLIT_REGEX[tokenizer.pattern] },
      behavior: "Isolated",
      invert: false,
    };
    return {
      preTokenizer: { type: "Sequence", pretokenizers: [split, BYTE_LEVEL] },
      tokens,
      merges: tokenizer.merges.map(([left, right]) => `${tokens[left]} ${tokens[right]}`),
    };
  }
  throw mistake(
    "tokenizer",
    "tokenizer.json",
    "a character, byte or BPE tokenizer",
    "another",
    "use one that fitTokenizer, trainBPE or tokenizerFromJSON made",
  );
}

/**
 * Half of a surrogate pair, which a model of 0.4 may have as a token, is spelled by its number, because UTF-8 cannot
 * encode it.
 */
function readable(char: string): string {
  const point = char.charCodeAt(0);
  return char.length === 1 && isHalf(point) ? `<${point.toString(16)}>` : char;
}
