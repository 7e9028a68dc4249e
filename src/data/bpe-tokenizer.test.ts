import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { BYTE_CHARS } from "./byte-alphabet.ts";

const plain = {
  type: "bpe",
  pattern: "gpt4",
  merges: [
    [0x61, 0x62],
    [256, 0x63],
  ],
};
const [, bytes] = ["", [...BYTE_CHARS]];
const listed = {
  ...plain,
  vocab: ["", ...bytes, "abc", "ab"],
  merges: [
    [0x62, 0x63],
    [258, 0x64],
  ],
};

describe("ids", () => {
  test("are bytes, then merges, then BOS", () => {
    const tokenizer = BPETokenizer.fromJSON(plain);
    expect(tokenizer.encode("ab abc cab")).toEqual([256, 0x20, 257, 0x20, 0x63, 256]);
    expect([tokenizer.bos, tokenizer.vocabSize]).toEqual([258, 259]);
  });

  test("are those of a listed vocabulary", () => {
    const tokenizer = BPETokenizer.fromJSON(listed);
    expect(tokenizer.encode("ab abc cab")).toEqual([258, 0x21, 257, 0x21, 0x64, 258]);
    expect([tokenizer.bos, tokenizer.vocabSize]).toEqual([0, 259]);
    expect(tokenizer.toJSON()).toEqual(listed);
  });

  test("a list in the usual order is left out", () => {
    const vocab = [...bytes, "ab", "abc", ""];
    expect(BPETokenizer.fromJSON({ ...plain, vocab }).toJSON()).toEqual(plain);
  });

  test("of a character that takes several tokens come with the last one", () => {
    const stream = BPETokenizer.fromJSON(plain).stream();
    expect([0xf0, 0x9f, 0x98, 0x80, 256].map((id) => stream.push(id))).toEqual(["", "", "", "😀", "ab"]);
    stream.push(0xf0);
    expect(stream.end()).toBe("\uFFFD");
  });

  test("stay the same after more or longer words than the cache holds", () => {
    const tokenizer = BPETokenizer.fromJSON(plain);
    const text = Array.from({ length: 150_000 }, (_, i) => `ab${i.toString(3).replaceAll("0", "abc")}`).join("\n");
    const ids = tokenizer.encode(text);
    expect(tokenizer.decode(ids) === text).toBe(true);
    const tail = text.slice(-1000);
    expect(tokenizer.encode(tail)).toEqual(BPETokenizer.fromJSON(plain).encode(tail));
  });
});

describe("JSON that no tokenizer wrote is refused", () => {
  test.each<[what: string, json: unknown, complaint: RegExp]>([
    ["null", null, /expected \{"type":"bpe"/],
    ["another type", { ...plain, type: "byte" }, /expected \{"type":"bpe"/],
    ["an unknown pattern", { ...plain, pattern: "gpt5" }, /"pattern":"gpt2" or "gpt4"/],
    ["no merges", { ...plain, merges: undefined }, /expected \{"type":"bpe"/],
    ["a merge that is a text", { ...plain, merges: ["a b"] }, /expected merge 0 to be two ids, got "a b";/],
    ["a merge of three", { ...plain, merges: [[1, 2, 3]] }, /expected merge 0 to be two ids, got \[1,2,3\];/],
    ["a merge of fractions", { ...plain, merges: [[1, 2.5]] }, /expected merge 0 to be two ids/],
    ["a negative id", { ...plain, merges: [[1, -2]] }, /expected merge 0 to be two ids/],
    [
      "a token from the future",
      {
        ...plain,
        merges: [
          [1, 2],
          [1, 257],
        ],
      },
      /merge 1 to join earlier tokens, 0 to 256, got \[1,257\];/,
    ],
    [
      "the same merge twice",
      {
        ...plain,
        merges: [
          [1, 2],
          [1, 2],
        ],
      },
      /expected distinct tokens/,
    ],
    [
      "two ways to one token",
      {
        ...plain,
        merges: [
          [1, 2],
          [2, 3],
          [1, 257],
          [256, 3],
        ],
      },
      /expected distinct tokens/,
    ],
    [
      "tokens that double",
      { ...plain, merges: [[0, 0], ...Array.from({ length: 40 }, (_, k) => [256 + k, 256 + k])] },
      /expected tokens of at most 1024 bytes, got one of 2048 from merge 10;/,
    ],
    ["a vocabulary that is no list", { ...listed, vocab: {} }, /expected vocab to be a list of tokens/],
    [
      "a token that is no text",
      { ...listed, vocab: [5] },
      /expected token 0 to be at most 1024 characters of GPT-2's byte alphabet, got 5;/,
    ],
    ["a token of other characters", { ...listed, vocab: ["漢"] }, /expected token 0 to be at most/],
    ["a token that is too long", { ...listed, vocab: ["a".repeat(1025)] }, /expected token 0 to be at most/],
    ["no BOS", { ...listed, vocab: bytes }, /expected one token that is BOS, "", got none;/],
    ["BOS twice", { ...listed, vocab: ["", "", ...bytes] }, /expected distinct tokens, got "" as 0 and as 1;/],
    [
      "BOS by its name",
      { ...listed, vocab: ["", ...bytes, "<|endoftext|>"] },
      /expected special tokens to have names of their own/,
    ],
    [
      "a byte too few",
      { ...listed, vocab: ["", ...bytes.filter((char) => char !== "b")] },
      /each of the 256 bytes, got none for byte 0x62;/,
    ],
    ["a merge of BOS", { ...listed, merges: [[0, 5]] }, /expected merge 0 to join two tokens of text, got \[0,5\];/],
    [
      "a merge of a token that is not there",
      { ...listed, merges: [[5, 259]] },
      /expected merge 0 to join two tokens of text/,
    ],
    [
      "a merge that makes no token",
      { ...listed, merges: [[0x62, 0x65]] },
      /expected a token for the result of merge 0, got none for "ad";/,
    ],
    [
      "a listed merge twice",
      {
        ...listed,
        merges: [
          [0x62, 0x63],
          [0x62, 0x63],
        ],
      },
      /expected distinct merges, got \[98,99\] twice;/,
    ],
  ])("%s", (_, json, complaint) => {
    expect(() => BPETokenizer.fromJSON(json)).toThrow(MicrogptError);
    expect(() => BPETokenizer.fromJSON(json)).toThrow(complaint);
  });
});
