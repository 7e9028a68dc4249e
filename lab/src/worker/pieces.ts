/** Tokens in readable form. */

import { BPETokenizer, ByteTokenizer, type Tokenizer } from "microgpt";

/** The text of all tokens of a vocabulary, with bytes that are not text by themselves as `\xE2`; BOS is empty. */
export function piecesOf(tokenizer: Tokenizer): string[] {
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => pieceOf(tokenizer, id));
}

function pieceOf(tokenizer: Tokenizer, id: number): string {
  const inBytes = tokenizer instanceof ByteTokenizer || tokenizer instanceof BPETokenizer;
  const text = tokenizer.decode([id]);
  if (inBytes && text.includes("\uFFFD")) return asText(tokenizer.decodeBytes([id]));
  return text.replaceAll(UNSEEN, (char) => escaped(char.charCodeAt(0)));
}

/** Control characters other than tab and line end. */
const UNSEEN = /[^\P{Cc}\t\n]/gu;

/** Whole characters as text, and other bytes as escapes. */
function asText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : escaped(byte))).join(
      "",
    );
  }
}

function escaped(code: number): string {
  return `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
}
