/** Text without the end of a word is held back for at most this many characters. */
const MAX_HELD = 2 ** 16;

const WORD_END = /[\p{L}\p{N}](?=\s)/gu;

/**
 * The position where text that continues can be cut so that its parts have the same tokens as the whole: after the last
 * letter or digit that a space follows, where every byte-level BPE pattern ends a word. 0 means to wait for more text.
 */
export function wordCut(text: string): number {
  // Except in unusual texts, the last one is near the end.
  for (let window = 256; ; window *= 16) {
    const from = Math.max(0, text.length - window);
    let cut = 0;
    for (const { index, 0: char } of text.slice(from).matchAll(WORD_END)) cut = from + index + char.length;
    if (cut > 0) return cut;
    if (from === 0) break;
    if (window > MAX_HELD) return text.length;
  }
  return text.length > MAX_HELD ? text.length : 0;
}
