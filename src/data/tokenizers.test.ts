/** One suite for every kind of tokenizer. Features of a single kind are tested in its own file. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { trainBPE } from "./bpe-train.ts";
import { spellBytes } from "./byte-alphabet.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { fitTokenizer, TOKENIZER_KINDS, tokenizerFromJSON } from "./tokenizers.ts";

const TEXT = "the cat that sat on the mat; THAT's 1234 mats,\r\n\tnaïve e\u0301 漢字 漢字 😀😀 \uFEFF";
const CHARS = [...new Set(TEXT)];

/** Ids in the opposite order: BOS is 0, the byte 0x00 the last. */
function backwards(): Tokenizer {
  const tokenizer = trainBPE([TEXT], { vocabSize: 300 });
  const last = tokenizer.vocabSize - 1;
  const vocab = Array.from({ length: last + 1 }, (_, id) => spellBytes(tokenizer.tokenBytes(last - id)));
  const merges = tokenizer.merges.map(([left, right]) => [last - left, last - right]);
  return tokenizerFromJSON({ type: "bpe", pattern: "gpt2", merges, vocab });
}

const anyText = fc.string({ unit: "binary" });
const ofItsText = fc.array(fc.constantFrom(...CHARS)).map((chars) => chars.join(""));

const tokenizers: readonly (readonly [name: string, tokenizer: Tokenizer, spellable: fc.Arbitrary<string>])[] = [
  ["characters", CharTokenizer.fit([TEXT]), ofItsText],
  ["bytes", new ByteTokenizer(), fc.oneof(anyText, ofItsText)],
  ["BPE, GPT-2's words", trainBPE([TEXT], { vocabSize: 300, pattern: "gpt2" }), fc.oneof(anyText, ofItsText)],
  ["BPE, GPT-4's words", trainBPE([TEXT], { vocabSize: 300, pattern: "gpt4" }), fc.oneof(anyText, ofItsText)],
  ["BPE with ids of its own", backwards(), fc.oneof(anyText, ofItsText)],
];

describe.each(tokenizers)("%s", (_, tokenizer, spellable) => {
  const { vocabSize, bos } = tokenizer;
  const anyIds = fc.array(fc.nat({ max: vocabSize - 1 }));

  test("any text survives encoding and decoding, with ids of the vocabulary other than BOS", () => {
    fc.assert(
      fc.property(spellable, (text) => {
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < vocabSize && id !== bos)).toBe(true);
      }),
    );
  });

  test("a document is BOS, its tokens, BOS, and decoding skips BOS", () => {
    fc.assert(
      fc.property(spellable, (text) => {
        const document = tokenizer.encodeDocument(text);
        expect(document).toEqual([bos, ...tokenizer.encode(text), bos]);
        expect(tokenizer.decode(document)).toBe(text);
      }),
    );
  });

  test("the pieces of a stream, its end included, are the text of any ids", () => {
    fc.assert(
      fc.property(anyIds, (ids) => {
        const stream = tokenizer.stream();
        const pieces = ids.map((id) => stream.push(id));
        expect(pieces.join("") + stream.end()).toBe(tokenizer.decode(ids));
      }),
    );
  });

  test("a stream of a text never splits a character", () => {
    fc.assert(
      fc.property(spellable, (text) => {
        const stream = tokenizer.stream();
        const pieces = tokenizer.encode(text).map((id) => stream.push(id));
        expect(pieces.join("")).toBe(text);
        if (!text.includes("\uFFFD")) expect(pieces.every((piece) => !piece.includes("\uFFFD"))).toBe(true);
        expect(stream.end()).toBe("");
      }),
    );
  });

  test("survives the way through JSON", () => {
    const text = JSON.stringify(tokenizer);
    const restored = tokenizerFromJSON(JSON.parse(text));
    expect(JSON.stringify(restored)).toBe(text);
    expect([restored.vocabSize, restored.bos]).toEqual([vocabSize, bos]);
    fc.assert(
      fc.property(spellable, (text) => {
        expect(restored.encode(text)).toEqual(tokenizer.encode(text));
      }),
    );
  });

  test.each([-1, vocabSize, 0.5, Number.NaN])("the id %d is refused", (id) => {
    const complaint = `tokenizer: expected ids from 0 to ${vocabSize - 1}, got ${id};`;
    expect(() => tokenizer.decode([0, id])).toThrow(MicrogptError);
    expect(() => tokenizer.decode([0, id])).toThrow(complaint);
    expect(() => tokenizer.stream().push(id)).toThrow(complaint);
  });
});

describe("fitTokenizer", () => {
  test("covers each kind", () => {
    const types = TOKENIZER_KINDS.map((kind) => fitTokenizer(kind, [TEXT]).toJSON().type);
    expect(types).toEqual(["character", "byte", "bpe"]);
  });

  test("gives a BPE the requested size, 512 by default", () => {
    const docs = [Array.from({ length: 2000 }, (_, i) => (i * i).toString(36)).join(" ")];
    expect(fitTokenizer("bpe", docs, { vocabSize: 300 }).vocabSize).toBe(300);
    expect(fitTokenizer("bpe", docs).vocabSize).toBe(512);
  });

  test.each(["char", "byte"] as const)("a %s tokenizer has no size to choose", (kind) => {
    expect(() => fitTokenizer(kind, [TEXT], { vocabSize: 300 })).toThrow(
      `tokenizer: expected a ${kind} tokenizer without a vocabulary size, got 300; leave it out, or use bpe`,
    );
  });
});

test.each([[undefined], [null], [5], ["byte"], [[]], [{}], [{ type: "word" }], [{ type: "toString" }], [{ type: 1 }]])(
  "%j is not a tokenizer",
  (json) => {
    expect(() => tokenizerFromJSON(json)).toThrow(MicrogptError);
    expect(() => tokenizerFromJSON(json)).toThrow('tokenizer: expected "type" to be one of character, byte, bpe, got');
  },
);
