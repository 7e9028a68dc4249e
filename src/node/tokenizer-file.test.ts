import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fitTokenizer, TOKENIZER_KINDS } from "../data/tokenizers.ts";
import { MicrogptError } from "../util/errors.ts";
import { loadTokenizer, saveTokenizer } from "./tokenizer-file.ts";

const folder = mkdtempSync(join(tmpdir(), "microgpt-tokenizer-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

test.each(TOKENIZER_KINDS)("%s: survives saving and loading", async (kind) => {
  const tokenizer = fitTokenizer(kind, ["to be, or not to be", "naïve 😀"]);
  await saveTokenizer(at(`${kind}.json`), tokenizer);
  expect(JSON.stringify(await loadTokenizer(at(`${kind}.json`)))).toBe(JSON.stringify(tokenizer));
  expect(readdirSync(folder).filter((name) => name.includes(kind))).toEqual([`${kind}.json`]);
});

test.each(TOKENIZER_KINDS)("%s: its own JSON can be loaded as well", async (kind) => {
  const json = JSON.stringify(fitTokenizer(kind, ["to be, or not to be"]));
  writeFileSync(at("own.json"), json);
  expect(JSON.stringify(await loadTokenizer(at("own.json")))).toBe(json);
});

describe("loadTokenizer refuses", () => {
  test.each<[what: string, bytes: string | Uint8Array, complaint: RegExp]>([
    ["text", "one\ntwo\n", /: expected a JSON file, got something else; name a Hugging Face tokenizer.json$/],
    ["half a file", '{"version": "1.0", "mod', /: expected a JSON file, got something else/],
    ["bytes that are no text", Uint8Array.of(0x7b, 0xff, 0x7d), /: expected a JSON file, got something else/],
    ["damaged JSON of ours", '{"type": "bpe", "pattern": "gpt4"}', /: expected \{"type":"bpe"/],
    [
      "another JSON",
      '{"name": "microgpt"}',
      /: expected model in a tokenizer.json to be a JSON object, got undefined; microgpt reads/,
    ],
  ])("%s, by the name of the file", async (what, bytes, complaint) => {
    writeFileSync(at(what), bytes);
    await expect(loadTokenizer(at(what))).rejects.toThrow(MicrogptError);
    await expect(loadTokenizer(at(what))).rejects.toThrow(/^tokenizer \S*microgpt-tokenizer/);
    await expect(loadTokenizer(at(what))).rejects.toThrow(complaint);
  });

  test("a missing file", async () => {
    await expect(loadTokenizer(at("nowhere.json"))).rejects.toThrow("no such file or folder");
  });
});

test("a file that cannot be written is unchanged", async () => {
  writeFileSync(at("file"), "as it was");
  await expect(saveTokenizer(join(at("file"), "x.json"), fitTokenizer("byte", []))).rejects.toThrow(MicrogptError);
  expect(readFileSync(at("file"), "utf8")).toBe("as it was");
});
