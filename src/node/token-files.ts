/** Prepared tokens, read from the disk window by window. */

import { closeSync, existsSync, fstatSync, readSync, type Stats } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { crc32 } from "node:zlib";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { TokenData, TokenSource } from "../data/tokens.ts";
import { hex32 } from "../util/crc32.ts";
import { internalError, MicrogptError } from "../util/errors.ts";
import { fileError } from "./file-errors.ts";
import { type PreparedState, readPrepared } from "./prepared-folder.ts";
import { openFileSync } from "./read.ts";
import { BYTES_PER_TOKEN, META_FILE, type PartMeta, type TokenMeta } from "./token-meta.ts";
import { loadTokenizer } from "./tokenizer-file.ts";

/** A folder of prepared tokens, open for reading. */
export interface TokenFiles extends TokenData {
  readonly tokenizer: Tokenizer;
  readonly meta: TokenMeta;
  /** Closes the files; nothing can be read afterwards. */
  dispose(): void;
}

export interface OpenOptions {
  /**
   * The files are compared with their CRC-32 if they have no more bytes together. Default 256 MiB, which takes a fifth of a
   * second; Infinity for a run that must have the very same data.
   */
  readonly checkedBytes?: number;
}

/**
 * Opens what `prepare` has written. Only the window that is asked for is read, so memory does not depend on the size of
 * the files; what was opened stays as it is when the folder is prepared again. Errors: a folder that `prepare` has not
 * written, a missing file, one of another size or CRC-32 than it was written with, a tokenizer of another vocabulary.
 */
export async function openTokens(folder: string, options: OpenOptions = {}): Promise<TokenFiles> {
  for (;;) {
    const state = await readState(folder);
    const opened = await openState(folder, state).catch((error: unknown) => ({ error }));
    // Prepared again meanwhile: some of the files may be of the old data.
    const now = await readState(folder).catch(() => undefined);
    if (!isDeepStrictEqual(now, state)) {
      if ("dispose" in opened) opened.dispose();
      continue;
    }
    if ("error" in opened) throw opened.error;
    try {
      const { train, val, meta } = opened;
      if (train.size + val.size <= (options.checkedBytes ?? CHECKED_BYTES)) {
        await train.check(meta.train.crc32);
        await val.check(meta.val.crc32);
      }
      return opened;
    } catch (error) {
      opened.dispose();
      throw error;
    }
  }
}

const CHECKED_BYTES = 2 ** 28;

async function openState(
  folder: string,
  { meta, paths }: PreparedState,
): Promise<TokenFiles & { readonly train: TokenFile; readonly val: TokenFile }> {
  const tokenizer = await loadTokenizer(paths["tokenizer.json"]);
  if (tokenizer.vocabSize !== meta.vocabSize) {
    const got = `${tokenizer.vocabSize} in its tokenizer.json`;
    const fix = "put back the tokenizer.json that was written with the tokens, or prepare again";
    throw new MicrogptError({ operation: `data ${folder}`, expected: `${meta.vocabSize} tokens`, got, fix });
  }
  const train = new TokenFile(paths["train.bin"], meta.train, meta);
  try {
    const val = new TokenFile(paths["val.bin"], meta.val, meta);
    const dispose = (): void => {
      train.dispose();
      val.dispose();
    };
    const crc = hex32(crc32(new TextEncoder().encode(meta.train.crc32 + meta.val.crc32)));
    const [trainBytes, valBytes] = [meta.train.bytes, meta.val.bytes];
    return { name: folder, mode: meta.mode, train, val, trainBytes, valBytes, crc32: crc, tokenizer, meta, dispose };
  } catch (error) {
    train.dispose();
    throw error;
  }
}

/** Reads between two looks at whether the file is still the same. */
const READS_PER_CHECK = 256;
/** Bytes of a file that are compared at once. */
const CHECK_PIECE = 2 ** 22;

/** A list of tokens in a file of uint16 or uint32, little-endian. */
class TokenFile implements TokenSource {
  readonly length: number;
  readonly #path: string;
  readonly #vocabSize: number;
  readonly #width: number;
  readonly #mtimeMs: number;
  #file: number | undefined;
  #buffer: Uint16Array | Uint32Array;
  /** The same memory. */
  #bytes: Uint8Array;
  #reads = 0;

  constructor(path: string, { tokens }: PartMeta, { dtype, vocabSize }: TokenMeta) {
    this.length = tokens;
    this.#path = path;
    this.#vocabSize = vocabSize;
    this.#width = BYTES_PER_TOKEN[dtype];
    this.#buffer = dtype === "uint16" ? new Uint16Array(1024) : new Uint32Array(1024);
    this.#bytes = new Uint8Array(this.#buffer.buffer);
    this.#file = openFileSync(`data ${path}`, path);
    const found = fstatSync(this.#file);
    this.#mtimeMs = found.mtimeMs;
    if (this.#sized(found)) return;
    this.dispose();
    const expected = `${tokens * this.#width} bytes, as ${META_FILE} has it`;
    throw this.#refuse(expected, `${found.size}`, "prepare it again");
  }

  read(start: number, count: number): ArrayLike<number> {
    if (!(start >= 0 && count >= 0 && start + count <= this.length)) {
      throw internalError(`tokens ${start} to ${start + count} of ${this.length}`);
    }
    if (this.#reads++ % READS_PER_CHECK === 0) this.#checkUnchanged();
    if (count > this.#buffer.length) {
      this.#buffer = this.#width === 2 ? new Uint16Array(2 * count) : new Uint32Array(2 * count);
      this.#bytes = new Uint8Array(this.#buffer.buffer);
    }
    this.#fill(this.#bytes.subarray(0, count * this.#width), start * this.#width);
    const tokens = this.#buffer.subarray(0, count);
    for (let i = 0; i < count; i++) {
      if ((tokens[i] as number) >= this.#vocabSize) {
        const got = `${tokens[i]} at ${start + i}`;
        throw this.#refuse(`tokens below ${this.#vocabSize}`, got, "the file is damaged: prepare it again");
      }
    }
    return tokens;
  }

  get size(): number {
    return this.length * this.#width;
  }

  /** Compares all of the file with a CRC-32, which takes a second for some gigabytes. Errors: another one; a change meanwhile. */
  async check(expected: string): Promise<void> {
    const piece = new Uint8Array(Math.min(CHECK_PIECE, this.size));
    let crc = 0;
    for (let at = 0; at < this.size; at += piece.length) {
      const bytes = piece.subarray(0, Math.min(piece.length, this.size - at));
      this.#fill(bytes, at);
      crc = crc32(bytes, crc);
      // Others may have something to do, too.
      await setImmediate();
    }
    this.#checkUnchanged();
    if (hex32(crc) === expected) return;
    const fix = "it was changed after it was prepared: prepare it again, or put back the old one";
    throw this.#refuse(`CRC-32 ${expected}, as ${META_FILE} has it`, hex32(crc), fix);
  }

  dispose(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #fill(bytes: Uint8Array, position: number): void {
    const file = this.#open();
    try {
      for (let done = 0; done < bytes.length; ) {
        const got = readSync(file, bytes, done, bytes.length - done, position + done);
        if (got === 0) throw this.#changed();
        done += got;
      }
    } catch (error) {
      throw fileError(`data ${this.#path}`, "a file that can be read", error);
    }
  }

  #open(): number {
    if (this.#file === undefined) throw internalError(`${this.#path} was closed`);
    return this.#file;
  }

  #checkUnchanged(): void {
    const now = fstatSync(this.#open());
    if (now.mtimeMs !== this.#mtimeMs || !this.#sized(now)) throw this.#changed();
  }

  #sized({ size }: Stats): boolean {
    return size === this.size;
  }

  #changed(): MicrogptError {
    const fix = "go on with --resume when it is what it was, or train anew";
    return this.#refuse("a file at rest", "one that changed since it was opened", fix);
  }

  #refuse(expected: string, got: string, fix: string): MicrogptError {
    return new MicrogptError({ operation: `data ${this.#path}`, expected, got, fix });
  }
}

async function readState(folder: string): Promise<PreparedState> {
  if (existsSync(join(folder, META_FILE))) return readPrepared(folder);
  const fix = "microgpt prepare FILES --out FOLDER writes it with the tokens; nanoGPT's prepare.py does not";
  const expected = `${META_FILE} beside train.bin and val.bin`;
  throw new MicrogptError({ operation: `data ${folder}`, expected, got: "none", fix });
}

/** Whether a path is a folder with token files in it. */
export function isPrepared(path: string): boolean {
  return existsSync(join(path, META_FILE)) || existsSync(join(path, "train.bin"));
}
