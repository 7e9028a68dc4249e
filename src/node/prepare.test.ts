import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { splitDocuments, splitTail } from "../data/split.ts";
import { splitTexts } from "../data/split-texts.ts";
import type { Tokenizer } from "../data/tokenizer.ts";
import { fitTokenizer } from "../data/tokenizers.ts";
import { crc32, hex32 } from "../util/crc32.ts";
import { MicrogptError } from "../util/errors.ts";
import { loadCorpus } from "./load-corpus.ts";
import { type PrepareOptions, prepare } from "./prepare.ts";
import { loadTokenizer } from "./tokenizer-file.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-prepare-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let out: string;
let file: string;
let count = 0;
beforeEach(() => {
  out = join(root, `out ${count}`);
  file = join(root, `text ${count++}.txt`);
});

const bytesOf = (name: string): Buffer => readFileSync(join(out, name));

function tokensOf(name: string): number[] {
  const bytes = bytesOf(name);
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
}

/** The texts with BOS before, between and after them. */
function joined(texts: readonly string[], tokenizer: Tokenizer): number[] {
  if (texts.length === 0) return [];
  return [tokenizer.bos, ...texts.flatMap((text) => [...tokenizer.encode(text), tokenizer.bos])];
}

const NAMES = "emma\nolivia\nava\nzoë\nmia\namelia\n😀\nevelyn\nluna\nella\n";
const PROSE = "It was the best of times,\nit was the worst of times,\nit was the age of wisdom\n".repeat(20);

describe("the files hold the same tokens as reading and splitting in memory", () => {
  const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "é", "😀", " ", "\n", "b"), maxLength: 60 }), {
    minLength: 1,
    maxLength: 4,
  });
  test.each(["documents", "stream"] as const)("in %s mode", async (mode) => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.constantFrom(1, 150),
        fc.constantFrom(0, 0.1, 0.5),
        fc.integer(),
        async (all, times, valFraction, seed) => {
          const folder = mkdtempSync(join(root, "any-"));
          // Files and records, short and long; all but the first few are cut by the chunk size.
          for (const [i, text] of all.entries()) writeFileSync(join(folder, `${i}.txt`), `ab\n${text.repeat(times)}`);
          const records = all.map((text) => JSON.stringify({ text: `${text.repeat(times)}ab` }));
          writeFileSync(join(folder, "r.jsonl"), records.join("\n"));
          out = join(folder, "out");
          const { docs } = await loadCorpus([folder], { mode });
          const split =
            mode === "documents" ? splitDocuments(docs, valFraction, seed) : splitTexts(docs, valFraction, seed);
          fc.pre(valFraction === 0 || split.val.length > 0);
          const meta = await prepare([folder], { mode, valFraction, seed, out });
          const tokenizer = await loadTokenizer(join(out, "tokenizer.json"));
          expect(tokenizer).toEqual(CharTokenizer.fit(docs));
          const lineEnds = mode === "documents" ? 1 : 0;
          for (const part of ["train", "val"] as const) {
            expect(tokensOf(`${part}.bin`)).toEqual(joined(split[part], tokenizer));
            const bytes = split[part].reduce((sum, text) => sum + Buffer.byteLength(text) + lineEnds, 0);
            const crc = hex32(crc32(bytesOf(`${part}.bin`)));
            expect(meta[part]).toEqual({ tokens: tokensOf(`${part}.bin`).length, bytes, crc32: crc });
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test.each(["byte", "bpe"] as const)("for any chunk size, with %s tokens", async (kind) => {
    // Larger than one read, so that words are cut.
    const text = PROSE.repeat(700);
    writeFileSync(file, text);
    await prepare([file], { out, mode: "stream", valFraction: 0.1, tokenizer: kind });
    const tokenizer = await loadTokenizer(join(out, "tokenizer.json"));
    expect(tokenizer.toJSON().type).toBe(kind);
    const { train, val } = splitTail([text], 0.1);
    expect(tokensOf("train.bin")).toEqual(joined(train, tokenizer));
    expect(tokensOf("val.bin")).toEqual(joined(val, tokenizer));
  });
});

describe("bpe is trained", () => {
  test.each(["documents", "stream"] as const)(
    "on the training part, without the held-out text, in %s mode",
    async (mode) => {
      writeFileSync(file, PROSE);
      await prepare([file], { out, mode, valFraction: 0.4, tokenizer: "bpe", vocabSize: 300 });
      const { docs } = await loadCorpus([file], { mode });
      const { train } =
        mode === "documents" ? splitDocuments(docs, 0.4, 42) : { train: [PROSE.slice(0, 0.6 * PROSE.length)] };
      const tokenizer = await loadTokenizer(join(out, "tokenizer.json"));
      if (mode === "documents") expect(tokenizer).toEqual(fitTokenizer("bpe", train, { vocabSize: 300 }));
      else expect(tokenizer.encode(" times").length).toBeLessThan(3);
    },
  );
});

test("meta.json describes the files", async () => {
  writeFileSync(file, NAMES);
  const meta = await prepare([file], { out, mode: "documents", valFraction: 0.3, seed: 7 });
  expect(JSON.parse(bytesOf("meta.json").toString())).toEqual({
    format: "microgpt tokens",
    version: 1,
    dtype: "uint16",
    vocab_size: 14,
    mode: "documents",
    source: file,
    val_fraction: 0.3,
    seed: 7,
    train: meta.train,
    val: meta.val,
    id: meta.id,
  });
  expect(meta.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(readdirSync(out).sort()).toEqual(["meta.json", "tokenizer.json", "train.bin", "val.bin"]);
});

test("a vocabulary above 65,536 takes four bytes a token", async () => {
  writeFileSync(file, "ab\nc");
  const chars = Array.from({ length: 70_000 }, (_, i) => String.fromCodePoint(i < 0xd000 ? i : i + 0x1000));
  const tokenizer = CharTokenizer.fromJSON({ type: "character", chars });
  expect(await prepare([file], { out, mode: "documents", valFraction: 0, tokenizer })).toMatchObject({
    dtype: "uint32",
    vocabSize: 70_001,
    train: { tokens: 6 },
  });
  expect(bytesOf("train.bin").subarray(0, 8)).toEqual(Buffer.from(Uint32Array.of(70_000, 0x61).buffer));
});

test("the mode is chosen by the text's beginning, with a note; both passes report their progress", async () => {
  writeFileSync(file, PROSE);
  const notes: string[] = [];
  const progress: string[] = [];
  const { mode } = await prepare([file], {
    out,
    onNote: ({ message }) => notes.push(`${message}`),
    onProgress: ({ pass, bytesRead, totalBytes }) => progress.push(`${pass}: ${bytesRead}/${totalBytes}`),
  });
  expect(mode).toBe("stream");
  expect(notes).toEqual([expect.stringMatching(/^reads as running text: .*; mode: "documents" overrides$/)]);
  expect(new Set(progress)).toEqual(
    new Set([`1: ${PROSE.length}/${PROSE.length}`, `2: ${PROSE.length}/${PROSE.length}`]),
  );
});

describe("a failure leaves nothing behind and loses nothing:", () => {
  test.each<[what: string, content: string | Uint8Array, options: Partial<PrepareOptions>, message: RegExp]>([
    ["bytes that are no UTF-8", Buffer.from([0x61, 0x0a, 0xff]), {}, /got byte 0xff in line 2/],
    ["an empty file", "", {}, /text to learn from, got an empty file/],
    ["one character", "aaa\naaa", { valFraction: 0 }, /2 different characters/],
    [
      "one document",
      "ab\nab",
      { mode: "documents" },
      /two different documents or more to hold some out, got one; use more/,
    ],
    ["a few characters", "ab", { mode: "stream" }, /enough text to hold some out, got too little; use more text/],
    ["a fraction out of range", "ab\nab", { valFraction: 1 }, /valFraction to be at least 0 and below 1, got 1/],
    [
      "a vocabulary size for characters",
      "ab\ncd",
      { vocabSize: 300 },
      /a char tokenizer without a vocabulary size, got 300/,
    ],
    [
      "one too small",
      "ab\ncd",
      { tokenizer: "bpe", vocabSize: 9 },
      /vocabSize to be a whole number, 258 or more, got 9/,
    ],
    ["a character that the tokenizer lacks", "ab\nxy", { tokenizer: CharTokenizer.fit(["ab"]) }, /got "x" \(U\+0078\)/],
    ["an interruption", NAMES, { signal: AbortSignal.abort() }, /^prepare: .*an interruption; run it again/],
  ])("%s", async (_, content, options, message) => {
    writeFileSync(file, content);
    const fails = async (): Promise<void> => {
      const failed = prepare([file], { out, ...options });
      await expect(failed).rejects.toThrow(message);
      await expect(failed).rejects.toThrow(MicrogptError);
    };
    await fails();
    expect(existsSync(out)).toBe(false);

    const good = join(root, "good.txt");
    writeFileSync(good, NAMES);
    await prepare([good], { out });
    const before = readdirSync(out).map((name) => [name, bytesOf(name)]);
    await fails();
    expect(readdirSync(out).map((name) => [name, bytesOf(name)])).toEqual(before);
  });

  test("the file changes between the two passes", async () => {
    writeFileSync(file, NAMES);
    const onProgress = (): void => writeFileSync(file, `${NAMES}more`);
    await expect(prepare([file], { out, onProgress })).rejects.toThrow("one that changed while it was read");
    expect(existsSync(out)).toBe(false);
  });
});

describe("row 7: the folder may not hold its own input", () => {
  test("neither a text inside it, under any path, nor the folder itself, nor a folder below", async () => {
    writeFileSync(file, NAMES);
    await prepare([file], { out });
    const inside = join(out, "mine.txt");
    const link = join(root, `link ${count}.txt`);
    mkdirSync(join(out, "deep"));
    for (const path of [inside, join(out, "deep", "more.txt")]) writeFileSync(path, NAMES);
    symlinkSync(inside, link);
    const before = readdirSync(out, { recursive: true });
    for (const input of [inside, link, out, join(out, "deep"), join(out, "..", basename(out), "mine.txt")]) {
      const failed = prepare([file, input], { out, mode: "documents" });
      await expect(failed).rejects.toThrow(
        /expected a folder that no text is read from, got one that holds .*; name a new folder/,
      );
      await expect(failed).rejects.toThrow(MicrogptError);
    }
    expect(readdirSync(out, { recursive: true })).toEqual(before);
  });
});

describe("the folder", () => {
  beforeEach(() => writeFileSync(file, NAMES));

  test("may exist if it is empty, prepared, or left by a killed run", async () => {
    mkdirSync(out);
    await prepare([file], { out });
    writeFileSync(join(out, "notes.md"), "mine");
    const { train } = await prepare([file], { out, valFraction: 0 });
    expect(tokensOf("train.bin")).toHaveLength(train.tokens);
    expect(bytesOf("notes.md").toString()).toBe("mine");

    rmSync(out, { recursive: true });
    mkdirSync(out);
    writeFileSync(join(out, ".train.bin.01234567-89ab-cdef-0123-456789abcdef.tmp"), "half");
    await prepare([file], { out });
    expect(readdirSync(out).sort()).toEqual(["meta.json", "tokenizer.json", "train.bin", "val.bin"]);
  });

  test.each<[what: string, make: () => void, message: RegExp]>([
    [
      "with files of somebody",
      () => mkdirSync(out) ?? writeFileSync(join(out, "train.bin"), "x"),
      /got one with other files/,
    ],
    [
      "with a meta.json of somebody",
      () => mkdirSync(out) ?? writeFileSync(join(out, "meta.json"), "{}"),
      /with other files/,
    ],
    ["that is a file", () => writeFileSync(out, "x"), /expected a folder, got a file; name a new folder/],
    [
      "in a folder that is not there",
      () => (out = join(out, "deep")),
      /expected a place in an existing folder, got no such/,
    ],
  ])("is refused %s, which is kept", async (_, make, message) => {
    make();
    const before = existsSync(out) ? readdirSync(root, { recursive: true }) : [];
    await expect(prepare([file], { out })).rejects.toThrow(message);
    if (before.length > 0) expect(readdirSync(root, { recursive: true })).toEqual(before);
  });
});
