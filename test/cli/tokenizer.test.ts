/** `microgpt tokenizer`: description, splitting, export. */

import { fitTokenizer } from "microgpt";
import { saveTokenizer } from "microgpt/node";
import { beforeAll, describe, expect, test } from "vitest";
import { folderWithNames, recordsOf, TINY } from "../support/cli.ts";

const folder = folderWithNames();
const tokenizer = (...words: string[]): ReturnType<typeof folder.microgpt> => folder.microgpt(["tokenizer", ...words]);

beforeAll(async () => {
  await folder.microgpt(`train names.txt --quiet --out model.safetensors ${TINY}`);
  await saveTokenizer(folder.at("bpe.json"), fitTokenizer("bpe", ["low lower lowest, low 😀"], { vocabSize: 262 }));
  await saveTokenizer(folder.at("byte.json"), fitTokenizer("byte", []));
});

describe("shows", () => {
  test("the newest model's characters", async () => {
    const { code, stdout, stderr } = await tokenizer();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe('model.safetensors\n\n18 tokens, one a character, and BOS (17)\n  "abcehilmnoprstuvy"\n');
  });

  test("the merges and the longest tokens of a tokenizer.json", async () => {
    const { stdout } = await tokenizer("bpe.json");
    expect(stdout).toContain(
      "261 tokens, 256 bytes, 4 merges of bytes within words as GPT-4 has them, and BOS (260)\n",
    );
    expect(stdout).toContain('longest tokens\n     259  " lowe"\n     258  " low"\n     257  "low"\n     256  "lo"\n');
    expect(stdout).toContain('latest merges\n  "l" + "o"\n  "lo" + "w"\n  " " + "low"\n  " low" + "e"\n');
  });

  test("bytes", async () => {
    expect((await tokenizer("byte.json")).stdout).toBe("byte.json\n\n257 tokens, one a byte of UTF-8, and BOS (256)\n");
  });

  test("the split of a text, its ids, parts of a character as bytes", async () => {
    const { stdout } = await tokenizer("bpe.json", "--text", "lowest 😀\n");
    expect(stdout).toBe(
      "low|e|s|t| |<f0>|<9f>|<98>|<80>|\\n\n257 101 115 116 32 240 159 152 128 10\n10 tokens, 12 bytes, 1.20 bytes a token\n",
    );
  });

  test("an empty text", async () => {
    expect((await tokenizer("bpe.json", "--text", "")).stdout).toBe("\n\n0 tokens, 0 bytes\n");
  });

  test("the same as JSON", async () => {
    const { stdout } = await tokenizer("bpe.json", "--text", "low é", "--json", "--out", "out.json");
    expect(recordsOf(stdout)[0]).toMatchObject({
      type: "tokenizer",
      path: "bpe.json",
      kind: "bpe",
      vocabSize: 261,
      bos: 260,
      pattern: "gpt4",
      numMerges: 4,
      bytes: 6,
      tokens: [
        { id: 257, text: "low" },
        { id: 32, text: " " },
        { id: 0xc3, text: "\uFFFD" },
        { id: 0xa9, text: "\uFFFD" },
      ],
    });
    expect(recordsOf(stdout)[1]).toEqual({ type: "saved", path: "out.json" });
  });
});

test("exports a file that it can read again", async () => {
  const { stdout } = await tokenizer("model.safetensors", "--out", "exported.json");
  expect(stdout).toContain("saved exported.json\n");
  expect((await tokenizer("exported.json")).stdout).toContain('18 tokens, one a character, and BOS (17)\n  "abce');
  expect((await tokenizer("exported.json", "--text", "emma")).stdout).toMatch(/^e\|m\|m\|a\n/);
});

describe("refuses", () => {
  test.each([
    ["a file that is not there", ["nowhere.json"], "tokenizer nowhere.json: "],
    ["text", ["names.txt"], "checkpoint names.txt: "],
    ["another JSON", ["package.json"], "tokenizer package.json: expected model in a tokenizer.json to be"],
    [
      "a character that is unknown",
      ["model.safetensors", "--text", "Ω"],
      "tokenizer: expected characters that the model was trained on",
    ],
    ["a place where nothing can be written", ["--out", "nowhere/x.json"], "output nowhere/x.json: "],
  ])("%s", async (_, words, message) => {
    folder.write("package.json", "{}");
    const { code, stdout, stderr } = await tokenizer(...words);
    expect(stdout).toBe("");
    expect(stderr).toContain(`microgpt: ${message}`);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect(code).toBe(1);
  });
});
