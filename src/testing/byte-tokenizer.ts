import type { TextStream, Tokenizer } from "../data/tokenizer.ts";

/** The 256 bytes and BOS: a character of UTF-8 takes up to four of its tokens. */
export const bytes: Tokenizer = {
  vocabSize: 257,
  bos: 256,
  encode: (text) => [...new TextEncoder().encode(text)],
  encodeDocument: (doc) => [256, ...new TextEncoder().encode(doc), 256],
  decode: (ids) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(without(256, ids))),
  stream: (): TextStream => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return {
      push: (id) => decoder.decode(Uint8Array.from(without(256, [id])), { stream: true }),
      end: () => decoder.decode(),
    };
  },
  toJSON: () => ({ type: "test" }),
};

function without(id: number, ids: Iterable<number>): number[] {
  return [...ids].filter((other) => other !== id);
}
