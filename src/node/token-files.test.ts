import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { toHuggingFace } from "../data/huggingface-export.ts";
import { crc32, hex32 } from "../util/crc32.ts";
import { MicrogptError } from "../util/errors.ts";
import { prepare } from "./prepare.ts";
import { openTokens } from "./token-files.ts";
import type { TokenFiles } from "./token-folder.ts";
import type { TokenMeta } from "./token-meta.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-tokens-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const text = Array.from({ length: 2000 }, (_, i) => `line ${i} is here\n`).join("");
writeFileSync(join(root, "text.txt"), text);

let folder: string;
let count = 0;
beforeEach(async () => {
  folder = join(root, `tokens ${count++}`);
  await prepare([join(root, "text.txt")], { mode: "stream", out: folder });
});

async function withTokens(use: (tokens: TokenFiles) => void): Promise<void> {
  const tokens = await openTokens(folder);
  try {
    use(tokens);
  } finally {
    tokens.dispose();
  }
}

function changeMeta(change: (meta: TokenMeta) => object): void {
  const path = join(folder, "meta.json");
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, "utf8")) as TokenMeta)));
}

test("windows equal the text at any position, the last token included", async () => {
  await withTokens(({ train, val, tokenizer, trainBytes, valBytes, name, meta, crc32 }) => {
    expect({ name, trainBytes, valBytes }).toEqual({
      name: folder,
      trainBytes: meta.train.bytes,
      valBytes: meta.val.bytes,
    });
    expect(trainBytes + valBytes).toBe(text.length);
    expect(crc32).toMatch(/^[0-9a-f]{8}$/);
    expect([...Array.from(train.read(0, 1)), ...Array.from(train.read(train.length - 1, 1))]).toEqual([
      tokenizer.bos,
      tokenizer.bos,
    ]);
    for (const [start, length] of [
      [1, 64],
      [777, 1],
      [train.length - 3000, 3000],
      [5, 20_000],
      [0, 0],
    ] as const) {
      const read = Array.from(train.read(start, length));
      expect(tokenizer.decode(read)).toBe(
        text.slice(Math.max(0, start - 1), Math.min(trainBytes, Math.max(0, start + length - 1))),
      );
    }
    const whole = tokenizer.decode(Array.from(train.read(0, train.length)));
    expect(whole + tokenizer.decode(Array.from(val.read(0, val.length)))).toBe(text);
  });
});

test("a window outside the file is an internal error", async () => {
  await withTokens(({ val }) => {
    for (const [start, length] of [
      [-1, 2],
      [val.length, 1],
      [0, val.length + 1],
    ] as const) {
      expect(() => val.read(start, length)).toThrow("internal: tokens");
    }
  });
  const tokens = await openTokens(folder);
  tokens.dispose();
  tokens.dispose();
  expect(() => tokens.train.read(0, 1)).toThrow("internal:");
});

describe("is refused:", () => {
  test.each<[what: string, spoil: (at: (name: string) => string) => void, message: RegExp]>([
    [
      "a folder that is not there",
      () => rmSync(folder, { recursive: true }),
      /meta\.json beside train\.bin and val\.bin, got none/,
    ],
    [
      "one without meta.json",
      (at) => rmSync(at("meta.json")),
      /expected meta\.json, or nanoGPT's meta\.pkl of characters, beside train\.bin, got neither/,
    ],
    [
      "a meta.json of something else",
      (at) => writeFileSync(at("meta.json"), "[]"),
      /expected a description of prepared data/,
    ],
    [
      "a damaged one",
      (at) => writeFileSync(at("meta.json"), '{"format":"microgpt tokens","version":1}'),
      /a damaged file/,
    ],
    [
      "a newer one",
      (at) => writeFileSync(at("meta.json"), '{"format":"microgpt tokens","version":2}'),
      /version 1, got 2/,
    ],
    ["no val.bin", (at) => rmSync(at("val.bin")), /val\.bin: expected a file that can be read, got no such file/],
    [
      "a cut train.bin",
      (at) => truncateSync(at("train.bin"), 100),
      /train\.bin: expected \d+ bytes, as meta\.json has it, got 100/,
    ],
    ["a longer val.bin", (at) => appendFileSync(at("val.bin"), "xx"), /val\.bin: expected \d+ bytes, as meta\.json/],
    ["no tokenizer", (at) => rmSync(at("tokenizer.json")), /tokenizer\.json: expected .*, got no such file/],
    [
      "another tokenizer",
      (at) => writeFileSync(at("tokenizer.json"), JSON.stringify(toHuggingFace(CharTokenizer.fit(["ab"])))),
      /expected \d+ tokens, got 3 in its tokenizer\.json; restore/,
    ],
  ])("%s", async (_, spoil, message) => {
    spoil((name) => join(folder, name));
    await expect(openTokens(folder)).rejects.toThrow(message);
    await expect(openTokens(folder)).rejects.toThrow(MicrogptError);
  });

  test("a file instead of a folder", async () => {
    await expect(openTokens(join(folder, "train.bin"))).rejects.toThrow(
      "meta.json beside train.bin and val.bin, got none",
    );
  });

  test("a token outside the vocabulary", async () => {
    const path = join(folder, "train.bin");
    const bytes = new Uint8Array(statSync(path).size).fill(0xff);
    writeFileSync(path, bytes);
    // Written by a program that keeps the rest consistent.
    changeMeta(({ train, ...others }) => ({ ...others, train: { ...train, crc32: hex32(crc32(bytes)) } }));
    await withTokens(({ train }) =>
      expect(() => train.read(3, 9)).toThrow(/got token 65535 at position 3; the file is damaged/),
    );
  });
});

describe("row 30: a change of content that keeps the size is refused:", () => {
  /** Changes a file and restores its timestamps. */
  function change(name: string, at: number): void {
    const path = join(folder, name);
    const { atime, mtime } = statSync(path);
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    utimesSync(path, atime, mtime);
  }
  const refusal = /(train|val)\.bin: expected CRC-32 [0-9a-f]{8}, as meta\.json has it, got [0-9a-f]{8}; it changed/;

  test.each<[what: string, spoil: () => void]>([
    ["one bit at the beginning of train.bin", () => change("train.bin", 0)],
    ["one bit at its end", () => change("train.bin", statSync(join(folder, "train.bin")).size - 2)],
    ["one bit of val.bin", () => change("val.bin", 100)],
    [
      "two tokens changed places",
      () => {
        const path = join(folder, "train.bin");
        const tokens = readFileSync(path);
        writeFileSync(path, Buffer.concat([tokens.subarray(2, 4), tokens.subarray(0, 2), tokens.subarray(4)]));
      },
    ],
    ["the CRC itself", () => changeMeta((meta) => ({ ...meta, val: { ...meta.val, crc32: "00000000" } }))],
  ])("%s", async (_, spoil) => {
    spoil();
    await expect(openTokens(folder)).rejects.toThrow(refusal);
    await expect(openTokens(folder)).rejects.toThrow(MicrogptError);
    await expect(openTokens(folder, { checkedBytes: Infinity })).rejects.toThrow(refusal);
    // A file above the size limit is not compared.
    (await openTokens(folder, { checkedBytes: 100 })).dispose();
  });
});

describe("a change after opening is noticed", () => {
  test.each<[what: string, change: (path: string) => void]>([
    ["in its size", (path) => appendFileSync(path, "xx")],
    ["in its time", (path) => utimesSync(path, 1, 1)],
    ["cut short", (path) => truncateSync(path, 10)],
  ])("%s", async (_, change) => {
    await withTokens(({ train }) => {
      train.read(100, 10);
      change(join(folder, "train.bin"));
      const readOn = (): void => {
        for (let i = 0; i < 300; i++) train.read(100, 10);
      };
      expect(readOn).toThrow(
        /train\.bin: expected an unchanged file, got one that changed since it was opened; restore it/,
      );
    });
  });
});

test("an empty part has no tokens", async () => {
  const out = join(root, "all");
  mkdirSync(out);
  await prepare([join(root, "text.txt")], { mode: "stream", out, valFraction: 0 });
  const { val, dispose } = await openTokens(out);
  expect([val.length, val.read(0, 0)]).toEqual([0, new Uint16Array()]);
  dispose();
});
