import { BPETokenizer, ByteTokenizer, CharTokenizer, MicrogptError, type Tokenizer } from "microgpt";

/** A tokenizer as `standalone-gpt.js` reads it. */
export interface PageTokenizer {
  readonly kind: "char" | "byte" | "bpe";
  readonly bos: number;
  /** By id: a character, or bytes as the characters U+0000 to U+00FF; "" is BOS. */
  readonly tokens: readonly string[];
  /** For bpe: the pattern that splits text into words, and the pairs that become one token, in merge order. */
  readonly pattern?: BPETokenizer["pattern"];
  readonly merges?: BPETokenizer["merges"];
}

/** Errors: a tokenizer of another kind than the library's. */
export function pageTokenizer(tokenizer: Tokenizer): PageTokenizer {
  const { bos } = tokenizer;
  if (tokenizer instanceof CharTokenizer) return { kind: "char", bos, tokens: [...tokenizer.chars, ""] };
  if (tokenizer instanceof ByteTokenizer) {
    return { kind: "byte", bos, tokens: spelled(tokenizer.vocabSize, (id) => tokenizer.decodeBytes([id])) };
  }
  if (tokenizer instanceof BPETokenizer) {
    const { pattern, merges } = tokenizer;
    return {
      kind: "bpe",
      bos,
      tokens: spelled(tokenizer.vocabSize, (id) => tokenizer.tokenBytes(id)),
      pattern,
      merges,
    };
  }
  throw new MicrogptError({
    code: "tokenizer",
    operation: "page",
    expected: "a character, byte or BPE tokenizer",
    got: "another",
    fix: "use one that fitTokenizer, trainBPE or tokenizerFromJSON made",
  });
}

function spelled(vocabSize: number, bytesOf: (id: number) => Uint8Array): string[] {
  return Array.from({ length: vocabSize }, (_, id) => String.fromCharCode(...bytesOf(id)));
}
