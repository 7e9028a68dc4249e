import { checkOneOf, checkTexts } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { trainBPE } from "./bpe-train.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The kinds of tokens: a character, a byte, or a run of bytes that is frequent in the text. */
export const TOKENIZER_KINDS = ["char", "byte", "bpe"] as const;
export type TokenizerKind = (typeof TOKENIZER_KINDS)[number];

export interface FitTokenizerOptions {
  /**
   * For bpe: the maximum number of tokens, at least 258. Default 512. The size of the others follows from their kind.
   */
  readonly vocabSize?: number;
}

/**
 * The tokenizer of that kind for these documents. Errors: text with fewer than two distinct characters, an impossible
 * vocabSize.
 */
export function fitTokenizer(
  kind: TokenizerKind,
  docs: readonly string[],
  { vocabSize }: FitTokenizerOptions = {},
): Tokenizer {
  checkOneOf("tokenizer", "the kind", kind, TOKENIZER_KINDS);
  checkTexts("tokenizer", "documents", docs);
  if (vocabSize !== undefined && kind !== "bpe") {
    throw mistake(
      "conflict",
      "tokenizer",
      `a ${kind} tokenizer without a vocabulary size`,
      show(vocabSize),
      "leave it out, or use bpe",
    );
  }
  return FIT[kind](docs, vocabSize ?? 512);
}

const FIT: { readonly [K in TokenizerKind]: (docs: readonly string[], vocabSize: number) => Tokenizer } = {
  char: (docs) => CharTokenizer.fit(docs),
  byte: () => new ByteTokenizer(),
  bpe: (docs, vocabSize) => trainBPE(docs, { vocabSize }),
};

/** Readers by the type in the JSON. */
const READ: { readonly [type: string]: (json: unknown) => Tokenizer } = {
  character: (json) => CharTokenizer.fromJSON(json),
  byte: (json) => ByteTokenizer.fromJSON(json),
  bpe: (json) => BPETokenizer.fromJSON(json),
};

/** The inverse of a tokenizer's `toJSON`. Errors: anything else. */
export function tokenizerFromJSON(json: unknown): Tokenizer {
  const type = typeof json === "object" && json !== null && "type" in json ? json.type : undefined;
  const read = typeof type === "string" && Object.hasOwn(READ, type) ? READ[type] : undefined;
  if (read !== undefined) return read(json);
  throw mistake(
    "tokenizer",
    "tokenizer",
    `"type" to be one of ${Object.keys(READ).join(", ")}`,
    show(type),
    "pass what toJSON returned",
  );
}
