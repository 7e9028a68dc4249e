/** Reads the folders that nanoGPT's prepare.py writes: train.bin and val.bin of uint16, and for characters meta.pkl. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { CharTokenizer } from "../data/char-tokenizer.ts";
import { type PickleDict, PickleError, readPickle } from "../data/pickle.ts";
import { type MicrogptError, mistake } from "../util/errors.ts";
import { command, say, set } from "../util/words.ts";
import { readFileBytes } from "./read.ts";
import { TokenFile } from "./token-file.ts";
import { type TokenFiles, tokenFiles } from "./token-folder.ts";
import { META_FILE, type PartMeta, type TokenMeta } from "./token-meta.ts";

const PICKLE = "meta.pkl";
/** A vocabulary of all of Unicode takes less. */
const MOST_PICKLE = 2 ** 26;

/**
 * Opens a folder of characters written by nanoGPT's prepare.py (data/shakespeare_char). meta.pkl is parsed, not
 * executed: see `readPickle`. The tokens do not include BOS, which the tokenizer adds. There is no record of the
 * original content, so both files are read once to compute a fingerprint. Errors: no meta.pkl, with an alternative; a
 * meta.pkl that is not nanoGPT's; tokens outside its vocabulary.
 */
export async function openNanoGPT(folder: string): Promise<TokenFiles> {
  checkThere(folder);
  const path = join(folder, PICKLE);
  const chars = charactersOf(path, await readFileBytes(`data ${path}`, path, MOST_PICKLE));
  const tokenizer = CharTokenizer.fromJSON({ type: "character", chars });
  const of = { dtype: "uint16", vocabSize: chars.length } as const;
  const train = new TokenFile(join(folder, "train.bin"), of);
  try {
    const val = new TokenFile(join(folder, "val.bin"), of);
    try {
      const parts = { train: await partOf(train, chars), val: await partOf(val, chars) };
      const valFraction = val.length / Math.max(1, train.length + val.length);
      const { vocabSize } = tokenizer;
      const meta: TokenMeta = { ...of, vocabSize, mode: "stream", source: folder, valFraction, seed: 0, ...parts };
      return tokenFiles(folder, meta, tokenizer, train, val);
    } catch (error) {
      val.dispose();
      throw error;
    }
  } catch (error) {
    train.dispose();
    throw error;
  }
}

function checkThere(folder: string): void {
  const has = (file: string): boolean => existsSync(join(folder, file));
  if (has("train.bin") && has(PICKLE)) return;
  const operation = `data ${folder}`;
  if (!has("train.bin")) {
    const fix = say`${command("prepare")} writes such a folder`;
    const expected = `${META_FILE} beside train.bin and val.bin`;
    throw mistake("file-missing", operation, expected, "none", fix);
  }
  // data/openwebtext, data/shakespeare: GPT-2's tokens.
  const text = has("input.txt") ? join(folder, "input.txt") : undefined;
  const expected = `${META_FILE}, or nanoGPT's ${PICKLE} of characters, beside train.bin`;
  const fix = say`prepare the text itself: ${command("prepare", text)} (for GPT-2's vocabulary with ${set("tokenizer", "tokenizer.json")})`;
  throw mistake("file-missing", operation, expected, "neither, so tokens of an unknown vocabulary", fix);
}

/** The characters by token. */
function charactersOf(path: string, bytes: Uint8Array): string[] {
  const refuse = (got: string): MicrogptError => {
    const expected =
      "what nanoGPT's prepare.py for characters writes: vocab_size, and as many sorted characters in itos";
    const fix = say`run that again, or use the text itself: ${command("train")}`;
    return mistake("file-format", `data ${path}`, expected, got, fix);
  };
  try {
    const meta = dictIn(readPickle(bytes));
    const [itos, stoi] = [dictIn(meta.get("itos")), meta.get("stoi")];
    const chars = Array.from({ length: itos.size }, (_, i) => itos.get(i));
    const known = chars.filter((char): char is string => typeof char === "string" && [...char].length === 1);
    const [size = 0, back] = [meta.get("vocab_size"), stoi === undefined ? undefined : dictIn(stoi)];
    if (known.length !== chars.length || size !== chars.length) throw new PickleError("another vocabulary");
    if (back !== undefined && !known.every((char, i) => back.get(char) === i)) throw new PickleError("another stoi");
    const sorted = known.every((char, i) => i === 0 || point(known[i - 1]) < point(char));
    if (known.length < 2 || known.length > 2 ** 16 || !sorted) throw new PickleError("other characters");
    return known;
  } catch (error) {
    if (error instanceof PickleError) throw refuse(error.message);
    throw error;
  }
}

function dictIn(value: unknown): PickleDict {
  if (value instanceof Map) return value as PickleDict;
  throw new PickleError("something else");
}

function point(char = ""): number {
  return char.codePointAt(0) ?? -1;
}

/**
 * Reads a whole part to compute what `prepare` would have written to meta.json. Errors: a token outside the vocabulary.
 */
async function partOf(file: TokenFile, chars: readonly string[]): Promise<PartMeta> {
  const widths = chars.map((char) => Buffer.byteLength(char));
  let [bytes, tokens] = [0, 0];
  const crc32 = await file.scan((piece) => {
    for (const token of new Uint16Array(piece.buffer, piece.byteOffset, piece.length / 2)) {
      bytes += widths[token] ?? file.refuseToken(token, tokens);
      tokens++;
    }
  });
  return { tokens, bytes, crc32 };
}
