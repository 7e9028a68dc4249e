/** Tokens as people read them. */

import { BPETokenizer, ByteTokenizer, type Tokenizer } from "microgpt";

/** All tokens of a vocabulary: their text, with bytes that are none by themselves as `\xE2`; BOS is empty. */
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

/** What is whole characters, and the bytes beside them. */
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
