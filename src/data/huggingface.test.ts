/** tokenizer.json against Hugging Face's own package: the same ids for the same text, from our files and from others'. */

import { readFileSync } from "node:fs";
import { Tokenizer as PackageTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { trainBPE } from "./bpe-train.ts";
import { BYTE_CHARS } from "./byte-alphabet.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import { toHuggingFace } from "./huggingface-export.ts";
import { fromHuggingFace } from "./huggingface-import.ts";
import type { Tokenizer } from "./tokenizer.ts";

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const corpus: Readonly<Record<string, string>> = {
  names: file("data/ssa-names-2018.txt").slice(0, 30_000),
  prose: file("ARCHITECTURE.md"),
  code: file("src/model/gpt.ts"),
  emoji: "👩‍🚀 fährt 😀😀😀 zum 🏴󠁧󠁢󠁥󠁮󠁧󠁿 Mond 🇩🇪!!",
  "line ends": "one\r\ntwo\r\n\r\n\r\n  three\n\n\tfour \r five  \n \n",
  marks: "e\u0301 n\u0303 Z\u0351\u036b\u0343 cafe\u0301s I'LL it'ſ \u00ad\u200b\u2028x\u0085y\ufeffz",
  Chinese: "臺灣的天氣很熱，我們2024年去日本。カタカナとひらがな、漢字かな交じり文",
  numbers: "1 12 123 1234 12345678 ½ ٣٤٥ Ⅻ 3.14159 1,000,000",
  quirks: " leading and trailing   __proto__ constructor toString it's they'd 'tis 'S",
};
const texts = Object.entries(corpus);
const all = Object.values(corpus);

/** What is done with the file in the world: it is written, read and used. */
const written = (json: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(json));
const packageOf = (json: unknown): PackageTokenizer =>
  new PackageTokenizer(written(json), { clean_up_tokenization_spaces: false });

const kinds: readonly (readonly [name: string, tokenizer: Tokenizer])[] = [
  ["characters", CharTokenizer.fit(all)],
  ["bytes", new ByteTokenizer()],
  ["BPE, GPT-2's words", trainBPE(all, { vocabSize: 900, pattern: "gpt2" })],
  ["BPE, GPT-4's words", trainBPE(all, { vocabSize: 900, pattern: "gpt4" })],
];

describe.each(kinds)("what is exported of %s", (_, tokenizer) => {
  const theirs = packageOf(toHuggingFace(tokenizer));

  test.each(texts)("encodes and decodes %s as we do", (_, text) => {
    const { ids } = theirs.encode(text);
    expect(ids).toEqual(tokenizer.encode(text));
    expect(theirs.decode(ids)).toBe(text);
  });

  test("has BOS as a special token", () => {
    expect(theirs.token_to_id("<|endoftext|>")).toBe(tokenizer.bos);
    expect(theirs.encode("<|endoftext|>").ids).toEqual([tokenizer.bos]);
    expect(theirs.get_vocab().size).toBe(tokenizer.vocabSize);
  });

  test("is imported as what it was", () => {
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

/** A file as GPT-2's is: bytes in the order of the alphabet that shows, then merges, `<|endoftext|>` last. */
function gpt2File(): Record<string, unknown> {
  const { merges } = trainBPE(all, { vocabSize: 700, pattern: "gpt2" });
  const names = [...BYTE_CHARS];
  for (const [left, right] of merges) names.push(`${names[left]}${names[right]}`);
  const visible = [...BYTE_CHARS].sort();
  const tokens = [...visible, ...names.slice(256), "<|endoftext|>"];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [{ id: tokens.length - 1, ...flags, content: "<|endoftext|>" }],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
    post_processor: { type: "ByteLevel", add_prefix_space: true, trim_offsets: false },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
    model: {
      dropout: null,
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => `${names[left]} ${names[right]}`),
    },
  };
}

const split = (regex: string, behavior = "Isolated", invert = false): object => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: regex }, behavior, invert },
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
});
const CL100K =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

describe("what others wrote", () => {
  const gpt2 = gpt2File();
  const pairs = (gpt2.model as { merges: string[] }).merges.map((merge) => merge.split(" "));
  const withBOSFirst = (): Record<string, unknown> => {
    const vocab = Object.keys((gpt2.model as { vocab: object }).vocab).filter((token) => token !== "<|endoftext|>");
    const added = [{ id: 0, content: "<s>", special: true }];
    const model = { type: "BPE", vocab: Object.fromEntries(vocab.map((token, id) => [token, id + 1])), merges: pairs };
    return { ...gpt2, added_tokens: added, model };
  };
  // U+FEFF and U+0085: the package's GPT-2 splits by JavaScript's \s, the original by Unicode's.
  const theirTexts = texts.map(([name, text]) => [name, text.replace(/[\ufeff\u0085ſ]/gu, "")] as const);

  describe.each<[what: string, json: Record<string, unknown>]>([
    ["GPT-2's manner", gpt2],
    ["merges in pairs", { ...gpt2, model: { ...(gpt2.model as object), type: "BPE", merges: pairs } }],
    ["GPT-4's words", { ...gpt2, pre_tokenizer: split(CL100K, "Removed", true) }],
    ["Llama 3's words", { ...gpt2, pre_tokenizer: split(CL100K) }],
    ["BOS first, not in the vocabulary, under another name", withBOSFirst()],
  ])("%s", (_, json) => {
    const ours = fromHuggingFace(written(json));
    const theirs = packageOf(json);

    test.each(theirTexts)("%s has the file's ids", (_, text) => {
      expect(ours.encode(text)).toEqual(theirs.encode(text).ids);
    });

    test("has the file's BOS and size, and survives our own JSON and export", () => {
      expect([ours.bos, ours.vocabSize]).toEqual([
        theirs.get_added_tokens_decoder().keys().next().value,
        theirs.get_vocab().size,
      ]);
      expect(JSON.stringify(BPETokenizer.fromJSON(written(ours)))).toBe(JSON.stringify(ours));
      expect(JSON.stringify(fromHuggingFace(written(toHuggingFace(ours))))).toBe(JSON.stringify(ours));
    });
  });
});

describe("what cannot be done here is refused by its name", () => {
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
    ["byte_fallback", withModel({ byte_fallback: true }), "no model.byte_fallback, got true"],
    ["ignore_merges", withModel({ ignore_merges: true }), "no model.ignore_merges, got true"],
    [
      "a template",
      with_({ post_processor: { type: "TemplateProcessing" } }),
      'no or ByteLevel post_processor, got "TemplateProcessing"',
    ],
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
      "words to be split where there are merges, got use_regex false",
    ],
    ["no BOS", withAdded(), "one added token, a special one, to be BOS, got none"],
    [
      "two special tokens",
      withAdded(bos, { ...bos, content: "<pad>" }),
      'one added token, a special one, to be BOS, got "<s>", "<pad>"',
    ],
    [
      "an added token that is text",
      withAdded({ ...bos, special: false }),
      'one added token, a special one, to be BOS, got "<s>"',
    ],
    ["BOS in the place of another", withAdded(bos), 'each id from 0 to 700 once, got "<s>" as 4'],
    ["an id twice", withModel({ vocab: { a: 0, b: 0 } }), 'model.vocab to have each id from 0 to 2 once, got "b" as 0'],
    ["a gap", withAdded({ ...bos, id: 5000 }), 'each id from 0 to 700 once, got "<s>" as 5000'],
    ["an id that is none", withModel({ vocab: { a: "0" } }), 'once, got "a" as "0"'],
    ["a vocabulary that is a list", withModel({ vocab: ["a"] }), 'model.vocab to be a JSON object, got ["a"]'],
    [
      "merges of what is not there",
      withModel({ merges: ["a 漢"] }),
      'each merge to be of two tokens in model.vocab, got "a 漢"',
    ],
    ["merges of one", withModel({ merges: [["a"]] }), 'each merge to be of two tokens in model.vocab, got ["a"]'],
    ["merges of numbers", withModel({ merges: [5] }), "each merge to be of two tokens in model.vocab, got 5"],
    ["a byte missing", withModel({ vocab: { a: 0, "<|endoftext|>": 1 }, merges: [] }), "once"],
    ["characters with a token for others", charsModel({ unk_token: "a" }), 'no unk_token, got "a"'],
    [
      "characters out of order",
      charsModel({ vocab: { b: 0, a: 1, c: 2, "<|endoftext|>": 3 } }),
      "sorted by code point, got something else",
    ],
    ["merges without words", charsModel({ merges: ["a b"] }), "a pre_tokenizer where there are merges, got none"],
    [
      "bytes out of order",
      { ...bytes, added_tokens: [{ ...bos, id: 257 }] },
      "the 256 bytes in their order and BOS after them, got others",
    ],
  ])("%s", (_, json, complaint) => {
    expect(() => fromHuggingFace(json)).toThrow(MicrogptError);
    expect(() => fromHuggingFace(json)).toThrow(complaint);
    expect(() => fromHuggingFace(json)).toThrow(/^tokenizer\.json: .*; microgpt reads byte-level BPE in the manner of/);
  });

  test("a tokenizer that is none of ours is not exported", () => {
    const { vocabSize, bos, ...rest } = { ...new ByteTokenizer() };
    const other = { vocabSize, bos, ...rest } as Tokenizer;
    expect(() => toHuggingFace(other)).toThrow(
      "tokenizer.json: expected a character, byte or BPE tokenizer, got another;",
    );
  });
});
