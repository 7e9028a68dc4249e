import { describe, expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { tokensOf } from "../data/tokens.ts";
import { MicrogptError } from "../util/errors.ts";
import { preparedData, tokenize, trainTokensOf } from "./training-data.ts";

const names = Array.from({ length: 200 }, (_, i) => `name${i}`);
const prose = Array.from({ length: 100 }, (_, i) => `Line ${i} of some prose.\n`).join("");

describe("documents", () => {
  test("are all learned by default", () => {
    const data = tokenize({ name: "names", docs: names });
    expect(data).toMatchObject({ mode: "documents", train: names, val: [] });
    expect(data.bytesPerToken).toBeNaN();
  });

  test("are on one side each, equal ones on the same", () => {
    const data = tokenize({ name: "names", docs: [...names, ...names] }, { valFraction: 0.1 });
    if (data.mode !== "documents") throw new Error("documents expected");
    expect(data.train.length + data.val.length).toBe(400);
    expect(data.val.length).toBeGreaterThan(10);
    expect(data.val.length).toBeLessThan(80);
    const learned = new Set(data.train);
    expect(data.val.filter((doc) => learned.has(doc))).toEqual([]);
  });

  test.each([
    ["one", ["only"]],
    ["equal ones", ["same", "same", "same"]],
  ])("%s cannot be split", (_, docs) => {
    expect(() => tokenize({ name: "x", docs }, { valFraction: 0.1 })).toThrow(MicrogptError);
  });

  test("every character has its token, even one that is only held out", () => {
    const docs = names.map((name, i) => name + String.fromCodePoint(0x100 + i));
    const { tokenizer } = tokenize({ name: "x", docs }, { valFraction: 0.5 });
    expect(() => docs.map((doc) => tokenizer.encode(doc))).not.toThrow();
  });

  test("a byte for each character and one for the line end: one byte a token", () => {
    expect(tokenize({ name: "x", docs: names }, { valFraction: 0.1 }).bytesPerToken).toBe(1);
  });
});

describe("running text", () => {
  const data = tokenize({ name: "prose", mode: "stream", docs: [prose] }, { valFraction: 0.1 });

  test("is learned from its beginning; its tail is held out, and together they are the text", () => {
    if (data.mode !== "stream") throw new Error("running text expected");
    const text = (part: typeof data.train): string =>
      data.tokenizer.decode(Array.from(part.read(0, part.length))).replaceAll("\u0000", "");
    expect(text(data.train) + text(data.val)).toBe(prose);
    expect(text(data.val).length / prose.length).toBeCloseTo(0.1, 1);
  });

  test("has BOS before, between and after its texts", () => {
    const two = tokenize({ name: "x", mode: "stream", docs: ["ab", "ba"] });
    expect(Array.from(two.mode === "stream" ? two.train.read(0, two.train.length) : [])).toEqual([2, 0, 1, 2, 1, 0, 2]);
  });

  test("too little of it is refused", () => {
    expect(() => tokenize({ name: "x", mode: "stream", docs: ["ab"] }, { valFraction: 0.9 })).not.toThrow();
    expect(() => tokenize({ name: "x", mode: "stream", docs: [] }, { tokenizer: CharTokenizer.fit(["ab"]) })).toThrow(
      "running text",
    );
  });

  test("a large vocabulary has tokens of 32 bits", () => {
    const many = Array.from({ length: 70_000 }, (_, i) => String.fromCodePoint(0x10000 + i)).join("");
    const { train } = tokenize({ name: "x", mode: "stream", docs: [many] }) as Extract<typeof data, { mode: "stream" }>;
    expect(train.read(train.length - 2, 1)[0]).toBe(69_999);
  });
});

test("the fingerprint distinguishes texts, not their tokenizers", () => {
  const of = (docs: string[]) => tokenize({ name: "x", docs }).fingerprint.crc32;
  expect(of(["ab", "c"])).toBe(of(["ab", "c"]));
  expect(of(["ab", "c"])).not.toBe(of(["ab", "d"]));
});

test("prepared tokens are running text", () => {
  const tokens = tokensOf(Uint16Array.from([0, 1, 0, 1, 2, 0, 1, 0, 1, 2]));
  const part = { train: tokens, val: tokens, trainBytes: 20, valBytes: 15 };
  const data = preparedData({ name: "folder", ...part, crc32: "00c0ffee" }, CharTokenizer.fit(["ab"]));
  expect(data).toMatchObject({ mode: "stream", bytesPerToken: 1.5 });
  expect(data.fingerprint).toEqual({ name: "folder", mode: "stream", numDocs: 1, crc32: "00c0ffee", valFraction: 0.5 });
  expect(trainTokensOf(data)).toBe(10);
});

test.each([[-0.1], [1], [Number.NaN]])("a val_fraction of %d is refused", (valFraction) => {
  expect(() => tokenize({ name: "x", docs: names }, { valFraction })).toThrow("valFraction");
});
