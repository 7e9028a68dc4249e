/** Describes a tokenizer in words. */

import { BPETokenizer, ByteTokenizer, CharTokenizer, type SplitPattern, type Tokenizer } from "../../index.ts";

const WORDS: { readonly [P in SplitPattern]: string } = { gpt2: "GPT-2", gpt4: "GPT-4" };

/**
 * `512 tokens, 256 bytes, 255 merges of bytes within words as GPT-4 has them, and BOS (511)`; for characters a second
 * line lists them.
 */
export function describeTokenizer(tokenizer: Tokenizer): string {
  const { vocabSize, bos } = tokenizer;
  const chars = tokenizer instanceof CharTokenizer ? `\n  ${JSON.stringify(tokenizer.chars.join(""))}` : "";
  return `${vocabSize.toLocaleString("en")} tokens, ${whatTheyAre(tokenizer)}, and BOS (${bos})${chars}`;
}

function whatTheyAre(tokenizer: Tokenizer): string {
  if (tokenizer instanceof CharTokenizer) return "one a character";
  if (tokenizer instanceof ByteTokenizer) return "one a byte of UTF-8";
  if (!(tokenizer instanceof BPETokenizer)) return `of type ${tokenizer.toJSON().type}`;
  const merges = tokenizer.merges.length.toLocaleString("en");
  return `256 bytes, ${merges} merges of bytes within words as ${WORDS[tokenizer.pattern]} has them`;
}

/** A token's text on one line, escaped as in JSON: `\n`, `<e2 82>` for part of a character, `BOS`. */
export function spell(tokenizer: Tokenizer, id: number): string {
  if (id === tokenizer.bos) return "BOS";
  if (tokenizer instanceof BPETokenizer) {
    const name = tokenizer.special.find(([special]) => special === id)?.[1];
    if (name !== undefined) return name;
  }
  const text = tokenizer.decode([id]);
  if (text.includes("\uFFFD") && (tokenizer instanceof ByteTokenizer || tokenizer instanceof BPETokenizer)) {
    const bytes = tokenizer.decodeBytes([id]);
    if (new TextEncoder().encode(text).join() !== bytes.join()) return `<${hex(bytes)}>`;
  }
  return JSON.stringify(text).slice(1, -1);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
