/** Prepared tokens, read from the disk window by window. */

import { closeSync, existsSync, fstatSync, readSync, type Stats } from "node:fs";
import { join } from "node:path";
import type { Tokenizer } from "../data/tokenizer.ts";
import type { TokenData, TokenSource } from "../data/tokens.ts";
import { crc32, hex32 } from "../util/crc32.ts";
import { internalError, MicrogptError } from "../util/errors.ts";
import { fileError } from "./file-errors.ts";
import { openFileSync, readFileBytes } from "./read.ts";
import { BYTES_PER_TOKEN, decodeMeta, META_FILE, MOST_META, type PartMeta, type TokenMeta } from "./token-meta.ts";
import { loadTokenizer } from "./tokenizer-file.ts";

/** A folder of prepared tokens, open for reading. */
export interface TokenFiles extends TokenData {
  readonly tokenizer: Tokenizer;
  readonly meta: TokenMeta;
  /** Closes the files; nothing can be read afterwards. */
  dispose(): void;
}

/**
 * Opens what `prepare` has written. Only the window that is asked for is read, so memory does not depend on the size of
 * the files. Errors: a folder that `prepare` has not written, a missing file, one of another size than it was written
 * with, a tokenizer of another vocabulary.
 */
export async function openTokens(folder: string): Promise<TokenFiles> {
  const meta = await readMeta(folder);
  const tokenizer = await loadTokenizer(join(folder, "tokenizer.json"));
  if (tokenizer.vocabSize !== meta.vocabSize) {
    const got = `${tokenizer.vocabSize} in its tokenizer.json`;
    const fix = "put back the tokenizer.json that was written with the tokens, or prepare again";
    throw new MicrogptError({ operation: `data ${folder}`, expected: `${meta.vocabSize} tokens`, got, fix });
  }
  const train = new TokenFile(join(folder, "train.bin"), meta.train, meta);
  try {
    const val = new TokenFile(join(folder, "val.bin"), meta.val, meta);
    const dispose = (): void => {
      train.dispose();
      val.dispose();
    };
    const both = new TextEncoder().encode(meta.train.crc32 + meta.val.crc32);
    const [trainBytes, valBytes] = [meta.train.bytes, meta.val.bytes];
    return {
      name: folder,
      mode: meta.mode,
      train,
      val,
      trainBytes,
      valBytes,
      crc32: hex32(crc32(both)),
      tokenizer,
      meta,
      dispose,
    };
  } catch (error) {
    train.dispose();
    throw error;
  }
}

/** Reads between two looks at whether the file is still the same. */
const READS_PER_CHECK = 256;

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
    const file = this.#file;
    if (file === undefined) throw internalError(`${this.#path} was closed`);
    if (this.#reads++ % READS_PER_CHECK === 0) this.#checkUnchanged(file);
    if (count > this.#buffer.length) {
      this.#buffer = this.#width === 2 ? new Uint16Array(2 * count) : new Uint32Array(2 * count);
      this.#bytes = new Uint8Array(this.#buffer.buffer);
    }
    this.#fill(file, start * this.#width, count * this.#width);
    const tokens = this.#buffer.subarray(0, count);
    for (let i = 0; i < count; i++) {
      if ((tokens[i] as number) >= this.#vocabSize) {
        const got = `${tokens[i]} at ${start + i}`;
        throw this.#refuse(`tokens below ${this.#vocabSize}`, got, "the file is damaged: prepare it again");
      }
    }
    return tokens;
  }

  dispose(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #fill(file: number, position: number, length: number): void {
    try {
      for (let done = 0; done < length; ) {
        const got = readSync(file, this.#bytes, done, length - done, position + done);
        if (got === 0) throw this.#changed();
        done += got;
      }
    } catch (error) {
      throw fileError(`data ${this.#path}`, "a file that can be read", error);
    }
  }

  #checkUnchanged(file: number): void {
    const now = fstatSync(file);
    if (now.mtimeMs !== this.#mtimeMs || !this.#sized(now)) throw this.#changed();
  }

  #sized({ size }: Stats): boolean {
    return size === this.length * this.#width;
  }

  #changed(): MicrogptError {
    const fix = "go on with --resume when it is what it was, or train anew";
    return this.#refuse("a file at rest", "one that changed since it was opened", fix);
  }

  #refuse(expected: string, got: string, fix: string): MicrogptError {
    return new MicrogptError({ operation: `data ${this.#path}`, expected, got, fix });
  }
}

async function readMeta(folder: string): Promise<TokenMeta> {
  const path = join(folder, META_FILE);
  if (existsSync(path)) {
    return decodeMeta(path, new TextDecoder().decode(await readFileBytes(`data ${path}`, path, MOST_META)));
  }
  const fix = "microgpt prepare FILES --out FOLDER writes it with the tokens; nanoGPT's prepare.py does not";
  const expected = `${META_FILE} beside train.bin and val.bin`;
  throw new MicrogptError({ operation: `data ${folder}`, expected, got: "none", fix });
}

/** Whether a path is a folder with token files in it. */
export function isPrepared(path: string): boolean {
  return existsSync(join(path, META_FILE)) || existsSync(join(path, "train.bin"));
}
