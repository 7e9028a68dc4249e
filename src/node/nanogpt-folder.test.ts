import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { startRun } from "../train/start.ts";
import { train as steps } from "../train/train.ts";
import { preparedData } from "../train/training-data.ts";
import { MicrogptError } from "../util/errors.ts";
import { isPrepared, openTokens } from "./token-files.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-nanogpt-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const TEXT = "a b é\n😀 ab\n".repeat(100);
const CHARS = ["\n", " ", "a", "b", "é", "😀"];

let folder: string;
let count = 0;
beforeEach(() => {
  folder = join(root, `folder ${count++}`);
  mkdirSync(folder);
  const ids = Uint16Array.from([...TEXT], (char) => CHARS.indexOf(char));
  const cut = Math.floor(0.9 * ids.length);
  writeFileSync(join(folder, "train.bin"), ids.subarray(0, cut));
  writeFileSync(join(folder, "val.bin"), ids.subarray(cut));
  writeFileSync(join(folder, "meta.pkl"), pickle(meta(CHARS)));
});

const meta = (chars: readonly string[]): object => ({
  vocab_size: chars.length,
  itos: new Map(chars.map((char, i) => [i, char])),
  stoi: new Map(chars.map((char, i) => [char, i])),
});

/** A pickle as CPython's protocol 2 writes it, but without memoization. */
function pickle(value: unknown): Buffer {
  const bytes = (...some: number[]): Buffer => Buffer.from(some);
  const of = (part: unknown): Buffer => {
    if (typeof part === "number") return bytes(0x4b, part);
    if (typeof part === "string") {
      const text = Buffer.from(part);
      return Buffer.concat([bytes(0x58, text.length, 0, 0, 0), text]);
    }
    const entries = part instanceof Map ? [...part] : Object.entries(part as object);
    return Buffer.concat([bytes(0x7d, 0x28), ...entries.flat().map(of), bytes(0x75)]);
  };
  return Buffer.concat([bytes(0x80, 2), of(value), bytes(0x2e)]);
}

describe("row 34: nanoGPT's folder", () => {
  test("of characters is read unchanged", async () => {
    expect(isPrepared(folder)).toBe(true);
    const { train, val, tokenizer, trainBytes, valBytes, meta, mode, dispose } = await openTokens(folder);
    const text = [train, val].map((part) => tokenizer.decode(Array.from(part.read(0, part.length)))).join("");
    expect(text).toBe(TEXT);
    expect([tokenizer.vocabSize, mode, trainBytes + valBytes]).toEqual([7, "stream", Buffer.byteLength(TEXT)]);
    expect(meta).toMatchObject({ dtype: "uint16", vocabSize: 7, train: { tokens: train.length, bytes: trainBytes } });
    expect(meta.valFraction).toBeCloseTo(0.1, 2);
    dispose();
  });

  test("can be trained on: a short run learns something", async () => {
    const files = await openTokens(folder);
    const run = startRun(preparedData(files, files.tokenizer), {
      model: { nEmbd: 8, nHead: 2, blockSize: 8 },
      training: { numSteps: 200, evalInterval: 200 },
    });
    for await (const _ of steps(run));
    expect(run.progress.evaluations.at(-1)?.loss).toBeLessThan(1);
    files.dispose();
  });

  test("has a fingerprint of its files' content", async () => {
    const crcs = new Set<string>();
    for (const change of [() => undefined, () => writeFileSync(join(folder, "val.bin"), Uint16Array.of(1, 2, 3))]) {
      change();
      const { crc32, dispose } = await openTokens(folder);
      crcs.add(crc32);
      dispose();
    }
    expect(crcs.size).toBe(2);
  });

  test.each<[what: string, spoil: (at: (name: string) => string) => void, message: RegExp]>([
    [
      "without meta.pkl: tokens of GPT-2",
      (at) => rmSync(at("meta.pkl")),
      /expected meta\.json, or nanoGPT's meta\.pkl .*; prepare the text itself: prepare\(\) \(.*tokenizer: "tokenizer\.json"\)$/,
    ],
    [
      "without it, but with its text",
      (at) => rmSync(at("meta.pkl")) ?? writeFileSync(at("input.txt"), TEXT),
      /prepare the text itself: prepare\(\)/,
    ],
    ["with something else in it", (at) => writeFileSync(at("meta.pkl"), "cos\nsystem\n."), /got instruction 0x63; run/],
    ["with half of it", (at) => truncateSync(at("meta.pkl"), 40), /got an end too early; run that again/],
    ["of words", (at) => writeFileSync(at("meta.pkl"), pickle(meta(["a", "the", "word"]))), /got another vocabulary;/],
    ["in another order", (at) => writeFileSync(at("meta.pkl"), pickle(meta(["b", "a"]))), /got other characters;/],
    ["of one character", (at) => writeFileSync(at("meta.pkl"), pickle(meta(["b"]))), /got other characters;/],
    [
      "of another size",
      (at) => writeFileSync(at("meta.pkl"), pickle({ ...meta(CHARS), vocab_size: 9 })),
      /got another vocabulary;/,
    ],
    [
      "with another way back",
      (at) => writeFileSync(at("meta.pkl"), pickle({ ...meta(CHARS), stoi: new Map([["a", 1]]) })),
      /got another stoi;/,
    ],
    ["that is a number", (at) => writeFileSync(at("meta.pkl"), pickle(5)), /got something else;/],
    [
      "with tokens that it has not",
      (at) => writeFileSync(at("val.bin"), Uint16Array.of(1, 2, 6)),
      /val\.bin: expected tokens below 6, got token 6 at position 2;/,
    ],
    [
      "of bytes",
      (at) => truncateSync(at("train.bin"), 11),
      /train\.bin: expected a whole number of tokens, got 11 bytes/,
    ],
    ["without val.bin", (at) => rmSync(at("val.bin")), /val\.bin: expected a file that can be read, got no such file/],
  ])("%s is refused", async (_, spoil, message) => {
    spoil((name) => join(folder, name));
    await expect(openTokens(folder)).rejects.toThrow(message);
    await expect(openTokens(folder)).rejects.toThrow(MicrogptError);
  });
});
