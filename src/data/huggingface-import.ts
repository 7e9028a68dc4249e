import { MicrogptError, show } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { BYTE_CHARS } from "./byte-alphabet.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { patternOf, type SplitPattern } from "./words.ts";

const FIX = "microgpt reads byte-level BPE in the manner of GPT-2 and GPT-4, and what it wrote itself";

/** A JSON object of which nothing is known yet. */
type Unknown = Readonly<Record<string, unknown>>;

/** What would change the ids of a text, and the values with which it does nothing. Absent is as good. */
const WITHOUT: readonly (readonly [path: string, values: readonly unknown[]])[] = [
  ["normalizer", [null]],
  ["model.dropout", [null, 0]],
  ["model.continuing_subword_prefix", [null, ""]],
  ["model.end_of_word_suffix", [null, ""]],
  ["model.byte_fallback", [false]],
  ["model.ignore_merges", [false]],
];

/**
 * The tokenizer of a Hugging Face tokenizer.json: one that `toHuggingFace` wrote comes back the same; a byte-level BPE in
 * the manner of GPT-2 or GPT-4 keeps the file's ids. Truncation and padding are for batches and are left aside. Errors:
 * what cannot be done here (another model, a normalizer, other words, several special tokens), by its name.
 */
export function fromHuggingFace(json: unknown): Tokenizer {
  const file = object("a tokenizer.json", json);
  const model = object("model in a tokenizer.json", file.model);
  // Old files do not name the one type that has merges.
  const type = model.type ?? (model.merges === undefined ? undefined : "BPE");
  if (type !== "BPE") throw refusal("a model of type BPE", show(type));
  for (const [path, values] of WITHOUT) {
    const [outer = "", inner] = path.split(".");
    const value = inner === undefined ? file[outer] : model[inner];
    if (value !== undefined && !values.includes(value)) throw refusal(`no ${path}`, show(typeOf(value)));
  }
  only("post_processor", file.post_processor, [undefined, "ByteLevel"]);
  const split = splitOf(file.pre_tokenizer);
  only("decoder", file.decoder, [split === "characters" ? "Fuse" : "ByteLevel"]);
  const vocabulary = vocabularyOf(file, model);
  return MicrogptError.within("tokenizer.json", FIX, () => {
    if (split === "characters") return characters(vocabulary, model);
    if (split === "bytes") return bytes(vocabulary);
    const { ids, merges } = vocabulary;
    const vocab = vocabulary.tokens.map((token, id) => (id === vocabulary.bos ? "" : token));
    const pairs = merges.map((merge) => merge.map((token) => ids.get(token) ?? -1));
    return BPETokenizer.fromJSON({ type: "bpe", pattern: split, merges: pairs, vocab });
  });
}

interface Vocabulary {
  readonly bos: number;
  /** By id, BOS among them. */
  readonly tokens: readonly string[];
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly string[])[];
}

function vocabularyOf(file: Unknown, model: Unknown): Vocabulary {
  const added: readonly unknown[] = Array.isArray(file.added_tokens) ? file.added_tokens : [];
  const special = added.map((token) => object("an added token", token));
  const [bos] = special;
  if (bos === undefined || special.length > 1 || typeof bos.content !== "string" || bos.special !== true) {
    const names = special.map((token) => show(token.content)).join(", ");
    throw refusal("one added token, a special one, to be BOS", names === "" ? "none" : names);
  }
  const ids = new Map(Object.entries(object("model.vocab", model.vocab)));
  ids.set(bos.content, bos.id);
  const tokens: string[] = [];
  for (const [token, id] of ids) {
    if (!isIdBelow(ids.size, id) || tokens[id] !== undefined) {
      throw refusal(`model.vocab to have each id from 0 to ${ids.size - 1} once`, `${show(token)} as ${show(id)}`);
    }
    tokens[id] = token;
  }
  const merges: readonly unknown[] = Array.isArray(model.merges) ? model.merges : [];
  const numbered = new Map(tokens.map((token, id) => [token, id]));
  return { bos: Number(bos.id), tokens, ids: numbered, merges: merges.map((merge) => mergeOf(merge, numbered)) };
}

/** `a b` or `["a", "b"]`, of tokens that there are. */
function mergeOf(merge: unknown, ids: ReadonlyMap<string, number>): readonly string[] {
  const parts: readonly unknown[] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
  const tokens = parts.filter((part) => typeof part === "string" && ids.has(part)).map(String);
  if (parts.length !== 2 || tokens.length !== 2)
    throw refusal("each merge to be of two tokens in model.vocab", show(merge));
  return tokens;
}

/** How a text is taken apart before its bytes are merged. */
function splitOf(value: unknown): SplitPattern | "characters" | "bytes" {
  const type = typeOf(value);
  if (type === undefined) return "characters";
  if (type === "ByteLevel") return byteLevel(value) ? "gpt2" : "bytes";
  const parts = type === "Sequence" ? object("pre_tokenizer", value).pretokenizers : undefined;
  if (Array.isArray(parts) && parts.length === 2 && typeOf(parts[0]) === "Split" && typeOf(parts[1]) === "ByteLevel") {
    const pattern = patternOfSplit(object("Split", parts[0]));
    if (!byteLevel(parts[1])) return pattern;
    throw refusal("no use_regex in ByteLevel after a Split", "true");
  }
  throw refusal(
    "a pre_tokenizer ByteLevel, or Split and ByteLevel",
    show(Array.isArray(parts) ? parts.map(typeOf) : type),
  );
}

/** Whether a ByteLevel splits as GPT-2 does. */
function byteLevel(value: unknown): boolean {
  const { add_prefix_space: prefix = false, use_regex: regex = true } = object("ByteLevel", value);
  if (prefix !== false) throw refusal("no add_prefix_space in ByteLevel", show(prefix));
  return regex !== false;
}

function patternOfSplit({ pattern, behavior, invert }: Unknown): SplitPattern {
  const regex = object("pattern in Split", pattern).Regex;
  const found = typeof regex === "string" ? patternOf(regex) : undefined;
  if (found === undefined) throw refusal("GPT-2's or GPT-4's pattern in Split", show(regex ?? pattern));
  // The patterns take every character: to keep what they match and to drop what they do not is the same.
  const kept = (behavior === "Isolated" && invert !== true) || (behavior === "Removed" && invert === true);
  if (!kept) throw refusal("Split to keep each match as a word", show({ behavior, invert }));
  return found;
}

function characters({ tokens, bos, merges }: Vocabulary, model: Unknown): CharTokenizer {
  if (merges.length > 0) throw refusal("a pre_tokenizer where there are merges", "none");
  if (model.unk_token !== undefined && model.unk_token !== null) throw refusal("no unk_token", show(model.unk_token));
  if (bos !== tokens.length - 1) throw refusal("BOS to be the last token", `${bos} of ${tokens.length}`);
  return CharTokenizer.fromJSON({ type: "character", chars: tokens.slice(0, bos) });
}

function bytes({ tokens, bos, merges }: Vocabulary): ByteTokenizer {
  if (merges.length > 0) throw refusal("words to be split where there are merges", "use_regex false");
  if (tokens.length !== 257 || bos !== 256 || BYTE_CHARS.some((char, byte) => tokens[byte] !== char)) {
    throw refusal("the 256 bytes in their order and BOS after them", "others");
  }
  return new ByteTokenizer();
}

function only(name: string, value: unknown, types: readonly unknown[]): void {
  const type = typeOf(value);
  if (!types.includes(type)) throw refusal(`${types.map((known) => known ?? "no").join(" or ")} ${name}`, show(type));
}

/** The name of a part of the file; undefined where there is none. */
function typeOf(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  return typeof value === "object" && "type" in value ? value.type : value;
}

function object(what: string, value: unknown): Unknown {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Unknown;
  throw refusal(`${what} to be a JSON object`, show(value));
}

function isIdBelow(size: number, id: unknown): id is number {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id < size;
}

function refusal(expected: string, got: string): MicrogptError {
  return new MicrogptError({ operation: "tokenizer.json", expected, got, fix: FIX });
}
