/** Prepares text for training: splits it into a part to learn and a part to predict, and chooses a tokenizer. */

import { CharTokenizer } from "../data/char-tokenizer.ts";
import { type Corpus, corpusOf, type DataMode } from "../data/corpus.ts";
import { type Split, splitDocuments } from "../data/split.ts";
import { splitTexts, type TextSplit } from "../data/split-texts.ts";
import { checkTokenizer, type Tokenizer } from "../data/tokenizer.ts";
import { type TokenData, type TokenSource, tokensOf } from "../data/tokens.ts";
import { checkBelow, checkFields, checkInteger } from "../util/checks.ts";
import { crc32, hex32 } from "../util/crc32.ts";
import { mistake } from "../util/errors.ts";
import { say, set } from "../util/words.ts";

/** Checks that a resumed run gets the data it began with. */
export interface DataFingerprint {
  readonly name: string;
  readonly mode: DataMode;
  /** Documents, or files of running text, validation data included. */
  readonly numDocs: number;
  /** CRC-32 of the documents, one a line, in hexadecimal; for prepared data that of its tokens. */
  readonly crc32: string;
  /** Share held out for validation. */
  readonly valFraction: number;
  /** The split of running text in memory. Undefined means tail, as before version 0.5. */
  readonly split?: TextSplit | undefined;
}

interface Common {
  readonly fingerprint: DataFingerprint;
  readonly tokenizer: Tokenizer;
  /**
   * UTF-8 bytes for each predicted token of the validation data, a document's line end included. NaN if there is none.
   */
  readonly bytesPerToken: number;
}

export interface DocumentData extends Common {
  readonly mode: "documents";
  /** In the order of the source. */
  readonly train: readonly string[];
  readonly val: readonly string[];
}

export interface StreamData extends Common {
  readonly mode: "stream";
  /** The mode of the original text, which determines sampling; prepared documents are also learned in windows. */
  readonly of: DataMode;
  readonly train: TokenSource;
  readonly val: TokenSource;
}

export type TrainingData = DocumentData | StreamData;

export interface TokenizeOptions {
  /** Share of the data to hold out, from 0 to below 1. Default 0. */
  readonly valFraction?: number;
  /** Selects the documents to hold out. Default 42. */
  readonly seed?: number;
  /** The split of running text: `tail` is for runs of earlier versions. Default each. */
  readonly split?: TextSplit;
  /**
   * A tokenizer, or a function that makes one from the training texts and from all texts. Default: a token for every
   * character of the corpus.
   */
  readonly tokenizer?: Tokenizer | ((train: readonly string[], all: readonly string[]) => Tokenizer);
}

/**
 * Prepares a corpus, or a list of documents, for training. Documents are held out by a hash of their text, so that
 * equal ones are on the same side; of running text the tail of each text is held out, see `splitTexts`. Errors: a
 * fraction out of range, data without variety, too little text to hold any out.
 */
export function tokenize(source: Corpus | readonly string[], options: TokenizeOptions = {}): TrainingData {
  const corpus = corpusOf("data", source);
  checkFields("data", "options", options, ["valFraction", "seed", "tokenizer", "split"]);
  const { name, docs, mode = "documents" } = corpus;
  const { seed = 42, split: how = "each", valFraction = 0 } = options;
  checkBelow("data", "valFraction", valFraction, 0, 1);
  checkInteger("data", "seed", seed, {});
  const { train, val } = split(corpus, valFraction, seed, how);
  const { tokenizer: given = (_: unknown, all: readonly string[]) => CharTokenizer.fit(all) } = options;
  const tokenizer = typeof given === "function" ? given(train, docs) : given;
  checkTokenizer("data", tokenizer);
  const known = { name, mode, numDocs: docs.length, crc32: checksum(docs), valFraction };
  const fingerprint = mode === "stream" ? { ...known, split: how } : known;
  if (mode === "documents") {
    return { mode, fingerprint, tokenizer, train, val, bytesPerToken: bytesPerToken(val, tokenizer, mode) };
  }
  const tokens = { train: joined(train, tokenizer), val: joined(val, tokenizer) };
  for (const [part, { length }] of Object.entries(tokens)) {
    if (length >= 2 || (part === "val" && valFraction === 0)) continue;
    const fix = say`use more text, or a smaller ${set("valFraction")}`;
    throw mistake("no-data", `data ${name}`, `running text for ${part}`, "too little", fix);
  }
  const bytes = val.reduce((sum, text) => sum + utf8Length(text), 0);
  return { mode, of: mode, fingerprint, tokenizer, ...tokens, bytesPerToken: bytes / tokens.val.length };
}

/** Prepared tokens as training data. */
export function preparedData(data: TokenData, tokenizer: Tokenizer): StreamData {
  const { name, mode: of = "stream", train, val, valBytes, crc32 } = data;
  const valFraction = val.length / (train.length + val.length);
  const fingerprint = { name, mode: "stream", numDocs: 1, crc32, valFraction } as const;
  return { mode: "stream", of, fingerprint, tokenizer, train, val, bytesPerToken: valBytes / val.length };
}

function split({ name, docs, mode }: Corpus, fraction: number, seed: number, how: TextSplit): Split {
  if (fraction === 0) return { train: docs, val: [] };
  if (mode !== "stream") {
    const parts = splitDocuments(docs, fraction, seed);
    if (parts.train.length > 0 && parts.val.length > 0) return parts;
    const got = docs.length === 1 ? "1" : "only identical ones";
    const fix = say`use more lines, ${set("valFraction", 0)}, or ${set("mode", "stream")}`;
    throw mistake("no-data", `data ${name}`, "two different documents or more", got, fix);
  }
  return splitTexts(docs, fraction, seed, how);
}

/** BOS before, between and after the texts. */
function joined(texts: readonly string[], tokenizer: Tokenizer): TokenSource {
  const parts = texts.map((text) => tokenizer.encode(text));
  const length = parts.reduce((sum, part) => sum + part.length + 1, 1);
  const ids = tokenizer.vocabSize > 2 ** 16 ? new Uint32Array(length) : new Uint16Array(length);
  let at = 0;
  ids[at++] = tokenizer.bos;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
    ids[at++] = tokenizer.bos;
  }
  return tokensOf(texts.length === 0 ? ids.subarray(0, 0) : ids);
}

/** UTF-8 bytes for each predicted token: a document's line end counts as one byte, and BOS as its token. */
export function bytesPerToken(docs: readonly string[], tokenizer: Tokenizer, mode: DataMode): number {
  let [bytes, tokens] = [0, 0];
  for (const doc of docs) {
    bytes += utf8Length(doc) + (mode === "documents" ? 1 : 0);
    tokens += tokenizer.encode(doc).length + 1;
  }
  return bytes / tokens;
}

/** CRC-32 of the documents, one a line. */
export function checksum(docs: readonly string[]): string {
  return hex32(crc32(new TextEncoder().encode(docs.join("\n"))));
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Number of tokens that a pass over the training data predicts; for documents an estimate without encoding them. */
export function trainTokensOf(data: TrainingData): number {
  if (data.mode === "stream") return data.train.length;
  const units = data.train.reduce((sum, doc) => sum + doc.length + 1, 0);
  const oneEach = Number.isNaN(data.bytesPerToken) || data.tokenizer.toJSON().type === "character";
  return oneEach ? units : Math.round(units / data.bytesPerToken);
}
