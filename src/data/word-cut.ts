/** Text without a word's end is not held back beyond this many characters. */
const MAX_HELD = 2 ** 16;

const WORD_END = /[\p{L}\p{N}](?=\s)/gu;

/**
 * Where to cut text that goes on, so that its parts have the tokens of the whole: after the last letter or digit that a
 * space follows, where every pattern of byte-level BPE ends a word. 0 to wait for more of it.
 */
export function wordCut(text: string): number {
  // The last one is near the end in all texts but strange ones.
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
