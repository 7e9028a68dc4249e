import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import { toHuggingFace } from "./huggingface-export.ts";

/** Two or more distinct characters from all of Unicode, and texts made of them. */
const alphabets = fc
  .uniqueArray(fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), { minLength: 2, maxLength: 20 })
  .map((chars) => ({ chars, text: fc.array(fc.constantFrom(...chars)).map((picked) => picked.join("")) }));
const tokenizersAndTexts = alphabets.chain(({ chars, text }) =>
  fc.record({ tokenizer: fc.constant(CharTokenizer.fit([chars.join("")])), text }),
);

describe("the vocabulary", () => {
  test.each<[what: string, docs: string[], chars: string[]]>([
    ["each character once, sorted", ["abba", "cab"], ["a", "b", "c"]],
    ["capitals before small letters, letters before accents", ["éaZz"], ["Z", "a", "z", "é"]],
    // JavaScript sorts by UTF-16 units, where an emoji begins with U+D83D and would come first.
    ["by code point, not by UTF-16 unit", ["😀\uFB00"], ["\uFB00", "😀"]],
    ["one for an emoji, one for each part of a joined one", ["👩‍🚀"], ["\u200D", "👩", "🚀"]],
    ["one for each accent that combines", ["e\u0301"], ["e", "\u0301"]],
    ["spaces and control characters like any other", ["a b\tc"], ["\t", " ", "a", "b", "c"]],
  ])("holds %s", (_, docs, chars) => {
    expect(CharTokenizer.fit(docs).chars).toEqual(chars);
  });

  test("numbers them from 0 in that order, with BOS last", () => {
    const tokenizer = CharTokenizer.fit(["abba", "cab"]);
    expect(tokenizer.encode("abc")).toEqual([0, 1, 2]);
    expect(tokenizer.bos).toBe(3);
    expect(tokenizer.vocabSize).toBe(4);
    expect(tokenizer.encodeDocument("cab")).toEqual([3, 2, 0, 1, 3]);
    expect(tokenizer.encodeDocument("")).toEqual([3, 3]);
  });

  test.each<[what: string, docs: string[], got: string]>([
    ["no document", [], "no characters"],
    ["empty documents", ["", ""], "no characters"],
    ["one character", ["aaa", "a"], 'only "a" (U+0061)'],
    ["one emoji", ["😀"], 'only "😀" (U+1F600)'],
  ])("of %s is refused: there is nothing to predict", (_, docs, got) => {
    expect(() => CharTokenizer.fit(docs)).toThrow(MicrogptError);
    expect(() => CharTokenizer.fit(docs)).toThrow(
      `tokenizer: expected documents with at least 2 different characters, got ${got};`,
    );
  });
});

describe("encode and decode", () => {
  test("any text of known characters survives encoding and decoding, one token a character", () => {
    fc.assert(
      fc.property(tokenizersAndTexts, ({ tokenizer, text }) => {
        const ids = tokenizer.encode(text);
        expect(ids).toHaveLength([...text].length);
        expect(tokenizer.decode(ids)).toBe(text);
      }),
    );
  });

  test("encodeInto writes the same ids into an array, starting at an offset", () => {
    fc.assert(
      fc.property(tokenizersAndTexts, ({ tokenizer, text }) => {
        const ids = new Uint16Array(text.length + 2);
        const end = tokenizer.encodeInto(text, ids, 2);
        expect([...ids.subarray(2, end)]).toEqual(tokenizer.encode(text));
      }),
    );
    const ids = new Uint32Array(9);
    const tokenizer = CharTokenizer.fit(["a😀"]);
    expect(() => tokenizer.encodeInto("aé", ids, 0)).toThrow('got "é" (U+00E9);');
    expect(() => tokenizer.encodeInto("a😁", ids, 0)).toThrow('got "😁" (U+1F601);');
  });

  test("any ids survive decoding and encoding, except BOS, which is not a character", () => {
    fc.assert(
      fc.property(tokenizersAndTexts, fc.array(fc.nat()), ({ tokenizer }, numbers) => {
        const ids = numbers.map((n) => n % tokenizer.vocabSize);
        expect(tokenizer.encode(tokenizer.decode(ids))).toEqual(ids.filter((id) => id !== tokenizer.bos));
      }),
    );
  });

  const tokenizer = CharTokenizer.fit(["abc"]);

  test("an emoji is one token", () => {
    const emoji = CharTokenizer.fit(["a😀b"]);
    expect(emoji.encode("😀a")).toEqual([2, 0]);
    expect(emoji.decode([2])).toBe("😀");
  });

  test.each([
    ["x", '"x" (U+0078)'],
    ["A", '"A" (U+0041)'],
    ["ab é", '" " (U+0020)'],
    ["abé", '"é" (U+00E9)'],
    ["😀", '"😀" (U+1F600)'],
    ["a\nb", '"\\n" (U+000A)'],
  ])("an unknown character is named with its code point: %j", (text, got) => {
    expect(() => tokenizer.encode(text)).toThrow(MicrogptError);
    expect(() => tokenizer.encode(text)).toThrow(
      `tokenizer: expected characters that the model was trained on: "abc", got ${got};`,
    );
  });

  test("for a large vocabulary the message shows the first 40 characters", () => {
    const large = CharTokenizer.fit([String.fromCodePoint(...Array.from({ length: 100 }, (_, i) => 0x1f300 + i))]);
    const first40 = large.chars.slice(0, 40).join("");
    expect(() => large.encode("x")).toThrow(`trained on: "${first40}…", got "x" (U+0078);`);
  });

  test.each([-1, 4, 0.5, Number.NaN])("the id %d is refused", (id) => {
    expect(() => tokenizer.decode([0, id])).toThrow(MicrogptError);
    expect(() => tokenizer.decode([0, id])).toThrow(`tokenizer: expected ids from 0 to 3, got ${id};`);
  });
});

describe("row 18: half of a surrogate pair is U+FFFD, so that every other program can read the vocabulary", () => {
  // Similar cases: high and low halves, at the end, before and after whole pairs, in the wrong order.
  test.each([
    ["a\ud83d", "a\uFFFD"],
    ["\ude00b", "\uFFFDb"],
    ["\ud83d\ud83d\ude00", "\uFFFD😀"],
    ["😀\ude00\ud83d", "😀\uFFFD\uFFFD"],
  ])("%j", (text, whole) => {
    const tokenizer = CharTokenizer.fit([text]);
    expect(tokenizer.chars).toEqual(CharTokenizer.fit([whole]).chars);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(whole);
    const ids = new Uint16Array(text.length);
    expect([...ids.subarray(0, tokenizer.encodeInto(text, ids, 0))]).toEqual(tokenizer.encode(text));
  });

  test("U+FFFD is refused if the model has never seen it", () => {
    expect(() => CharTokenizer.fit(["ab"]).encode("a\ud83d")).toThrow('got "\\ud83d" (U+D83D); leave it out');
  });

  test("a token for half of a pair, in a model of 0.4, keeps its id and is exported by its number", () => {
    const old = CharTokenizer.fromJSON({ type: "character", chars: ["a", "\ud83d"] });
    expect(old.decode(old.encode("a\ud83d"))).toBe("a\ud83d");
    expect(toHuggingFace(old)).toMatchObject({ model: { vocab: { a: 0, "<d83d>": 1, "<|endoftext|>": 2 } } });
  });
});

describe("as JSON", () => {
  test("a tokenizer survives the round trip", () => {
    fc.assert(
      fc.property(tokenizersAndTexts, ({ tokenizer, text }) => {
        const restored = CharTokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer)));
        expect(restored.chars).toEqual(tokenizer.chars);
        expect(restored.bos).toBe(tokenizer.bos);
        expect(restored.encode(text)).toEqual(tokenizer.encode(text));
      }),
    );
  });

  test.each<[what: string, json: unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a number", 5],
    ["a string", "abc"],
    ["a list", ["a", "b"]],
    ["another type", { type: "bpe", chars: ["a", "b"] }],
    ["no type", { chars: ["a", "b"] }],
    ["no characters", { type: "character" }],
    ["characters that are one string", { type: "character", chars: "ab" }],
    ["one character only", { type: "character", chars: ["a"] }],
    ["numbers", { type: "character", chars: [1, 2] }],
    ["an empty string", { type: "character", chars: ["", "a"] }],
    ["two characters in one", { type: "character", chars: ["a", "bc"] }],
    ["the wrong order", { type: "character", chars: ["b", "a"] }],
    ["the order of UTF-16", { type: "character", chars: ["😀", "\uFB00"] }],
    ["one twice", { type: "character", chars: ["a", "a"] }],
  ])("%s is refused", (_, json) => {
    expect(() => CharTokenizer.fromJSON(json)).toThrow(MicrogptError);
    expect(() => CharTokenizer.fromJSON(json)).toThrow(
      /^tokenizer: expected \{"type":"character","chars":\[\.\.\.\]\}/,
    );
  });
});
