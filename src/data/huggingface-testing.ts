/** Texts to tokenize, and foreign tokenizer.json files. */

import { readFileSync } from "node:fs";
import { Tokenizer as PackageTokenizer } from "@huggingface/tokenizers";
import { trainBPE } from "./bpe-train.ts";
import { BYTE_CHARS } from "./byte-alphabet.ts";

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
export const texts: readonly (readonly [name: string, text: string])[] = Object.entries(corpus);
export const all: readonly string[] = Object.values(corpus);

/** The file after being written and read again. */
export const written = (json: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(json));
export const packageOf = (json: unknown): PackageTokenizer =>
  new PackageTokenizer(written(json), { clean_up_tokenization_spaces: false });

/** A file like GPT-2's: bytes in the order of its alphabet, then merges, then `<|endoftext|>`. */
export function gpt2File(): Record<string, unknown> {
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

export const split = (regex: string, behavior = "Isolated", invert = false): object => ({
  type: "Sequence",
  pretokenizers: [
    { type: "Split", pattern: { Regex: regex }, behavior, invert },
    { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
});
export const CL100K: string =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
