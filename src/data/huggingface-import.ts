import { isRecord } from "../util/checks.ts";
import { MicrogptError, mistake, show } from "../util/errors.ts";
import { BPETokenizer } from "./bpe-tokenizer.ts";
import { BOS_NAME, type SpecialToken } from "./bpe-vocabulary.ts";
import { BYTE_CHARS } from "./byte-alphabet.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";
import { CharTokenizer } from "./char-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { patternOf, type SplitPattern } from "./words.ts";

const FIX = "microgpt reads byte-level BPE like that of GPT-2, GPT-4 and Llama 3, and its own files";

/** A JSON object that has not been checked yet. */
type Unknown = Readonly<Record<string, unknown>>;

/** Parts of the model that would change the ids of a text, with the values that have no effect. They may be missing. */
const WITHOUT: readonly (readonly [name: string, values: readonly unknown[]])[] = [
  ["dropout", [null, 0]],
  ["continuing_subword_prefix", [null, ""]],
  ["end_of_word_suffix", [null, ""]],
];

/** They put special tokens around a text and trim offsets, which does not change the ids of the text. */
const PROCESSORS: readonly unknown[] = ["ByteLevel", "TemplateProcessing", "RobertaProcessing", "BertProcessing"];

/** Other names of BOS, the likeliest first. */
const BOS_NAMES: readonly string[] = [BOS_NAME, "<|begin_of_text|>", "<s>", "<bos>", "[BOS]", "<|startoftext|>"];

/** Larger ids come from a damaged file. */
const MAX_ID = 2 ** 20;

/**
 * Reads a Hugging Face tokenizer.json. A file that `toHuggingFace` wrote gives the same tokenizer; a byte-level BPE
 * like those of GPT-2, GPT-4 or Llama 3 keeps the file's ids. Special tokens other than BOS, and ids missing from the
 * file, become tokens that no text contains. Normalizers and templates that do not change a text, truncation and
 * padding are ignored. Errors: an unsupported feature, by name (another model, a normalizer, other words, added tokens
 * that are text).
 */
export function fromHuggingFace(json: unknown): Tokenizer {
  const file = object("a tokenizer.json", json);
  const model = object("model in a tokenizer.json", file.model);
  // Old files omit the type, but only BPE has merges.
  const type = model.type ?? (model.merges === undefined ? undefined : "BPE");
  if (type !== "BPE") throw refusal("a model of type BPE", show(type));
  for (const [name, values] of WITHOUT) {
    const value = model[name];
    if (value !== undefined && !values.includes(value)) throw refusal(`no model.${name}`, show(value));
  }
  const active = flattened(file.normalizer, "normalizers").find((normalizer) => !doesNothing(normalizer));
  if (active !== undefined) throw refusal("no normalizer", show(typeOf(active)));
  const processor = flattened(file.post_processor, "processors").find((part) => !PROCESSORS.includes(typeOf(part)));
  if (processor !== undefined) throw refusal("a post_processor that only adds special tokens", show(typeOf(processor)));
  const split = splitOf(flattened(file.pre_tokenizer, "pretokenizers"));
  const decoders = flattened(file.decoder, "decoders").map(typeOf);
  const decoder = split === "characters" ? "Fuse" : "ByteLevel";
  if (decoders.length !== 1 || decoders[0] !== decoder) throw refusal(`${decoder} decoder`, show(decoders[0]));
  const vocabulary = vocabularyOf(file, model);
  return MicrogptError.within("tokenizer.json", FIX, () => {
    if (split === "characters") return characters(vocabulary, model);
    if (split === "bytes") return bytes(vocabulary);
    const { ids, merges, special, bos } = vocabulary;
    const vocab = vocabulary.tokens.map((token, id) => (id === bos ? "" : (token ?? null)));
    const pairs = merges.map((merge) => merge.map((token) => ids.get(token) ?? -1));
    const ignore = model.ignore_merges ?? false;
    return BPETokenizer.fromJSON({ type: "bpe", pattern: split, merges: pairs, vocab, special, ignore_merges: ignore });
  });
}

/** The parts of a value that may be a Sequence, nested ones included; none for null. */
function flattened(value: unknown, parts: string, depth = 0): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (typeOf(value) !== "Sequence") return [value];
  const list = object("a Sequence", value)[parts];
  if (!Array.isArray(list) || depth > MAX_DEPTH) throw refusal(`a Sequence to list ${parts}`, show(list));
  return list.flatMap((part: unknown) => flattened(part, parts, depth + 1));
}

const MAX_DEPTH = 8;

/** True for a normalizer that never changes a text. */
function doesNothing(normalizer: unknown): boolean {
  const { type, prepend, strip_left: left, strip_right: right, pattern, content } = object("a normalizer", normalizer);
  if (type === "Prepend") return prepend === "";
  if (type === "Strip") return left === false && right === false;
  return type === "Replace" && typeof content === "string" && object("pattern", pattern).String === content;
}

interface Vocabulary {
  readonly bos: number;
  /** Includes BOS. */
  readonly special: readonly SpecialToken[];
  /** Text tokens by id; undefined for special tokens and holes. */
  readonly tokens: readonly (string | undefined)[];
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly string[])[];
}

function vocabularyOf(file: Unknown, model: Unknown): Vocabulary {
  const vocab = new Map(Object.entries(object("model.vocab", model.vocab)));
  const special = specialOf(file);
  for (const [id, name] of special) {
    const other = vocab.get(name);
    if (other !== undefined && other !== id) throw refusal(`${show(name)} to have one id`, `${show(other)} and ${id}`);
    vocab.delete(name);
  }
  const bos = bosOf(special, file.post_processor);
  const taken = new Map<number, string>(special);
  const ids = new Map<string, number>();
  for (const [token, id] of vocab) {
    if (!isId(id)) throw refusal(`ids from 0 to ${MAX_ID - 1} in model.vocab`, `${show(token)} as ${show(id)}`);
    const other = taken.get(id);
    if (other !== undefined) throw refusal("each id once in model.vocab", `${id} as ${show(other)} and ${show(token)}`);
    taken.set(id, token);
    ids.set(token, id);
  }
  const size = 1 + [...taken.keys()].reduce((most, id) => Math.max(most, id), 0);
  const tokens = Array.from({ length: size }, (): string | undefined => undefined);
  for (const [token, id] of ids) tokens[id] = token;
  const merges: readonly unknown[] = Array.isArray(model.merges) ? model.merges : [];
  return { bos, special, tokens, ids, merges: merges.map((merge) => mergeOf(merge, ids)) };
}

/**
 * The added tokens by id. One that is not special is text, and is allowed only if it looks like a mark, such as
 * `[PAD]`.
 */
function specialOf({ added_tokens: added }: Unknown): readonly SpecialToken[] {
  const list: readonly unknown[] = Array.isArray(added) ? added : [];
  const special = list.map((token): SpecialToken => {
    const { id, content, special: marked } = object("an added token", token);
    if (typeof content !== "string" || content === "" || !isId(id)) {
      throw refusal("an added token with an id and its content", show(token));
    }
    if (marked !== true && !/^[<[].*[>\]]$/.test(content)) throw refusal("special added tokens only", show(content));
    return [id, content];
  });
  return special.sort(([x], [y]) => x - y);
}

/** The special token that a template puts before a text, or else one with a usual name, or else the only one. */
function bosOf(special: readonly SpecialToken[], processor: unknown): number {
  const template = flattened(processor, "processors").find((part) => typeOf(part) === "TemplateProcessing");
  const single: unknown = template === undefined ? undefined : object("a template", template).single;
  const [first]: readonly unknown[] = Array.isArray(single) ? single : [];
  const leading = (first as { SpecialToken?: { id?: unknown } } | null | undefined)?.SpecialToken?.id;
  const idOf = new Map(special.map(([id, name]): [unknown, number] => [name, id]));
  const found = [leading, ...BOS_NAMES].map((name) => idOf.get(name)).find((id) => id !== undefined);
  const only = special.length === 1 ? special[0]?.[0] : undefined;
  if (found !== undefined || only !== undefined) return found ?? only ?? 0;
  const names = special.map(([, name]) => show(name)).join(", ");
  const expected = `a special token to be BOS: one alone, or one of ${BOS_NAMES.join(" ")}`;
  throw refusal(expected, names === "" ? "none" : names.slice(0, MAX_NAMES));
}

const MAX_NAMES = 100;

/** A merge, `a b` or `["a", "b"]`, of existing tokens. */
function mergeOf(merge: unknown, ids: ReadonlyMap<string, number>): readonly string[] {
  const parts: readonly unknown[] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
  const tokens = parts.filter((part) => typeof part === "string" && ids.has(part)).map(String);
  if (parts.length !== 2 || tokens.length !== 2)
    throw refusal("each merge to join two tokens of model.vocab", show(merge));
  return tokens;
}

/** The pattern that splits a text before its bytes are merged. */
function splitOf(parts: readonly unknown[]): SplitPattern | "characters" | "bytes" {
  const [first, second] = parts;
  if (parts.length === 0) return "characters";
  if (parts.length === 1 && typeOf(first) === "ByteLevel") return byteLevel(first) ? "gpt2" : "bytes";
  if (parts.length === 2 && typeOf(first) === "Split" && typeOf(second) === "ByteLevel") {
    const pattern = patternOfSplit(object("Split", first));
    if (!byteLevel(second)) return pattern;
    throw refusal("no use_regex in ByteLevel after a Split", "true");
  }
  const types = parts.map(typeOf);
  throw refusal("a pre_tokenizer ByteLevel, or Split and ByteLevel", show(types.length === 1 ? types[0] : types));
}

/** True for a ByteLevel that splits like GPT-2. */
function byteLevel(value: unknown): boolean {
  const { add_prefix_space: prefix = false, use_regex: regex = true } = object("ByteLevel", value);
  if (prefix !== false) throw refusal("no add_prefix_space in ByteLevel", show(prefix));
  return regex !== false;
}

function patternOfSplit({ pattern, behavior, invert }: Unknown): SplitPattern {
  const regex = object("pattern in Split", pattern).Regex;
  const found = typeof regex === "string" ? patternOf(regex) : undefined;
  if (found === undefined) throw refusal("GPT-2's or GPT-4's pattern in Split", show(regex ?? pattern));
  // The patterns match every character, so keeping the matches and dropping the gaps are equivalent.
  const kept = (behavior === "Isolated" && invert !== true) || (behavior === "Removed" && invert === true);
  if (!kept) throw refusal("Split to keep each match as a word", show({ behavior, invert }));
  return found;
}

function characters(vocabulary: Vocabulary, model: Unknown): CharTokenizer {
  const { tokens, bos, merges } = vocabulary;
  if (merges.length > 0) throw refusal("a pre_tokenizer, since there are merges", "none");
  if (model.byte_fallback === true) throw refusal("no byte_fallback", "true");
  if (model.unk_token !== undefined && model.unk_token !== null) throw refusal("no unk_token", show(model.unk_token));
  if (bos !== tokens.length - 1) throw refusal("BOS to be the last token", `${bos} of ${tokens.length}`);
  return CharTokenizer.fromJSON({ type: "character", chars: tokens.slice(0, bos) });
}

function bytes({ tokens, bos, merges }: Vocabulary): ByteTokenizer {
  if (merges.length > 0) throw refusal("a pre_tokenizer that splits words, since there are merges", "use_regex false");
  if (tokens.length !== 257 || bos !== 256 || BYTE_CHARS.some((char, byte) => tokens[byte] !== char)) {
    throw refusal("the 256 bytes in order, then BOS", "other tokens");
  }
  return new ByteTokenizer();
}

/** The type of a part of the file; undefined if it has none. */
function typeOf(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  return typeof value === "object" && "type" in value ? value.type : value;
}

function object(what: string, value: unknown): Unknown {
  if (isRecord(value)) return value;
  throw refusal(`${what} to be a JSON object`, show(value));
}

function isId(id: unknown): id is number {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id < MAX_ID;
}

function refusal(expected: string, got: string): MicrogptError {
  return mistake("tokenizer", "tokenizer.json", expected, got, FIX);
}
