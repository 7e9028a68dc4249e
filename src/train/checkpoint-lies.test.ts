/** A file loads as saved or is refused: each false claim in a checkpoint, with its error. */

import { expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { Run } from "./run.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from "./safetensors.ts";
import { startRun } from "./start.ts";
import { train } from "./train.ts";

const DAMAGED = "the file is damaged or was changed: use another copy, or train again";

async function trained(): Promise<Run> {
  const documents = { name: "names", docs: ["ab", "ba", "abba"] };
  const run = startRun(documents, { model: { nEmbd: 2, nHead: 1, blockSize: 2 }, training: { numSteps: 3 } });
  for await (const { step } of train(run)) if (step === 2) break;
  return run;
}

const run = await trained();
const whole = encodeCheckpoint(run);
const modelOnly = encodeCheckpoint({ model: run.model, tokenizer: run.tokenizer });

interface Parts {
  readonly tensors: Map<string, NamedTensor>;
  readonly metadata: Map<string, string>;
}

type Lie = (parts: Parts) => void;

/** The file with a change and without a checksum, so that only the change itself can be detected. */
function changed(file: Uint8Array, lie: Lie): Uint8Array {
  const read = decodeSafetensors("edit", file);
  const parts: Parts = { tensors: new Map(read.tensors), metadata: new Map(read.metadata) };
  parts.metadata.delete("checksum");
  lie(parts);
  return encodeSafetensors([...parts.tensors.values()], Object.fromEntries(parts.metadata));
}

/** Sets one name of a JSON object in the metadata; undefined removes it. */
const withField =
  (key: string, name: string, value: unknown): Lie =>
  ({ metadata }) => {
    const json = JSON.parse(metadata.get(key) ?? "") as Record<string, unknown>;
    metadata.set(key, JSON.stringify({ ...json, [name]: value }));
  };

const withText =
  (key: string, text: string): Lie =>
  ({ metadata }) =>
    metadata.set(key, text);

const withTensor =
  (name: string, shape: readonly number[], ...data: number[]): Lie =>
  ({ tensors }) =>
    tensors.set(name, { name, shape, data: Float64Array.from(data) });

/** Changes the first entry of a tensor. */
const withEntry =
  (name: string, value: number): Lie =>
  ({ tensors }) => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) tensors.set(name, { ...tensor, data: Float64Array.from(tensor.data).fill(value, 0, 1) });
  };

const without =
  (...names: string[]): Lie =>
  ({ tensors, metadata }) => {
    for (const name of names) if (!tensors.delete(name) && !metadata.delete(name)) throw new Error(`no ${name}`);
  };

const both =
  (...lies: readonly Lie[]): Lie =>
  (parts) => {
    for (const lie of lies) lie(parts);
  };

const FOREIGN = "name a model that microgpt saved";
const ADDED = "another program added it: save the file without it";
const NEWER = "use the microgpt that wrote it, or a newer one";
const noJSON = (key: string): string => `JSON under "${key}" in __metadata__, got undefined`;
const sorted = '{"type":"character","chars":[...]} with two or more single characters sorted by code point';
const random = "a state of 624 32-bit words, an index up to 624 and gaussNext, got something else";
const deep = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

test.each<[lie: string, apply: Lie, complaint: string, fix?: string]>([
  [
    "another format and no config",
    both(withText("format", "pt"), without("config")),
    'format "microgpt" in __metadata__, got "pt"',
    FOREIGN,
  ],
  ["no format and no tokenizer", without("format", "tokenizer"), 'format "microgpt" in __metadata__', FOREIGN],
  ["a later version", withText("version", "2"), 'version "1", got "2"', NEWER],
  ["only some of what a run is", without("data"), noJSON("data")],

  ["no config", without("config"), noJSON("config")],
  [
    "a config that is not JSON",
    withText("config", "{n_layer:1}"),
    'JSON under "config" in __metadata__, got "{n_layer:1}"',
  ],
  ["a config that is a list", withText("config", "[1]"), "config to be an object, got [1]"],
  ["a config nested deep", withText("config", deep(30_000)), "config to be an object, got "],
  ["a config without its n_head", withField("config", "n_head", undefined), "n_head, got none"],
  ["a config with one more", withField("config", "dropout", 0), 'known names, got "dropout"'],
  [
    "a misspelt setting",
    withField("settings", "lerning_rate", 0.1),
    'known names, got "lerning_rate" (did you mean learning_rate?)',
  ],
  ["an n_layer of 1e9", withField("config", "n_layer", 1e9), "at most 268,435,456 parameters, got 48,000,000,016"],
  ["an n_layer of 1e6", withField("config", "n_layer", 1e6), "1000000 layers, got 28 tensors"],
  ["an n_embd of 1e9", withField("config", "n_embd", 1e9), "at most 268,435,456 parameters"],
  [
    "a block_size of 2^53",
    withField("config", "block_size", 2 ** 53),
    "blockSize to be a whole number, 1 or more, got 9007199254740992",
  ],
  ["a negative n_embd", withField("config", "n_embd", -2), "nEmbd to be a whole number, 1 or more, got -2"],
  ["a fractional n_head", withField("config", "n_head", 0.5), "nHead to be a whole number, 1 or more, got 0.5"],
  ["an n_head of 2^53 - 1", withField("config", "n_head", 2 ** 53 - 1), "nEmbd to be a multiple of nHead"],
  ["an n_embd in quotes", withField("config", "n_embd", "2"), 'nEmbd to be a whole number, 1 or more, got "2"'],
  [
    "an unknown mlp",
    withField("config", "mlp", "tanh"),
    'mlp to be one of relu, relu2, gelu, gelu_tanh, swiglu, got "tanh"',
  ],
  ["an init_std of null", withField("config", "init_std", null), "initStd to be a finite number, 0 or more, got null"],
  ["a zero_init of 1", withField("config", "zero_init", 1), "zeroInit to be true or false, got 1"],

  ["no tokenizer", without("tokenizer"), noJSON("tokenizer")],
  ["a tokenizer of null", withText("tokenizer", "null"), '"type" to be one of character, byte, bpe, got undefined'],
  ["a tokenizer out of order", withText("tokenizer", '{"type":"character","chars":["b","a"]}'), sorted],
  [
    "a tokenizer of another vocabulary",
    withText("tokenizer", '{"type":"character","chars":["a","b","c"]}'),
    "a tokenizer of 3 tokens, got 4",
  ],
  ["a larger vocab_size", withField("config", "vocab_size", 4), "a tokenizer of 4 tokens, got 3"],

  ["no tensor wpe", without("wpe"), 'a tensor "wpe", got none'],
  ["no moment of it", without("adam.v.wpe"), 'a tensor "adam.v.wpe", got none'],
  ["no losses", without("history.loss"), 'a tensor "history.loss", got none'],
  ["one layer more than its tensors", withField("config", "n_layer", 2), 'a tensor "layer1.attn_wq", got none'],
  ["an extra tensor", withTensor("bias", [1], 0), 'only the tensors of its config, got another, "bias"', ADDED],
  [
    "moments, but no run",
    without("settings", "data", "random"),
    'only the tensors of its config, got another, "adam.m.wte"',
    ADDED,
  ],
  ["a tensor transposed", withTensor("wte", [2, 3], 1, 2, 3, 4, 5, 6), 'tensor "wte" of shape (3, 2), got (2, 3)'],
  ["a tensor flat", withTensor("wpe", [4], 1, 2, 3, 4), 'tensor "wpe" of shape (2, 2), got (4)'],
  [
    "a moment of another shape",
    withTensor("adam.m.wpe", [4], 1, 2, 3, 4),
    'tensor "adam.m.wpe" of shape (2, 2), got (4)',
  ],
  ["another block_size", withField("config", "block_size", 3), 'tensor "wpe" of shape (3, 2), got (2, 2)'],
  [
    "losses in two dimensions",
    withTensor("history.loss", [1, 2], 1, 2),
    'tensor "history.loss" of shape (steps), got (1, 2)',
  ],
  ["a weight of NaN", withEntry("lm_head", NaN), 'finite numbers in tensor "lm_head", got NaN at entry 0'],
  [
    "a moment of Infinity",
    withEntry("adam.v.wte", Infinity),
    'finite numbers in tensor "adam.v.wte", got Infinity at entry 0',
  ],
  ["a loss of NaN", withEntry("history.loss", NaN), 'finite numbers in tensor "history.loss", got NaN at entry 0'],

  ["settings without a seed", withField("settings", "seed", undefined), "seed, got none"],
  [
    "a negative learning_rate",
    withField("settings", "learning_rate", -1),
    "learningRate to be a finite number above 0, got -1",
  ],
  [
    "an unknown schedule",
    withField("settings", "schedule", "toString"),
    'schedule to be one of cosine, linear, constant, got "toString"',
  ],
  ["data without a CRC", withField("data", "crc32", undefined), "crc32, got none"],
  ["data with a CRC that is a number", withField("data", "crc32", 1), "crc32 to be a string, got 1"],
  ["data of half a document", withField("data", "num_docs", 2.5), "numDocs to be a whole number, 0 or more, got 2.5"],
  [
    "data without end",
    withText("data", '{"name":"","num_docs":1e999,"crc32":""}'),
    "numDocs to be a whole number, 0 or more, got Infinity",
  ],
  ["a generator of too few words", withField("random", "words", [1, 2]), random],
  ["a generator with a word beyond 32 bits", withField("random", "words", Array(624).fill(2 ** 32)), random],
  ["a generator without words", withField("random", "words", null), random],
  ["a generator of letters", withField("random", "words", "x".repeat(624)), random],
  ["a generator that only claims to be long", withField("random", "words", { length: 624 }), random],
  ["a generator with an index out of range", withField("random", "index", 625), random],
  ["a generator with half a pair that is text", withField("random", "gauss_next", "0.5"), random],
])("refuses %s", (_, lie, complaint, fix = DAMAGED) => {
  const file = changed(whole, lie);
  const matching = (text: unknown): boolean =>
    typeof text === "string" &&
    text.startsWith("checkpoint x.safetensors: ") &&
    text.includes(`expected ${complaint}`) &&
    text.endsWith(`; ${fix}`);
  const begin = performance.now();
  expect(() => decodeCheckpoint("x.safetensors", file)).toThrow(
    expect.objectContaining({ name: "MicrogptError", message: expect.toSatisfy(matching, complaint) }),
  );
  // A valid file takes half a millisecond; the claimed billion layers would take minutes.
  expect(performance.now() - begin).toBeLessThan(1000);
});

test("a valid change is accepted: the cases above fail for their own reason", () => {
  const none: Lie = () => {};
  for (const file of [whole, modelOnly]) expect(() => decodeCheckpoint("x", changed(file, none))).not.toThrow();
});

test("refuses a model that exceeds the memory limit", () => {
  expect(() => decodeCheckpoint("x", modelOnly, { engine: "scalar", memoryLimit: 1000 })).toThrow(
    "a model that the scalar engine can hold",
  );
});

test("refuses a flipped bit in a weight", () => {
  const at = modelOnly.length - 8; // the lowest bit of the last number: still finite, a plausible weight
  const file = modelOnly.slice();
  file[at] = (file[at] ?? 0) ^ 1;
  expect(() => decodeCheckpoint("x", file)).toThrow(
    expect.objectContaining({
      name: "MicrogptError",
      message: expect.stringMatching(
        /^checkpoint x: expected checksum [0-9a-f]{8}, got "[0-9a-f]{8}"; the file is dam/,
      ),
    }),
  );
});

test("a safetensors file of another program is distinguished from a damaged one of ours", () => {
  const file = encodeSafetensors([{ name: "weight", shape: [1], data: Float32Array.of(1) }], { format: "pt" });
  expect(() => decodeCheckpoint("x", file)).toThrow("name a model that microgpt saved");
});
