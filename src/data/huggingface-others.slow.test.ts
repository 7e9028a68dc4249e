/** Checks foreign tokenizer.json files against Hugging Face's own package. */

import { describe, expect, test } from "vitest";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { toHuggingFace } from "./huggingface-export.ts";
import { fromHuggingFace } from "./huggingface-import.ts";
import { CL100K, gpt2File, packageOf, split, texts, written } from "./huggingface-testing.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Changes parts of a file and of its model. */
const withParts = (
  json: Json,
  { model = {}, ...parts }: { readonly model?: object; readonly [part: string]: unknown },
): Json => ({
  ...json,
  ...parts,
  model: { ...(json.model as object), ...model },
});

const special = (id: number, content: string, more: object = {}): object => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...more,
});

const template = (...single: object[]): object => ({
  type: "TemplateProcessing",
  single,
  pair: [],
  special_tokens: {},
});
const TEXT = { Sequence: { id: "A", type_id: 0 } };

// Byte-level BPE as in GPT-2, GPT-4 and Llama 3, with every setting that does not change the ids of a text.
describe("row 19: a tokenizer.json like GPT-2's, GPT-4's or Llama 3's gives the reference's ids", () => {
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
    ["a pad token behind BOS", withParts(gpt2, { added_tokens: [special(700, "[PAD]"), ...bos(gpt2)] })],
    [
      "a pad token that is not marked special",
      withParts(gpt2, { added_tokens: [special(700, "[PAD]", { special: false }), ...bos(gpt2)] }),
    ],
    [
      "a hole before BOS",
      withParts(gpt2, { added_tokens: [special(705, "<|endoftext|>")], model: { vocab: withoutBOS(gpt2) } }),
    ],
    ["an empty list of normalizers", withParts(gpt2, { normalizer: { type: "Sequence", normalizers: [] } })],
    ["a normalizer that puts nothing before", withParts(gpt2, { normalizer: { type: "Prepend", prepend: "" } })],
    ["a template of the text alone", withParts(gpt2, { post_processor: template(TEXT) })],
    [
      "the words of GPT-2 in a Sequence",
      withParts(gpt2, { pre_tokenizer: { type: "Sequence", pretokenizers: [gpt2.pre_tokenizer] } }),
    ],
    ["bytes that fall back to bytes", withParts(gpt2, { model: { byte_fallback: true } })],
    ["GPT-4's special tokens and holes", gpt4File(gpt2)],
    ["Llama 3's template, reserved tokens and whole words", llama3File(gpt2)],
    ["RoBERTa's five special tokens among the others", robertaFile(gpt2)],
  ])("%s", (_, json) => {
    const ours = fromHuggingFace(written(json));
    const theirs = packageOf(json);

    test.each(theirTexts)("%s has the file's ids", (_, text) => {
      expect(ours.encode(text)).toEqual(theirs.encode(text, { add_special_tokens: false }).ids);
    });

    test("keeps the file's BOS and size, and survives our own JSON and export", () => {
      expect([ours.bos, ours.vocabSize]).toEqual([
        theirs.token_to_id(nameOfBOS(ours)),
        1 + Math.max(...theirs.get_vocab().values(), ...theirs.get_added_tokens_decoder().keys()),
      ]);
      expect(JSON.stringify(BPETokenizer.fromJSON(written(ours)))).toBe(JSON.stringify(ours));
      expect(JSON.stringify(fromHuggingFace(written(toHuggingFace(ours))))).toBe(JSON.stringify(ours));
    });
  });

  test("special tokens keep their names in our JSON and in the export", () => {
    const ours = fromHuggingFace(written(llama3File(gpt2)));
    const exported = toHuggingFace(ours) as { added_tokens: { id: number; content: string }[] };
    expect(exported.added_tokens.map(({ id, content }) => [id, content])).toEqual([
      [700, "<|begin_of_text|>"],
      [701, "<|end_of_text|>"],
      [704, "<|reserved_special_token_0|>"],
    ]);
    expect(ours.bos).toBe(700);
    expect(ours.decode([701, 703, 704])).toBe("");
  });

  test("a word that is a token is not merged if the file says so", () => {
    const [file, merged] = [llama3File(gpt2), withParts(llama3File(gpt2), { model: { ignore_merges: false } })];
    const [whole, parts] = [fromHuggingFace(written(file)), fromHuggingFace(written(merged))];
    expect(whole.encode(WHOLE)).toEqual([702]);
    expect(parts.encode(WHOLE).length).toBeGreaterThan(1);
    expect(whole.encode(` ${WHOLE}`)).toEqual(packageOf(file).encode(` ${WHOLE}`, { add_special_tokens: false }).ids);
  });
});

type Json = Record<string, unknown>;

const vocabOf = (json: Json): Readonly<Record<string, number>> =>
  (json.model as { vocab: Readonly<Record<string, number>> }).vocab;
const withoutBOS = (json: Json): object =>
  Object.fromEntries(Object.entries(vocabOf(json)).filter(([token]) => token !== "<|endoftext|>"));
const bos = (json: Json): object[] => [special(vocabOf(json)["<|endoftext|>"] ?? -1, "<|endoftext|>")];
const nameOfBOS = (ours: Tokenizer): string =>
  (ours instanceof BPETokenizer ? ours.special.find(([id]) => id === ours.bos)?.[1] : undefined) ?? "";

/** Adds special tokens after the text's, with gaps between their ids. */
function gpt4File(gpt2: Json): Json {
  return withParts(gpt2, {
    added_tokens: [
      special(701, "<|endoftext|>"),
      special(702, "<|fim_prefix|>"),
      special(703, "<|fim_middle|>"),
      special(720, "<|endofprompt|>"),
    ],
    pre_tokenizer: split(CL100K, "Removed", true),
    post_processor: null,
    model: { type: "BPE", vocab: withoutBOS(gpt2) },
  });
}

/** A word that no merges produce. */
const WHOLE = "Xylophonists";

function llama3File(gpt2: Json): Json {
  return withParts(gpt2, {
    added_tokens: [
      special(700, "<|begin_of_text|>"),
      special(701, "<|end_of_text|>"),
      special(704, "<|reserved_special_token_0|>"),
    ],
    pre_tokenizer: split(CL100K),
    post_processor: {
      type: "Sequence",
      processors: [
        { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
        template({ SpecialToken: { id: "<|begin_of_text|>", type_id: 0 } }, TEXT),
      ],
    },
    model: { type: "BPE", vocab: { ...withoutBOS(gpt2), [WHOLE]: 702 }, ignore_merges: true },
  });
}

function robertaFile(gpt2: Json): Json {
  const names = ["<s>", "<pad>", "</s>", "<unk>"];
  const tokens = [...names, ...Object.keys(withoutBOS(gpt2)), "<mask>"];
  const last = tokens.length - 1;
  return withParts(gpt2, {
    added_tokens: [...names.map((name, id) => special(id, name)), special(last, "<mask>", { lstrip: true })],
    post_processor: { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0], trim_offsets: true },
    model: { type: "BPE", vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), unk_token: "<unk>" },
  });
}
