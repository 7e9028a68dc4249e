/** tokenizer.json against Hugging Face's own package: same text, same ids; unsupported features are refused. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { trainBPE } from "./bpe-train.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import { toHuggingFace } from "./huggingface-export.ts";
import { fromHuggingFace } from "./huggingface-import.ts";
import { all, CL100K, gpt2File, packageOf, split, texts, written } from "./huggingface-testing.ts";
import type { Tokenizer } from "./tokenizer.ts";

const kinds: readonly (readonly [name: string, tokenizer: Tokenizer])[] = [
  ["characters", CharTokenizer.fit(all)],
  ["bytes", new ByteTokenizer()],
  ["BPE, GPT-2's words", trainBPE(all, { vocabSize: 900, pattern: "gpt2" })],
  ["BPE, GPT-4's words", trainBPE(all, { vocabSize: 900, pattern: "gpt4" })],
];

describe.each(kinds)("the export of %s", (_, tokenizer) => {
  const theirs = packageOf(toHuggingFace(tokenizer));

  test.each(texts)("encodes and decodes %s like the original", (_, text) => {
    const { ids } = theirs.encode(text);
    expect(ids).toEqual(tokenizer.encode(text));
    expect(theirs.decode(ids)).toBe(text);
  });

  test("has BOS as a special token", () => {
    expect(theirs.token_to_id("<|endoftext|>")).toBe(tokenizer.bos);
    expect(theirs.encode("<|endoftext|>").ids).toEqual([tokenizer.bos]);
    expect(theirs.get_vocab().size).toBe(tokenizer.vocabSize);
  });

  test("is imported as the same tokenizer", () => {
    const imported = fromHuggingFace(written(toHuggingFace(tokenizer)));
    expect(imported.constructor).toBe(tokenizer.constructor);
    expect(JSON.stringify(imported)).toBe(JSON.stringify(tokenizer));
  });
});

test.each(kinds.slice(1))("%s: any text of Unicode gets the package's ids", (_, tokenizer) => {
  const theirs = packageOf(toHuggingFace(tokenizer));
  const pieces = fc.oneof(fc.constantFrom(..." \n\r'sa1é"), fc.string({ unit: "binary", minLength: 1, maxLength: 1 }));
  fc.assert(
    fc.property(fc.array(pieces, { minLength: 1 }), (some) => {
      const text = some.join("");
      expect(tokenizer.encode(text)).toEqual(theirs.encode(text).ids);
    }),
  );
});

describe("an unsupported feature is refused by name", () => {
  const base = gpt2File();
  const with_ = (part: object): object => ({ ...base, ...part });
  const withModel = (part: object): object => ({ ...base, model: { ...(base.model as object), ...part } });
  const withAdded = (...added: object[]): object => ({ ...base, added_tokens: added });
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  const chars = written(toHuggingFace(CharTokenizer.fit(["abc"])));
  const charsModel = (part: object): object => ({ ...chars, model: { ...(chars.model as object), ...part } });
  const bytes = written(toHuggingFace(new ByteTokenizer()));
  const bos = { id: 4, content: "<s>", special: true };

  test.each<[what: string, json: unknown, complaint: string]>([
    ["nothing", undefined, "a tokenizer.json to be a JSON object, got undefined"],
    ["a list", [], "a tokenizer.json to be a JSON object, got []"],
    ["our own form", { type: "byte" }, "model in a tokenizer.json to be a JSON object, got undefined"],
    ["WordPiece", withModel({ type: "WordPiece" }), 'a model of type BPE, got "WordPiece"'],
    ["Unigram, unnamed", withModel({ merges: undefined }), "a model of type BPE, got undefined"],
    ["a normalizer", with_({ normalizer: { type: "NFC" } }), 'no normalizer, got "NFC"'],
    ["dropout", withModel({ dropout: 0.1 }), "no model.dropout, got 0.1"],
    [
      "a prefix of subwords",
      withModel({ continuing_subword_prefix: "##" }),
      'no model.continuing_subword_prefix, got "##"',
    ],
    ["a suffix of words", withModel({ end_of_word_suffix: "</w>" }), 'no model.end_of_word_suffix, got "</w>"'],
    ["ignore_merges of no kind", withModel({ ignore_merges: "yes" }), 'ignore_merges to be true or false, got "yes"'],
    [
      "a processor that is not known",
      with_({ post_processor: { type: "Sequence", processors: [{ type: "ByteLevel" }, { type: "Chat" }] } }),
      'a post_processor that only adds special tokens, got "Chat"',
    ],
    [
      "a normalizer in a list",
      with_({ normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }] } }),
      'no normalizer, got "Lowercase"',
    ],
    ["a Sequence without a list", with_({ normalizer: { type: "Sequence" } }), "to list normalizers, got undefined"],
    ["another decoder", with_({ decoder: { type: "Metaspace" } }), 'ByteLevel decoder, got "Metaspace"'],
    [
      "other words",
      with_({ pre_tokenizer: { type: "Whitespace" } }),
      'a pre_tokenizer ByteLevel, or Split and ByteLevel, got "Whitespace"',
    ],
    [
      "three parts",
      with_({ pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Digits" }, {}, byteLevel] } }),
      'Split and ByteLevel, got ["Digits",{},"ByteLevel"]',
    ],
    [
      "an unknown pattern",
      with_({ pre_tokenizer: split("\\w+") }),
      `GPT-2's or GPT-4's pattern in Split, got "\\\\w+"`,
    ],
    [
      "a pattern that is a text",
      with_({
        pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { String: " " } }, byteLevel] },
      }),
      `pattern in Split, got {"String":" "}`,
    ],
    [
      "what it matches taken out",
      with_({ pre_tokenizer: split(CL100K, "Removed") }),
      'Split to keep each match as a word, got {"behavior":"Removed","invert":false}',
    ],
    [
      "two ways to split",
      with_({
        pre_tokenizer: {
          type: "Sequence",
          pretokenizers: [{ type: "Split", pattern: { Regex: CL100K }, behavior: "Isolated" }, byteLevel],
        },
      }),
      "no use_regex in ByteLevel after a Split, got true",
    ],
    [
      "a space before the text",
      with_({ pre_tokenizer: { ...byteLevel, add_prefix_space: true } }),
      "no add_prefix_space in ByteLevel, got true",
    ],
    [
      "merges across words",
      with_({ pre_tokenizer: { ...byteLevel, use_regex: false } }),
      "a pre_tokenizer that splits words, since there are merges, got use_regex false",
    ],
    ["no BOS", withAdded(), "one of <|endoftext|> <|begin_of_text|> <s> <bos> [BOS] <|startoftext|>, got none"],
    [
      "two special tokens of which neither is known as BOS",
      withAdded({ ...bos, id: 900, content: "<x>" }, { ...bos, id: 901, content: "<y>" }),
      'got "<x>", "<y>"',
    ],
    [
      "an added token that is text",
      withAdded(bos, { ...bos, id: 900, content: "  ", special: false }),
      'special added tokens only, got "  "',
    ],
    ["an added token without an id", withAdded({ ...bos, id: undefined }), "an added token with an id and its content"],
    [
      "two names of one id",
      withAdded({ ...bos, id: 900 }, { ...bos, id: 900, content: "<|endoftext|>" }),
      "to have one",
    ],
    ["BOS in the place of another", withAdded(bos), 'each id once in model.vocab, got 4 as "<s>" and "%"'],
    ["an id twice", withModel({ vocab: { a: 0, b: 0 } }), 'each id once in model.vocab, got 0 as "a" and "b"'],
    ["an id of a billion", withAdded({ ...bos, id: 1e9 }), "an added token with an id and its content"],
    [
      "a token of a billion",
      withModel({ vocab: { a: 1e9 } }),
      'ids from 0 to 1048575 in model.vocab, got "a" as 1000000000',
    ],
    ["an id that is none", withModel({ vocab: { a: "0" } }), 'in model.vocab, got "a" as "0"'],
    ["a vocabulary that is a list", withModel({ vocab: ["a"] }), 'model.vocab to be a JSON object, got ["a"]'],
    [
      "merges of what is not there",
      withModel({ merges: ["a 漢"] }),
      'each merge to join two tokens of model.vocab, got "a 漢"',
    ],
    ["merges of one", withModel({ merges: [["a"]] }), 'each merge to join two tokens of model.vocab, got ["a"]'],
    ["merges of numbers", withModel({ merges: [5] }), "each merge to join two tokens of model.vocab, got 5"],
    [
      "a byte missing",
      withModel({ vocab: { a: 0 }, merges: [] }),
      "a token for each of the 256 bytes, got none for byte 0x00",
    ],
    ["characters with a token for others", charsModel({ unk_token: "a" }), 'no unk_token, got "a"'],
    [
      "characters out of order",
      charsModel({ vocab: { b: 0, a: 1, c: 2, "<|endoftext|>": 3 } }),
      "sorted by code point, got something else",
    ],
    ["merges without words", charsModel({ merges: ["a b"] }), "a pre_tokenizer, since there are merges, got none"],
    [
      "bytes out of order",
      { ...bytes, added_tokens: [{ ...bos, id: 257 }] },
      "the 256 bytes in order, then BOS, got other tokens",
    ],
  ])("%s", (_, json, complaint) => {
    expect(() => fromHuggingFace(json)).toThrow(MicrogptError);
    expect(() => fromHuggingFace(json)).toThrow(complaint);
    expect(() => fromHuggingFace(json)).toThrow(/^tokenizer\.json: .*; microgpt reads byte-level BPE like that of/);
  });

  test("a foreign tokenizer is not exported", () => {
    const { vocabSize, bos, ...rest } = { ...new ByteTokenizer() };
    const other = { vocabSize, bos, ...rest } as Tokenizer;
    expect(() => toHuggingFace(other)).toThrow(
      "tokenizer.json: expected a character, byte or BPE tokenizer, got another;",
    );
  });
});
